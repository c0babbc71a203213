package accessmap

import (
	"iter"
	"maps"
	"slices"
	"strings"
)

// maxWorkspaces bounds the workspaces of one role.
const maxWorkspaces = 50

var workspacesForm = &form{each: &form{schema: schema{Ref: defs + "name"}}, schema: schema{MinItems: 1, MaxItems: maxWorkspaces}}

// Workplace is a workspace that a role works in. Its Scopes are what the role's tokens are for there, at least one, sorted:
// [all-apis] for everything.
type Workplace struct {
	*Workspace
	Scopes []string
}

// In returns the role's place in a workspace, given by name: "" means the first. ok is false where it has none there.
func (e *Effective) In(workspace string) (w Workplace, ok bool) {
	for _, w := range e.Workplaces {
		if workspace == "" || w.Name == workspace {
			return w, true
		}
	}
	return Workplace{}, false
}

// Workspaces are the names of the role's workspaces.
func (e *Effective) Workspaces() []string {
	names := make([]string, len(e.Workplaces))
	for i, w := range e.Workplaces {
		names[i] = w.Name
	}
	return names
}

func readWorkspacesOfRole(v value, r *Role) {
	r.Workspaces = v.namesOf(aWorkspace)
	switch {
	case len(v.node.Content) == 0 && kindOf(v.node) == "a list":
		v.wrong("there are none; leave it out")
	case len(r.Workspaces) > maxWorkspaces:
		v.wrong("more than %d", maxWorkspaces)
	}
}

// inheritWorkspaces: a role's own workspaces win; else all parents that have any must have the same, the same one first.
func (d *decoder) inheritWorkspaces(m *Map, role *Role) {
	role.effectiveWorkspaces = role.Workspaces
	if len(role.Workspaces) > 0 {
		return
	}
	from := ""
	for _, name := range role.Inherits {
		parent := m.Roles[name]
		switch {
		case parent == nil || len(parent.effectiveWorkspaces) == 0:
		case from == "":
			role.effectiveWorkspaces, from = parent.effectiveWorkspaces, name
		case !slices.Equal(parent.effectiveWorkspaces, role.effectiveWorkspaces):
			d.add(role.at, "role %s inherits workspace %s from %s and %s from %s; give it a workspace of its own",
				role.Name, strings.Join(role.effectiveWorkspaces, ", "), from, strings.Join(parent.effectiveWorkspaces, ", "), name)
			return
		}
	}
}

// ProfileNameIn is ProfileName for one of the role's workspaces: the first has the role's own, and each further one its name
// behind that.
func (m *Map) ProfileNameIn(identity, role, workspace string) string {
	name := m.ProfileName(identity, role)
	if r := m.Roles[role]; r == nil || !slices.Contains(further(r), workspace) {
		return name
	}
	return name + "-" + workspace
}

// further are a role's workspaces but the first.
func further(r *Role) []string { return r.effectiveWorkspaces[min(1, len(r.effectiveWorkspaces)):] }

// RoleOfProfile is the way back from ProfileNameIn: the identity, the role and the workspace whose profile has a name;
// workspace is "" for the role's own, which AWS has too. ok is false for a name that no profile has.
func (m *Map) RoleOfProfile(name string) (identity, role, workspace string, ok bool) {
	if identity, role, ok = m.roleOf(name); ok {
		return identity, role, "", true
	}
	for workspace := range m.Workspaces {
		base, behind := strings.CutSuffix(name, "-"+workspace)
		if !behind {
			continue
		}
		if identity, role, ok := m.roleOf(base); ok && slices.Contains(further(m.Roles[role]), workspace) {
			return identity, role, workspace, true
		}
	}
	return "", "", "", false
}

// roleOf is the way back from ProfileName.
func (m *Map) roleOf(name string) (identity, role string, ok bool) {
	for _, identity := range slices.Sorted(maps.Keys(m.Identities)) {
		for _, role := range []string{name, strings.TrimPrefix(name, identity+"-")} {
			if m.Roles[role] != nil && m.Gives(identity, role) && m.ProfileName(identity, role) == name {
				return identity, role, true
			}
		}
	}
	return "", "", false
}

// workspaceProfiles refuses a further workspace of a role whose profile would have the name of another: givers are the
// identities of each role.
func (d *decoder) workspaceProfiles(m *Map, givers map[string][]string) {
	var several []string // roles with further workspaces
	for role := range givers {
		if len(further(m.Roles[role])) > 0 {
			several = append(several, role)
		}
	}
	if several == nil {
		return
	}
	slices.Sort(several)
	taken := make(map[string]string, len(givers)) // name to what it is of
	for role := range givers {
		for name := range profilesOf(role, givers[role]) {
			taken[name] = "role " + role
		}
	}
	for _, role := range several {
		r := m.Roles[role]
		for _, workspace := range further(r) {
			of := "role " + role + " in workspace " + workspace
			for base := range profilesOf(role, givers[role]) {
				name := base + "-" + workspace
				if other, twice := taken[name]; twice {
					d.add(r.at, "%s and %s would share the profile name %s; rename one of them", of, other, name)
				}
				taken[name] = of
			}
		}
	}
}

// profilesOf are the names of a role's own profiles, one for each identity that gives it.
func profilesOf(role string, givers []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, identity := range givers {
			name := role
			if len(givers) > 1 {
				name = identity + "-" + role
			}
			if !yield(name) {
				return
			}
		}
	}
}
