package accessmap

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/databricks/scope"
)

// maxScopes bounds the scopes of one token.
const maxScopes = 50

var scopesForm = &form{
	ref: "scopes",
	each: &form{
		pattern: scope.Pattern, check: scope.Canonical, longest: scope.MaxLength,
		wrong: "is not a scope, as in sql, clusters:read or sql:restricted-query",
	},
	schema: schema{MinItems: 1, MaxItems: maxScopes},
}

// scopes reads a list of scopes, of which there is at least one: none at all would be a token for nothing.
func (v value) scopes() []string {
	list := v.list()
	switch {
	case len(v.node.Content) == 0 && kindOf(v.node) == "a list":
		v.wrong("there are none; for everything, leave it out")
	case len(list) > maxScopes:
		v.wrong("more than %d", maxScopes)
	}
	slices.Sort(list)
	return list
}

// inheritScopes: a role's own scopes win; else all parents that have a workspace or scopes must have the same. A role with
// a workspace of its own inherits them too, since it would else do more than the one it takes after.
func (d *decoder) inheritScopes(m *Map, role *Role) {
	role.effectiveScopes = role.Scopes
	if role.scopesAt.line != 0 {
		return
	}
	from := ""
	for _, name := range role.Inherits {
		parent := m.Roles[name]
		switch {
		case parent == nil || parent.effectiveWorkspace == "" && parent.effectiveScopes == nil:
		case from == "":
			role.effectiveScopes, from = parent.effectiveScopes, name
		case !slices.Equal(parent.effectiveScopes, role.effectiveScopes):
			d.add(role.at, "role %s inherits %s from %s and %s from %s; give it scopes of its own",
				role.Name, scopeWords(role.effectiveScopes), from, scopeWords(parent.effectiveScopes), name)
			return
		}
	}
}

// scopeWords are those of scopes; of none, which leaves it to the workspace.
func scopeWords(scopes []string) string {
	if scopes == nil {
		return "the scopes of its workspace"
	}
	return "the scopes " + strings.Join(scopes, ", ")
}

// withinWorkspace checks that a role's scopes lie within those of its workspace, so that the map says in full, in one of two
// places, what a token is asked for: nobody has to work out what two lists have in common.
func (d *decoder) withinWorkspace(m *Map, role *Role) {
	workspace := m.Workspaces[role.effectiveWorkspace]
	if workspace == nil || workspace.Scopes == nil {
		return
	}
	at := role.at
	if role.scopesAt.line != 0 {
		at = role.scopesAt
	}
	for _, s := range role.effectiveScopes {
		if !scope.WithinAny(s, workspace.Scopes) {
			d.add(at, "scopes: %s of role %s goes beyond those of workspace %s: %s", s, role.Name, workspace.Name, strings.Join(workspace.Scopes, ", "))
		}
	}
}

// scopes are those of the workspace's tokens, where a role says nothing else.
func (w *Workspace) scopes() []string {
	if w.Scopes == nil {
		return []string{scope.All}
	}
	return w.Scopes
}

// scopesIn are the scopes of a role's tokens in a workspace.
func (r *Role) scopesIn(w *Workspace) []string {
	switch {
	case w == nil:
		return nil
	case r.effectiveScopes != nil:
		return r.effectiveScopes
	}
	return w.scopes()
}

// lintScopes finds scopes that say nothing, or that Databricks knows nothing of.
func (m *Map) lintScopes(r *report) {
	for _, w := range m.Workspaces {
		lintScopeList(r, w.at, "workspace "+w.Name, w.Scopes)
	}
	for _, role := range m.Roles {
		at := role.scopesAt
		if at.line == 0 {
			continue
		}
		lintScopeList(r, at, "role "+role.Name, role.Scopes)
		if role.effectiveWorkspace == "" && (role.AWS != nil || m.givenByAny(role.Name)) {
			r.add(at, "the scopes of role %s do nothing: it has no workspace", role.Name)
		}
	}
}

func (m *Map) givenByAny(role string) bool {
	for identity := range m.Identities {
		if m.Gives(identity, role) {
			return true
		}
	}
	return false
}

func lintScopeList(r *report, at position, of string, scopes []string) {
	for _, s := range scopes {
		for _, other := range scopes {
			if s != other && scope.Within(s, other) {
				r.add(at, "scope %s of %s does nothing beside %s", s, of, other)
			}
		}
		for _, modifier := range scope.Modifiers(s) {
			switch {
			case modifier == scope.RestrictedQuery && !strings.HasPrefix(s, "sql:"):
				r.add(at, "scope %s of %s: Databricks has the modifier %s for sql alone", s, of, modifier)
			case modifier != scope.Read && modifier != scope.RestrictedQuery:
				r.add(at, "scope %s of %s: Databricks documents no modifier %s%s", s, of, modifier,
					didYouMean(modifier, slices.Values([]string{scope.Read, scope.RestrictedQuery})))
			}
		}
	}
}

// scopes compares what tokens of a workspace or role may be used for. nothing is what none are called.
func (c *comparison) scopes(topic Topic, of, nothing string, before, after []string, effect Effect) {
	if slices.Equal(before, after) {
		return
	}
	words := func(scopes []string) string { return cmp.Or(strings.Join(scopes, ", "), nothing) }
	c.value(effect, topic, of, "scopes", words(before), words(after))
}

// widened is the effect of other scopes.
func widened(before, after []string) Effect {
	for _, s := range after {
		if !scope.WithinAny(s, before) {
			return Widens
		}
	}
	return Narrows
}
