package accessmap

import (
	"fmt"
	"strings"
	"testing"
)

// placed is a map with the workspaces prod, dev and lab, and these roles, all of which the identities give.
func placed(roles string, identities ...string) string {
	var given []string
	for line := range strings.Lines(roles) {
		name, _, _ := strings.Cut(strings.TrimSpace(line), ":")
		given = append(given, name)
	}
	var text strings.Builder
	text.WriteString("version: 1\nidentities:\n")
	for _, identity := range identities {
		fmt.Fprintf(&text, "  %s: {issuer: https://%s.example, client_id: x, groups: {g: [%s]}}\n", identity, identity, strings.Join(given, ", "))
	}
	text.WriteString("workspaces:\n  prod: {host: https://prod.example}\n  dev: {host: https://dev.example}\n  lab: {host: https://lab.example}\nroles:\n" + roles)
	return text.String()
}

func TestWorkspacesOfARole(t *testing.T) {
	t.Parallel()
	m := parsed(t, placed(`  a: {workspaces: [prod, dev]}
  b: {inherits: [a]}
  c: {inherits: [a], workspace: lab}
  d: {inherits: [a, b]}
`, "acme"))
	for role, want := range map[string]string{"a": "prod dev", "b": "prod dev", "c": "lab", "d": "prod dev"} {
		e, err := m.Effective(role)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(e.Workspaces(), " "); got != want || e.Workspace != strings.Fields(want)[0] {
			t.Errorf("%s: %s, first %s", role, got, e.Workspace)
		}
	}
	e, _ := m.Effective("a")
	for name, want := range map[string]string{"": "prod", "prod": "prod", "dev": "dev"} {
		if w, ok := e.In(name); !ok || w.Name != want {
			t.Errorf("in %q: %+v", name, w)
		}
	}
	if w, ok := e.In("lab"); ok {
		t.Errorf("not its workspace: %+v", w)
	}
}

func TestWorkspacesThatAreWrong(t *testing.T) {
	t.Parallel()
	for roles, wrong := range map[string]string{
		"  r: {workspaces: [prod], workspace: dev}": ":9:7: role r has both workspace and workspaces; keep one of them",
		"  r: {workspace: dev, workspaces: [prod]}": ":9:23: role r has both",
		"  r: {workspaces: []}":                     "workspaces: there are none",
		"  r: {workspaces: [prod, prod]}":           "listed twice",
		"  r: {workspaces: [prod, dve]}":            `no workspace is called "dve"; did you mean dev?`,
		"  r: {workspaces: prod}":                   "expected a list",
		"  a: {workspaces: [prod, dev]}\n  b: {workspaces: [dev, prod]}\n  r: {inherits: [a, b]}": "role r inherits workspace prod, dev from a and dev, prod from b",
		"  r: {workspaces: [prod, dev]}\n  r-dev: {workspace: lab}":                               "role r in workspace dev and role r-dev would share the profile name r-dev",
		"  r-lab: {workspaces: [prod, dev]}\n  r: {workspaces: [prod, lab-dev]}\n":                `no workspace is called "lab-dev"`,
	} {
		_, err := Parse("map.yaml", []byte(placed(roles+"\n", "acme")))
		if err == nil || !strings.Contains(err.Error(), wrong) {
			t.Errorf("%s: %v", roles, err)
		}
	}
	two := strings.Replace(placed("  r: {workspaces: [prod, b-dev]}\n  r-b: {workspaces: [lab, dev]}\n", "acme"), "  lab:", "  b-dev: {host: https://b.example}\n  lab:", 1)
	if _, err := Parse("map.yaml", []byte(two)); err == nil || !strings.Contains(err.Error(), "would share the profile name r-b-dev") {
		t.Errorf("two further workspaces: %v", err)
	}
}

func TestEachWorkspaceHasItsProfile(t *testing.T) {
	t.Parallel()
	roles := "  r: {workspaces: [prod, dev, lab]}\n  s: {workspace: dev}\n"
	for identities, names := range map[string]map[string]string{
		"acme":       {"r prod": "r", "r dev": "r-dev", "r lab": "r-lab", "s dev": "s"},
		"acme other": {"r prod": "acme-r", "r dev": "acme-r-dev", "r lab": "acme-r-lab", "s dev": "acme-s"},
	} {
		m := parsed(t, placed(roles, strings.Fields(identities)...))
		for at, name := range names {
			role, workspace, _ := strings.Cut(at, " ")
			if got := m.ProfileNameIn("acme", role, workspace); got != name {
				t.Errorf("%s: %s", at, got)
			}
			identity, back, in, ok := m.RoleOfProfile(name)
			e, err := m.Effective(role)
			if w, known := e.In(in); err != nil || !ok || identity != "acme" || back != role || !known || w.Name != workspace {
				t.Errorf("%s: %s of %s in %q, %v", name, back, identity, in, ok)
			}
		}
		for _, none := range []string{"r-prod", "s-dev", "s-lab", "r-dev-lab", "-dev", "dev"} {
			if identity, role, in, ok := m.RoleOfProfile(none); ok {
				t.Errorf("%s: %s of %s in %q", none, role, identity, in)
			}
		}
	}
}

func TestChangesOfWorkspaces(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ old, next, want string }{
		"one more":      {"workspace: prod", "workspaces: [prod, dev]", "[widens role: role r: workspaces prod, dev (it was prod)]"},
		"one fewer":     {"workspaces: [prod, dev]", "workspaces: [prod]", "[narrows role: role r: workspace prod (it was prod, dev)]"},
		"another first": {"workspaces: [prod, dev]", "workspaces: [dev, prod]", "[differs role: role r: workspaces dev, prod (it was prod, dev)]"},
		"only words":    {"workspaces: [prod]", "workspace: prod", "[]"},
	} {
		text := func(keys string) *Map { return parsed(t, placed("  r: {"+keys+"}\n", "acme")) }
		if got := fmt.Sprint(lines(Changes(text(c.old), text(c.next)))); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}
