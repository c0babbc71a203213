package accessmap

import (
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// A role without aws can be taken where it has a workspace that the identity has a token for.
func TestRolesOfAWorkspaceAlone(t *testing.T) {
	t.Parallel()
	const people = "issuer: https://i.example, client_id: x, groups: {g: [r]}"
	text := func(identity, workspace, role string) string {
		return "version: 1\nidentities: {i: {" + identity + "}}\nworkspaces: {w: {host: \"https://w.example\"" + workspace + "}}\nroles:\n" +
			"  base: {workspace: w}\n  r: {" + role + "}\n"
	}
	for name, c := range map[string]struct{ text, wrong string }{
		"its own":       {text(people, "", "workspace: w"), ""},
		"inherited":     {text(people, "", "inherits: [base]"), ""},
		"none":          {text(people, "", "description: x"), "role r has no aws and no workspace, so it can only be inherited"},
		"browser login": {text(people, ", login: browser", "workspace: w"), ""},
		"by browser, for a job": {
			text("token: {from: github-actions, audience: x}, claims: [{match: {repository: a/b}, roles: [r]}]", ", login: browser", "workspace: w"),
			"its workspace w has login: browser, which is for people",
		},
		"by browser, as a principal": {
			text(people, ", login: browser", "workspace: w, service_principal: 01234567-89ab-cdef-0123-456789abcdef"),
			"role r has a service_principal, and its workspace w login: browser",
		},
		"Identity Center": {text("start_url: \"https://i.example/start\", sso_region: us-east-1, roles: [r]", "", "workspace: w"), "IAM Identity Center gives roles by their permission sets alone"},
		"unknown":         {text(people, "", "workspace: v"), "no workspace is called \"v\""},
	} {
		m, err := Parse("map.yaml", []byte(c.text))
		switch {
		case c.wrong == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.wrong != "" && (err == nil || strings.Count(err.Error(), c.wrong) != 1):
			t.Errorf("%s: got %v", name, err)
		case c.wrong == "":
			if e, err := m.Effective("r"); err != nil || e.AtAWS || e.Workspace != "w" {
				t.Errorf("%s: got %+v, %v", name, e, err)
			}
			if _, err := m.Policy("r", nil, time.Time{}); ui.IDOf(err) != "role-without-aws" || ui.CodeOf(err) != ui.Failed {
				t.Errorf("%s: got %v", name, err)
			}
			if _, err := m.Chain("r", idp.OpenIDConnect); ui.IDOf(err) != "role-without-aws" {
				t.Errorf("%s: got %v", name, err)
			}
		}
	}
	m, err := Parse("map.yaml", []byte(text(people, "", "workspace: w, read: [d]")+"datasets: {d: {location: \"s3://lake/x/\"}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, p := range m.Lint(today) {
		found = found || p.ID == datasetsIdle && p.Message == "the datasets of role r do nothing: it has no aws"
	}
	if !found {
		t.Errorf("got %v", m.Lint(today))
	}
}

// databricks cli 4809: a host that serves several workspaces is written with the workspace beside it.
func TestUnifiedHosts(t *testing.T) {
	t.Parallel()
	const account = ", account_id: 4d7e5f0a-2b6c-4c1d-9a83-6f0e1d2c3b4a"
	for workspace, wrong := range map[string]string{
		`host: "https://acme.databricks.com", workspace_id: "12"`:                     "",
		`host: "https://acme.databricks.com", workspace_id: "12"` + account:           "",
		`host: "https://accounts.cloud.databricks.com"` + account:                     "",
		`host: "https://accounts.cloud.databricks.com", workspace_id: "12"` + account: "is an account console, where a workspace_id has no place",
		`host: "https://acme.databricks.com"` + account:                               "or a unified host beside a workspace_id",
		`host: "https://acme.databricks.com", workspace_id: 12`:                       "put it in quotes",
		`host: "https://acme.databricks.com", workspace_id: none`:                     "leave workspace_id out",
		`host: "https://ACME.databricks.com/?o=12"`:                                   `write host: https://acme.databricks.com and workspace_id: "12"`,
		`host: "https://acme.databricks.com/sql?w=12&x=y"`:                            `write host: https://acme.databricks.com and workspace_id: "12"`,
		`host: "https://acme.databricks.com/w/12/sql"`:                                `write host: https://acme.databricks.com and workspace_id: "12"`,
		`host: "https://acme.databricks.com/?o=1;rm"`:                                 "no query",
	} {
		m, err := Parse("map.yaml", []byte("version: 1\nidentities: {i: {issuer: https://i.example, client_id: x, groups: {g: [r]}}}\n"+
			"workspaces: {w: {"+workspace+"}}\nroles: {r: {workspace: w}}\n"))
		if (err == nil) != (wrong == "") || err != nil && !strings.Contains(err.Error(), wrong) {
			t.Errorf("%s: %v", workspace, err)
		}
		if err == nil && strings.Contains(workspace, "workspace_id") && m.Workspaces["w"].WorkspaceID != "12" {
			t.Errorf("%s: %+v", workspace, m.Workspaces["w"])
		}
	}
}
