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
	if role.Scopes != nil {
		return
	}
	from := ""
	for _, name := range role.Inherits {
		parent := m.Roles[name]
		switch {
		case parent == nil || len(parent.effectiveWorkspaces) == 0 && parent.effectiveScopes == nil:
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

// withinWorkspaces checks that a role's scopes lie within those of each of its workspaces, so that the map says in full, in one
// of two places, what a token is asked for: nobody has to work out what two lists have in common.
func (d *decoder) withinWorkspaces(m *Map, role *Role) {
	at := role.at
	if role.scopesAt.line != 0 {
		at = role.scopesAt
	}
	for _, name := range role.effectiveWorkspaces {
		workspace := m.Workspaces[name]
		if workspace == nil || workspace.Scopes == nil {
			continue
		}
		for _, s := range role.effectiveScopes {
			if !scope.WithinAny(s, workspace.Scopes) {
				d.add(at, "scopes: %s of role %s goes beyond those of workspace %s: %s", s, role.Name, name, strings.Join(workspace.Scopes, ", "))
			}
		}
	}
}

// scopes are those of the workspace's tokens, where a role says nothing else.
func (w *Workspace) scopes() []string {
	if w == nil || w.Scopes == nil {
		return []string{scope.All}
	}
	return w.Scopes
}

// scopesIn are the scopes of a role's tokens in a workspace.
func (r *Role) scopesIn(w *Workspace) []string {
	if r.effectiveScopes != nil {
		return r.effectiveScopes
	}
	return w.scopes()
}

// lintScopes finds scopes that say nothing, or that Databricks knows nothing of.
func (l *linter) lintScopes() {
	for _, w := range l.Workspaces {
		l.lintScopeList(concern{partWorkspace, w.Name}, w.at, w.Scopes)
	}
	for _, role := range l.Roles {
		at := role.scopesAt
		if at.line == 0 {
			continue
		}
		about := concern{partRole, role.Name}
		l.lintScopeList(about, at, role.Scopes)
		if len(role.effectiveWorkspaces) == 0 && (role.AWS != nil || l.givenByAny(role.Name)) {
			l.warn(scopesIdle, about, at, "the scopes of role %s do nothing: it has no workspace", role.Name)
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

func (l *linter) lintScopeList(of concern, at position, scopes []string) {
	for _, s := range scopes {
		for _, other := range scopes {
			if s != other && scope.Within(s, other) {
				l.warn(scopeRedundant, of, at, "scope %s of %s does nothing beside %s", s, of, other)
			}
		}
		for _, modifier := range scope.Modifiers(s) {
			switch {
			case modifier == scope.RestrictedQuery && !strings.HasPrefix(s, "sql:"):
				l.warn(scopeModifier, of, at, "scope %s of %s: Databricks has the modifier %s for sql alone", s, of, modifier)
			case modifier != scope.Read && modifier != scope.RestrictedQuery:
				l.warn(scopeModifier, of, at, "scope %s of %s: Databricks documents no modifier %s%s", s, of, modifier,
					didYouMean(modifier, slices.Values([]string{scope.Read, scope.RestrictedQuery})))
			}
		}
	}
}

// scopesOfRole compares a role's scopes. What changes with those of its workspaces is told of these.
func (c *comparison) scopesOfRole(of string, before, after *Role) {
	effect := Narrows
	for _, name := range after.effectiveWorkspaces {
		was := name
		if !slices.Contains(before.effectiveWorkspaces, name) && len(before.effectiveWorkspaces) > 0 {
			was = before.effectiveWorkspaces[0]
		}
		if w := c.old.Workspaces[was]; w == nil || widened(before.scopesIn(w), after.scopesIn(c.next.Workspaces[name])) == Widens {
			effect = Widens
		}
	}
	c.scopes(AboutRole, of, "of its workspace", before.effectiveScopes, after.effectiveScopes, effect)
}

// workspacesOfRole compares where a role works.
func (c *comparison) workspacesOfRole(of string, before, after *Role) {
	had, has := before.effectiveWorkspaces, after.effectiveWorkspaces
	effect, what := Differs, "workspace"
	switch {
	case len(beyond(has, had)) > 0:
		effect = Widens
	case len(beyond(had, has)) > 0:
		effect = Narrows
	}
	if len(has) > 1 {
		what = "workspaces"
	}
	c.value(effect, AboutRole, of, what, strings.Join(had, ", "), strings.Join(has, ", "))
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
