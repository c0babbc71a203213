package accessmap

import (
	"iter"
	"maps"
	"slices"
	"strings"
)

// referenceKind is what a name must be the name of.
type referenceKind int

const (
	anyRole referenceKind = iota
	viaRole
	aDataset
	aWorkspace
)

// reference is a name that stands for something defined elsewhere in the map.
type reference struct {
	kind referenceKind
	name string
	key  string // under which it stands
	at   position
	// giver is the identity that gives the role; nil for other references.
	giver *Identity
}

// namesOf reads a list of names that refer to things of one kind. They are looked up once everything is read.
func (v value) namesOf(kind referenceKind) []string {
	var names []string
	v.each(func(name string, at position) {
		v.references = append(v.references, reference{kind: kind, name: name, key: v.key, at: at})
		names = append(names, name)
	})
	return names
}

// nameOf is namesOf for a single name.
func (v value) nameOf(kind referenceKind) string {
	name, ok := v.scalar()
	if ok {
		v.references = append(v.references, reference{kind: kind, name: name, key: v.key, at: place(v.node)})
	}
	return name
}

// resolve checks what can only be checked once everything is read: references, inheritance and its conflicts.
func (d *decoder) resolve(m *Map) {
	for _, r := range d.references {
		d.lookUp(m, r)
	}
	m.nested()
	d.inherit(m)
	d.wildcards(m)
	d.reach(m)
	d.aside(m)
	d.inWorkspace(m)
	d.signed()
	d.profileNames(m)
}

// profileNames refuses two roles that would share a profile: which of them is meant would be a guess.
func (d *decoder) profileNames(m *Map) {
	givers := make(map[string][]string, len(m.Roles)) // role to identities
	for _, identity := range slices.Sorted(maps.Keys(m.Identities)) {
		for role := range m.gives[identity] {
			if m.Roles[role] != nil {
				givers[role] = append(givers[role], identity)
			}
		}
	}
	d.workspaceProfiles(m, givers)
	for role, identities := range givers {
		if len(identities) < 2 {
			continue
		}
		for _, identity := range identities {
			name := identity + "-" + role
			if other := givers[name]; len(other) == 1 {
				d.add(m.Roles[name].at, "role %s of identity %s, and role %s, which several identities give, would share the profile name %s; rename one of them",
					name, other[0], role, name)
			}
		}
	}
}

func (d *decoder) lookUp(m *Map, r reference) {
	switch r.kind {
	case aDataset:
		if m.Datasets != nil && m.Datasets[r.name] == nil {
			d.undefined(r, "dataset", maps.Keys(m.Datasets))
		}
	case aWorkspace:
		if m.Workspaces != nil && m.Workspaces[r.name] == nil {
			d.undefined(r, "workspace", maps.Keys(m.Workspaces))
		}
	case anyRole, viaRole:
		role := m.Roles[r.name]
		switch {
		case len(m.Roles) == 0: // reported already
		case role == nil:
			d.undefined(r, "role", maps.Keys(m.Roles))
		case r.kind == viaRole && role.AWS == nil:
			d.add(r.at, "%s: role %s has no aws, so there are no credentials of it to assume another role with", r.key, r.name)
		}
	}
}

func (d *decoder) undefined(r reference, what string, known iter.Seq[string]) {
	d.add(r.at, "%s: no %s is called %s%s", r.key, what, shown(r.name), d.suggest(r.name, known))
}

// inherit gives every role the workspace and tags it inherits, ancestors first. It works through a queue and not by
// recursion, because the file decides how deep it is.
func (d *decoder) inherit(m *Map) {
	order := slices.SortedFunc(maps.Values(m.Roles), func(a, b *Role) int { return a.at.compare(b.at) })
	waiting := make(map[string]int, len(order)) // role to parents that are not done
	heirs := make(map[string][]*Role, len(order))
	var ready []*Role
	for _, role := range order {
		for _, parent := range role.Inherits {
			if m.Roles[parent] != nil {
				waiting[role.Name]++
				heirs[parent] = append(heirs[parent], role)
			}
		}
		if waiting[role.Name] == 0 {
			ready = append(ready, role)
		}
	}
	for len(ready) > 0 {
		role := ready[0]
		ready = ready[1:]
		d.inheritWorkspaces(m, role)
		d.inheritScopes(m, role)
		d.withinWorkspaces(m, role)
		if role.ServicePrincipal != "" && len(role.effectiveWorkspaces) == 0 {
			d.add(role.at, "role %s has a service_principal but no workspace to be it in", role.Name)
		}
		d.inheritTags(m, role)
		inherits := func(has func(*Role) bool) bool {
			return slices.ContainsFunc(role.Inherits, func(parent string) bool { return m.Roles[parent] != nil && has(m.Roles[parent]) })
		}
		role.hasDatasets = len(role.Read)+len(role.Write)+len(role.Delete) > 0 || inherits(func(r *Role) bool { return r.hasDatasets })
		role.hasStatements = len(role.Statements) > 0 || inherits(func(r *Role) bool { return r.hasStatements })
		role.inheritSensitivity(m)
		d.said(role)
		for _, heir := range heirs[role.Name] {
			if waiting[heir.Name]--; waiting[heir.Name] == 0 {
				delete(waiting, heir.Name)
				ready = append(ready, heir)
			}
		}
	}
	d.cycles(m, order, waiting)
}

// cycles reports the circles among the roles that wait for each other, not those that merely wait for a circle.
func (d *decoder) cycles(m *Map, order []*Role, waiting map[string]int) {
	isWaiting := func(name string) bool { return waiting[name] > 0 }
	next := func(name string) string {
		if !isWaiting(name) {
			return ""
		}
		parents := m.Roles[name].Inherits // of which at least one waits
		return parents[slices.IndexFunc(parents, isWaiting)]
	}
	for name, path := range circles(order, next) {
		d.add(m.Roles[name].at, "role %s inherits from itself: %s", name, path)
	}
}

// circles iterates over the circles that next leads into from the roles of order, each once: the role that closes it,
// and the path as text. next returns "" at the end of a path.
func circles(order []*Role, next func(name string) string) iter.Seq2[string, string] {
	return func(yield func(name, path string) bool) {
		walked := make(map[string]int) // role to the walk that came by
		for walk, start := range order {
			var path []string
			name := start.Name
			for next(name) != "" && walked[name] == 0 {
				walked[name] = walk + 1
				path = append(path, name)
				name = next(name)
			}
			if len(path) > 0 && walked[name] == walk+1 && !yield(name, circle(path[slices.Index(path, name):])) {
				return
			}
		}
	}
}

// circle writes names that lead back to the first of them, bounded to what a message should have.
func circle(names []string) string {
	const longest = 8
	text := strings.Join(names[:min(len(names), longest)], " → ")
	if len(names) > longest {
		text += " → …"
	}
	return text + " → " + names[0]
}
