package accessmap

import (
	"slices"
	"strings"
	"testing"
)

// scoped is a map whose workspace prod has some scopes, dev none, with these roles, all of which are given.
func scoped(workspace, roles string) string {
	var given []string
	for line := range strings.Lines(roles) {
		name, _, _ := strings.Cut(strings.TrimSpace(line), ":")
		given = append(given, name)
	}
	return "version: 1\nidentities: {i: {issuer: https://i.example, client_id: x, groups: {g: [" + strings.Join(given, ", ") + "]}}}\n" +
		"workspaces:\n  prod: {host: \"https://prod.example\"" + workspace + "}\n  dev: {host: \"https://dev.example\"}\nroles:\n" + roles
}

func TestScopesOfARole(t *testing.T) {
	t.Parallel()
	m, err := Parse("map.yaml", []byte(scoped(", scopes: [sql, clusters:read]", `  a: {workspace: prod}
  b: {workspace: prod, scopes: ["sql:restricted-query:read"]}
  c: {inherits: [b]}
  d: {inherits: [b], workspace: dev}
  e: {inherits: [b], scopes: [sql]}
  f: {workspace: dev}
  g: {inherits: [b, c]}
`)))
	if err != nil {
		t.Fatal(err)
	}
	for role, want := range map[string]string{
		"a": "clusters:read sql", "b": "sql:read:restricted-query", "c": "sql:read:restricted-query", "d": "sql:read:restricted-query", "e": "sql", "f": "all-apis",
		"g": "sql:read:restricted-query",
	} {
		if e, err := m.Effective(role); err != nil || strings.Join(e.Workplaces[0].Scopes, " ") != want {
			t.Errorf("%s: %+v, %v", role, e, err)
		}
	}
}

func TestScopesThatAreWrong(t *testing.T) {
	t.Parallel()
	for roles, wrong := range map[string]string{
		"  r: {workspace: prod, scopes: [sql]}":                                                                     `:7:32: scopes: sql of role r goes beyond those of workspace prod: clusters, sql:read`,
		"  r: {workspace: prod, scopes: [all-apis]}":                                                                `scopes: all-apis of role r goes beyond`,
		"  r: {workspace: prod, scopes: []}":                                                                        `:7:32: scopes: there are none; for everything, leave it out`,
		"  r: {workspace: prod, scopes: sql}":                                                                       `:7:32: scopes: expected a list`,
		"  r: {workspace: prod, scopes: [\"sql read\"]}":                                                            `:7:33: scopes: "sql read" is not a scope`,
		"  r: {workspace: prod, scopes: [\"a,b\"]}":                                                                 `is not a scope`,
		"  r: {workspace: prod, scopes: [SQL]}":                                                                     `is not a scope`,
		"  r: {workspace: prod, scopes: [openid]}":                                                                  `openid is a scope of an ID token`,
		"  r: {workspace: prod, scopes: [offline_access]}":                                                          `asks for a refresh token`,
		"  r: {workspace: prod, scopes: [sql:read, sql:read]}":                                                      `listed twice`,
		"  a: {workspace: dev, scopes: [sql]}\n  r: {inherits: [a], workspace: prod}":                               `:8:3: scopes: sql of role r goes beyond`,
		"  a: {workspace: dev, scopes: [sql]}\n  b: {workspace: dev}\n  r: {inherits: [a, b]}":                      `role r inherits the scopes sql from a and the scopes of its workspace from b; give it scopes of its own`,
		"  a: {workspace: dev, scopes: [sql]}\n  b: {workspace: dev, scopes: [jobs]}\n  r: {inherits: [b, a]}":      `role r inherits the scopes jobs from b and the scopes sql from a`,
		"  r: {workspace: prod, scopes: [" + strings.Repeat("x", 101) + "]}":                                        `longer than 100 characters`,
		"  r: {workspace: dev, scopes: [a" + strings.Join(strings.Split(strings.Repeat("x", 51), ""), ", a") + "]}": `listed twice`,
	} {
		_, err := Parse("map.yaml", []byte(scoped(", scopes: [sql:read, clusters]", roles+"\n")))
		if err == nil || !strings.Contains(err.Error(), wrong) {
			t.Errorf("%s: %v", roles, err)
		}
	}
}

func TestScopesThatDoNothing(t *testing.T) {
	t.Parallel()
	m, err := Parse("map.yaml", []byte(scoped(", scopes: [sql, all-apis]", `  a: {workspace: prod, scopes: [sql, sql:read, "jobs:restricted-query", "jobs:raed"]}
  b: {aws: {role_arn: "arn:aws:iam::111122223333:role/x", region: us-east-1}, scopes: [sql]}
`)))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range m.Lint(today) {
		got = append(got, p.Message+" ["+string(p.ID)+"]")
	}
	for _, want := range []string{
		"scope sql of workspace prod does nothing beside all-apis [scope-redundant]",
		"scope sql:read of role a does nothing beside sql [scope-redundant]",
		"scope jobs:restricted-query of role a: Databricks has the modifier restricted-query for sql alone [scope-modifier-unknown]",
		"scope jobs:raed of role a: Databricks documents no modifier raed; did you mean read? [scope-modifier-unknown]",
		"the scopes of role b do nothing: it has no workspace [scopes-without-workspace]",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
}

func TestChangesOfScopes(t *testing.T) {
	t.Parallel()
	text := func(workspace, role string) string {
		return scoped(workspace, "  r: {workspace: prod"+role+"}\n")
	}
	for name, c := range map[string]struct {
		old, next string
		want      []string
	}{
		"workspace narrower":  {text("", ""), text(", scopes: [sql]", ""), []string{"narrows workspace: workspace prod: scopes sql (it was all-apis)"}},
		"workspace wider":     {text(", scopes: [sql:read]", ""), text(", scopes: [sql]", ""), []string{"widens workspace: workspace prod: scopes sql (it was sql:read)"}},
		"workspace free":      {text(", scopes: [sql]", ""), text("", ""), []string{"widens workspace: workspace prod: scopes all-apis (it was sql)"}},
		"role narrower":       {text("", ""), text("", ", scopes: [sql]"), []string{"narrows role: role r: scopes sql (it was of its workspace)"}},
		"role wider":          {text("", ", scopes: [sql:read]"), text("", ", scopes: [sql:read, jobs]"), []string{"widens role: role r: scopes jobs, sql:read (it was sql:read)"}},
		"role free":           {text(", scopes: [sql]", ", scopes: [sql:read]"), text(", scopes: [sql]", ""), []string{"widens role: role r: scopes of its workspace (it was sql:read)"}},
		"role of other words": {text(", scopes: [sql]", ", scopes: [sql]"), text(", scopes: [sql]", ""), []string{"narrows role: role r: scopes of its workspace (it was sql)"}},
	} {
		old, err := Parse("old", []byte(c.old))
		next, wrong := Parse("next", []byte(c.next))
		if err != nil || wrong != nil {
			t.Fatal(err, wrong)
		}
		if got := lines(Changes(old, next)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}
