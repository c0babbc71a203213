package access

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Naming says what profiles are called. The person's settings fill it in; what they leave open the map says, else Usual does.
type Naming struct {
	Prefix   string // "" where the person has set none
	Usual    string // the prefix where the map says none either
	Template string // such as {prefix}{identity}-{role}; "" is {prefix}{role}
}

// Of is the naming with the defaults of a map, which may be nil.
func (n Naming) Of(m *accessmap.Map) Naming {
	if m != nil {
		n.Prefix = cmp.Or(n.Prefix, m.Defaults.ProfilePrefix)
	}
	n.Prefix = cmp.Or(n.Prefix, n.Usual)
	return n
}

// usual is the template where none is set. By it the names that Parse makes sure of are different are those of profiles.
const usualTemplate = "{prefix}{role}"

func (n Naming) isUsual() bool { return n.Template == "" || n.Template == usualTemplate }

// name is that of a role's profile; workspace is "" for the role's own, whose workspace is the first. What the template leaves
// out stands where it stands without one: the identity before the role where several give it, a further workspace behind.
func (v *View) name(identity, role, workspace string) string {
	if v.isUsual() {
		return v.Prefix + v.Map.ProfileNameIn(identity, role, workspace)
	}
	first := ""
	if effective, err := v.Map.Effective(role); err == nil {
		first = effective.Workspace
	}
	name := role
	if !strings.Contains(v.Template, "{identity}") {
		name = v.Map.ProfileName(identity, role)
	}
	named := strings.Contains(v.Template, "{workspace}")
	if !named && workspace != "" && workspace != first {
		name += "-" + workspace
	}
	filled := v.Template
	if place := cmp.Or(workspace, first); place == "" { // with the mark that would have joined it to what follows
		for _, mark := range []string{"{workspace}-", "{workspace}.", "{workspace}_", "-{workspace}", ".{workspace}", "_{workspace}", "{workspace}"} {
			filled = strings.ReplaceAll(filled, mark, "")
		}
	} else {
		filled = strings.ReplaceAll(filled, "{workspace}", place)
	}
	return strings.NewReplacer("{prefix}", v.Prefix, "{role}", name, "{identity}", identity).Replace(filled)
}

// profile is what a name stands for.
type profile struct{ identity, role, workspace string }

// named lists what all profiles of the map are called, and what each name stands for.
func (v *View) named() map[string][]profile {
	all := map[string][]profile{}
	add := func(p profile) {
		name := v.name(p.identity, p.role, p.workspace)
		all[name] = append(all[name], p)
	}
	for _, identity := range slices.Sorted(maps.Keys(v.Map.Identities)) {
		for _, role := range slices.Sorted(maps.Keys(v.Map.Roles)) {
			if !v.Map.Gives(identity, role) {
				continue
			}
			add(profile{identity, role, ""})
			if effective, err := v.Map.Effective(role); err == nil {
				for _, workspace := range effective.Workspaces()[min(1, len(effective.Workspaces())):] {
					add(profile{identity, role, workspace})
				}
			}
		}
	}
	return all
}

// CheckNames refuses a template by which two profiles of the map would have one name, or one would have a name that no profile of ours
// may have.
func (v *View) CheckNames() error {
	if v.isUsual() {
		return nil
	}
	all := v.named()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		switch who := all[name]; {
		case len(who) > 1:
			return ui.Errorf("profile-shared", ui.Failed, "%s and %s would share the profile %s", who[0], who[1], ui.Clean(name)).
				With(ui.Advice("tell them apart by {identity} or {workspace}:"), ui.Command("dbxaccess config set profile_name '{prefix}{identity}-{role}-{workspace}'"))
		case len(name) > 128:
			return ui.Errorf("profile-name", ui.Failed, "the profile of %s would have a name of more than 128 characters", who[0]).
				With(ui.Command("dbxaccess config unset profile_name"))
		}
	}
	return nil
}

func (p profile) String() string {
	text := "the role " + p.role + " of " + p.identity
	if p.workspace != "" {
		text += " in " + p.workspace
	}
	return text
}
