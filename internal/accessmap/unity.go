package accessmap

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// UnityGrant gives privileges on something in Unity Catalog to those who have a role.
type UnityGrant struct {
	Type       string // what it is, as the map names it: one of UnityTypes
	Name       string // in full, as in main.ml.churn; Unity Catalog compares names without case
	Privileges []string

	at position
}

// On is what the grant is on, in words.
func (g *UnityGrant) On() string { return strings.ReplaceAll(g.Type, "_", " ") + " " + g.Name }

// same reports whether two grants are on the same thing.
func (g *UnityGrant) same(other *UnityGrant) bool {
	return g.Type == other.Type && strings.EqualFold(g.Name, other.Name)
}

// unityType is a kind of thing that privileges are granted on.
type unityType struct {
	key   string
	parts int // of a full name
	// privileges that can be granted on it, sorted. On a catalog or schema are those on what is in it, too.
	// https://docs.databricks.com/aws/en/data-governance/unity-catalog/manage-privileges/privileges
	privileges string
	about      string
}

const (
	inSchema = "ALL_PRIVILEGES APPLY_TAG CREATE_FUNCTION CREATE_MATERIALIZED_VIEW CREATE_MODEL CREATE_TABLE CREATE_VOLUME EXECUTE EXTERNAL_USE_SCHEMA " +
		"MANAGE MODIFY READ_VOLUME REFRESH SELECT USE_SCHEMA WRITE_VOLUME"
	maxUnityGrants = 100
	maxPrivileges  = 25
)

var unityTypes = []unityType{
	{"catalog", 1, inSchema + " BROWSE CREATE_SCHEMA USE_CATALOG", "Name of a catalog."},
	{"schema", 2, inSchema, "Name of a schema, as in main.ml."},
	{"table", 3, "ALL_PRIVILEGES APPLY_TAG MANAGE MODIFY REFRESH SELECT", "Name of a table or view, as in main.ml.churn."},
	{"volume", 3, "ALL_PRIVILEGES APPLY_TAG MANAGE READ_VOLUME WRITE_VOLUME", "Name of a volume, as in main.ml.files."},
	{"function", 3, "ALL_PRIVILEGES APPLY_TAG EXECUTE MANAGE", "Name of a function or registered model, as in main.ml.score."},
	{"external_location", 1, "ALL_PRIVILEGES BROWSE CREATE_EXTERNAL_TABLE CREATE_EXTERNAL_VOLUME CREATE_FOREIGN_SECURABLE CREATE_MANAGED_STORAGE " +
		"EXTERNAL_USE_LOCATION MANAGE READ_FILES WRITE_FILES", "Name of an external location."},
	{"storage_credential", 1, "ALL_PRIVILEGES CREATE_EXTERNAL_LOCATION CREATE_EXTERNAL_TABLE MANAGE READ_FILES WRITE_FILES", "Name of a storage credential."},
	{"service_credential", 1, "ACCESS ALL_PRIVILEGES CREATE_CONNECTION MANAGE", "Name of a service credential."},
}

// UnityTypes are the kinds of things that privileges are granted on.
func UnityTypes() []string {
	var keys []string
	for _, t := range unityTypes {
		keys = append(keys, t.key)
	}
	return keys
}

func (t unityType) takes(privilege string) bool {
	return slices.Contains(strings.Fields(t.privileges), privilege)
}

// allPrivileges are those of any kind of thing, sorted.
func allPrivileges() []string {
	var all []string
	for _, t := range unityTypes {
		all = append(all, strings.Fields(t.privileges)...)
	}
	return set(all)
}

var (
	// Databricks takes more in names of its older metastores; this is what needs no escape in an address.
	unityNameForm = &form{
		pattern: `^[A-Za-z0-9_][A-Za-z0-9_-]{0,254}([.][A-Za-z0-9_][A-Za-z0-9_-]{0,254}){0,2}$`,
		wrong:   "is not a name in Unity Catalog: up to three parts with a dot between them, each of letters, digits, underscore and hyphen",
	}
	privilegeForm  = &form{words: allPrivileges, wrong: "is not a privilege, as in USE_SCHEMA or SELECT, in capitals and with underscores"}
	privilegesForm = &form{each: privilegeForm, schema: schema{MinItems: 1, MaxItems: maxPrivileges}}
	unityForm      = &form{each: &form{ref: "unity_grant"}, schema: schema{MinItems: 1, MaxItems: maxUnityGrants}}
)

