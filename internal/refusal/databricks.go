package refusal

import "strings"

// databricks reads a refusal by Unity Catalog or a workspace.
func (r *reading) databricks(m mark) {
	switch m.form {
	case ofPrivilege:
		after := r.joined(m.at+m.size, m.at+m.size+2*maxName)
		after = strings.TrimLeft(after, " ")
		expression := expressions().privilege
		if r.has(m.at, "requires") {
			expression = expressions().required
		}
		if found := expression.FindStringSubmatch(after); found != nil {
			e := r.ofDatabricks(m, len(strings.ReplaceAll(found[0], " ", "")))
			e.Action = privileges(found[1])
			e.Resource = securableName(found[2:])
			e.Principal = r.whoBefore(m.at)
			return
		}
		if found := expressions().permitted.FindStringSubmatch(after); found != nil && r.ofWorkspaceBefore(m.at) {
			e := r.ofDatabricks(m, len(strings.ReplaceAll(found[0], " ", "")))
			e.Action = strings.ToUpper(strings.ReplaceAll(found[1], "_", " "))
			e.Resource = strings.TrimRight(found[2], ".")
			e.Principal = r.whoBefore(m.at)
			return
		}
		if found := expressions().bare.FindStringSubmatch(after); found != nil {
			e := r.ofDatabricks(m, len(strings.ReplaceAll(found[0], " ", "")))
			e.Action, e.Resource = found[1], strings.Trim(strings.NewReplacer("`", "", "'", "", `"`, "").Replace(found[2]), ".")
			e.Principal = r.whoBefore(m.at)
			return
		}
		if found := expressions().permittedTo.FindStringSubmatch(after); found != nil && r.ofWorkspaceBefore(m.at) {
			e := r.ofDatabricks(m, len(strings.ReplaceAll(found[0], " ", "")))
			e.Action, e.Resource = strings.ToUpper(found[1]), strings.TrimRight(found[2], ".")
			e.Principal = r.whoBefore(m.at)
		}
	case ofOwnership:
		if found := expressions().owned.FindStringSubmatch(strings.TrimLeft(r.joined(m.at+m.size, m.at+m.size+2*maxName), " ")); found != nil {
			e := r.ofDatabricks(m, len(strings.ReplaceAll(found[0], " ", "")))
			e.Action, e.Resource = "OWNERSHIP", securableName(found[1:])
			e.Principal = r.whoBefore(m.at)
		}
	case ofWorkspace:
		e := r.cur
		if e == nil || m.at-e.to > around || e.Kind != Databricks {
			e = r.open(m.at, m.at+m.size)
			e.Kind, e.denies = Databricks, true
		}
		e.to = max(e.to, m.at+m.size)
		if r.has(m.at, "unity_catalog_external_generate_") {
			e.Action, e.Resource = "EXTERNAL ACCESS", "metastore"
		}
	}
}

// ofDatabricks is the event of a sentence: the present one if it only had the name of the class of errors so far.
func (r *reading) ofDatabricks(m mark, length int) *event {
	e := r.cur
	if e == nil || e.Kind != Databricks || e.Action != "" || m.at-e.to > around {
		e = r.open(m.at, m.at+m.size)
	}
	e.Kind, e.denies = Databricks, true
	e.to = max(e.to, min(m.at+m.size+length, len(r.dense)))
	return e
}

// ofWorkspaceBefore reports whether what comes before is Databricks' own: other programs don't have permissions too.
func (r *reading) ofWorkspaceBefore(at int) bool {
	part := r.dense[max(0, at-around):at]
	r.work += len(part)
	return strings.Contains(part, "permission_denied") || strings.Contains(part, "databricks") || strings.Contains(part, "insufficient")
}

// speaksOfDatabricks reports whether the text around an event is about Databricks.
func (r *reading) speaksOfDatabricks(e *event) bool {
	part := r.dense[max(0, e.from-around):min(len(r.dense), e.to+around)]
	r.work += len(part)
	for _, word := range []string{"databricks", "unitycatalog", "unity_catalog", "sqlstate", "insufficient_permissions", `"error_code":`, "mlflow", "cluster", "workspace", "metastore", "catalog"} {
		if strings.Contains(part, word) {
			return true
		}
	}
	return false
}

// whoBefore is the name that stands before a verb; "" where it only says User.
func (r *reading) whoBefore(at int) string {
	found := expressions().who.FindStringSubmatch(strings.TrimRight(r.joined(at-160, at), " "))
	if found == nil {
		return ""
	}
	switch name := found[1]; {
	case strings.Contains(name, "@") && !strings.HasPrefix(name, "@"), isUUID(name):
		return name
	}
	return ""
}

func isUUID(s string) bool {
	return len(s) == 36 && strings.Count(s, "-") == 4 && only(s, func(c byte) bool { return c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'f' })
}

// privileges writes the names of privileges as GRANT takes them: with spaces, a comma between several.
func privileges(s string) string {
	s = strings.Join(strings.Fields(strings.NewReplacer("_", " ", "/", ",").Replace(s)), " ")
	var all []string
	for one := range strings.SplitSeq(s, ",") {
		if one = strings.TrimSpace(one); one != "" {
			all = append(all, one)
		}
	}
	return strings.Join(all, ", ")
}

// securableName joins a type in small letters and the first of several forms of its name.
func securableName(parts []string) string {
	kind := strings.ToLower(strings.Join(strings.Fields(parts[0]), " "))
	switch kind {
	case "database":
		kind = "schema"
	case "routine or model":
		kind = "function"
	}
	for _, name := range parts[1:] {
		if name = strings.TrimRight(strings.NewReplacer("`", "", "'", "").Replace(name), "."); name != "" && !isOther(name) {
			return kind + " " + name
		}
	}
	return kind
}

// isOther reports whether a bare word after a type is no name but the next part of the message.
func isOther(word string) bool {
	return word == "SQLSTATE" || word == "in" || word == "is" || word == "for" || word == "to" || word == "or"
}
