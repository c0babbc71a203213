package profiles

import "strings"

// dialect is how a config file writes the headers of its sections.
type dialect int

const (
	// plainHeaders: [name], as in ~/.aws/credentials and ~/.databrickscfg.
	plainHeaders dialect = iota
	// profileHeaders: [profile name] and [default], as in ~/.aws/config; [sso-session x], [services x] and the like
	// are no profiles. https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
	profileHeaders
)

// reads reports whether every reader of these files finds the setting in the property. All AWS tools fold the letters of
// a key and take ":" for "="; of the Databricks SDKs only the one for Python does both.
func (d dialect) reads(p *property, v setting) bool {
	return p.value == v.value && (p.asWritten || d == profileHeaders)
}

func (d dialect) header(name string) string {
	if d == plainHeaders || name == "default" {
		return "[" + name + "]"
	}
	return "[profile " + name + "]"
}

// parse reads a line that starts with a bracket. ok is false where the readers of these files disagree on what it says
// (measured with botocore, the AWS SDK for Go and Python's configparser, which takes everything up to the last bracket).
// name is "" for a section that is no profile.
func (d dialect) parse(line string) (name string, ok bool) {
	inner, rest, closed := strings.Cut(line[1:], "]")
	rest = strings.TrimSpace(rest)
	if !closed || strings.ContainsAny(inner, "[#;") || rest != "" && !isComment(rest) || strings.Contains(rest, "]") ||
		inner != strings.TrimSpace(inner) {
		return "", false
	}
	if d == plainHeaders || inner == "default" {
		return inner, inner != ""
	}
	space := strings.IndexAny(inner, " \t")
	if space < 0 || inner[:space] != "profile" {
		return "", true
	}
	return unquote(strings.Trim(inner[space:], " \t"))
}

// unquote takes the quotes off a name such as "a b". Names that a shell would put together from parts are not read.
func unquote(name string) (string, bool) {
	if len(name) >= 2 && (name[0] == '"' || name[0] == '\'') && name[len(name)-1] == name[0] {
		name = name[1 : len(name)-1]
	} else if strings.ContainsAny(name, " \t") {
		return "", false
	}
	return name, name != "" && !strings.ContainsAny(name, `"'\`)
}

// mentions reports whether a line that can't be read as a header may mean the section of that name.
func mentions(line, name string) bool {
	line = strings.NewReplacer(`"`, "", "'", "", `\`, "").Replace(line)
	for word := range strings.FieldsFuncSeq(line, func(r rune) bool { return r < 0x80 && !nameRune(r) }) {
		if word == name {
			return true
		}
	}
	return false
}

func nameRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r)
}