var unityFields = func() []field[UnityGrant] {
	var fields []field[UnityGrant]
	for _, t := range unityTypes {
		fields = append(fields, field[UnityGrant]{t.key, optional, unityNameForm, func(v value, g *UnityGrant) { g.Type, g.Name = t.key, v.text() }, t.about})
	}
	return append(fields, field[UnityGrant]{"privileges", required, privilegesForm, func(v value, g *UnityGrant) { g.Privileges = v.some(maxPrivileges) },
		"What is granted, as in [USE_SCHEMA, SELECT]."})
}()

// unitySchema says what readUnityGrants checks: one thing, and the privileges that there are on it.
func unitySchema() schema {
	s := objectOf(aboutUnity, unityFields)
	for _, t := range unityTypes {
		takes := members{{"privileges", schema{Items: &schema{Enum: slices.Sorted(slices.Values(strings.Fields(t.privileges)))}}}}
		s.OneOf = append(s.OneOf, schema{Required: []string{t.key}, Properties: takes})
	}
	return s
}

func readUnityGrants(v value, r *Role) {
	switch n := len(v.node.Content); {
	case v.node.Kind != yaml.SequenceNode:
		v.wrong("expected a list of grants, found %s", kindOf(v.node))
		return
	case n == 0 || n > maxUnityGrants:
		v.wrong("expected 1 to %d grants, found %d", maxUnityGrants, n)
		return
	}
	for _, node := range v.node.Content {
		g := UnityGrant{at: place(node)}
		o := read(v.decoder, node, "a grant of role "+r.Name, g.at, unityFields, &g)
		if o == nil {
			continue
		}
		var on []string
		for _, t := range unityTypes {
			if o.has(t.key) {
				on = append(on, t.key)
			}
		}
		if len(on) != 1 {
			v.add(g.at, "%s: name one thing that the privileges are on, by one of the keys %s", o.what, strings.Join(UnityTypes(), ", "))
			continue
		}
		if g.Name == "" {
			continue
		}
		v.unityGrant(r, g)
	}
}

// unityGrant checks a grant against its kind of thing, and adds it to those of the role.
func (v value) unityGrant(r *Role, g UnityGrant) {
	t := unityTypes[slices.IndexFunc(unityTypes, func(t unityType) bool { return t.key == g.Type })]
	if parts := strings.Count(g.Name, ".") + 1; parts != t.parts {
		v.add(g.at, "%s: %s has %d parts, and the full name of a %s has %d", v.key, shown(g.Name), parts, g.Type, t.parts)
	}
	for _, p := range g.Privileges {
		if p != "" && !t.takes(p) {
			v.add(g.at, "%s: there is no %s on a %s: %s", v.key, p, strings.ReplaceAll(g.Type, "_", " "), strings.Join(slices.Sorted(slices.Values(strings.Fields(t.privileges))), ", "))
		}
	}
	if i := slices.IndexFunc(r.Grants, func(other UnityGrant) bool { return other.same(&g) }); i >= 0 {
		v.add(g.at, "%s: %s is there twice, first on line %d", v.key, g.On(), r.Grants[i].at.line)
		return
	}
	r.Grants = append(r.Grants, g)
}

// unityOf joins the grants of a role and those it inherits: one for each thing, sorted, with the spelling of the nearest.
func unityOf(line []*Role) []UnityGrant {
	if !slices.ContainsFunc(line, func(r *Role) bool { return len(r.Grants) > 0 }) {
		return nil
	}
	type thing struct{ kind, name string }
	found := make(map[thing]*UnityGrant)
	for _, r := range line {
		for _, g := range r.Grants {
			at := thing{g.Type, strings.ToLower(g.Name)}
			if found[at] == nil {
				found[at] = &UnityGrant{Type: g.Type, Name: g.Name, at: g.at}
			}
			found[at].Privileges = append(found[at].Privileges, g.Privileges...)
		}
	}
	var list []UnityGrant
	for g := range maps.Values(found) {
		g.Privileges = set(g.Privileges)
		list = append(list, *g)
	}
	slices.SortFunc(list, func(a, b UnityGrant) int {
		return cmp.Or(cmp.Compare(slices.Index(UnityTypes(), a.Type), slices.Index(UnityTypes(), b.Type)), cmp.Compare(a.Name, b.Name))
	})
	return list
}
