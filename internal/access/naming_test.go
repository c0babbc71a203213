package access_test

import (
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const severalMap = `
version: 1
defaults: {profile_prefix: fleet-}
identities:
  acme: {issuer: https://acme.example, client_id: c, groups: {g: [reader, trainer, b-c]}}
  a: {issuer: https://a.example, client_id: c, groups: {g: [trainer, b-c]}}
  a-b: {issuer: https://b.example, client_id: c, groups: {g: [c]}}
workspaces: {prod: {host: https://prod.cloud.databricks.com}, dev: {host: https://dev.cloud.databricks.com}}
roles:
  reader: {aws: {role_arn: "arn:aws:iam::111122223333:role/reader", region: us-east-1}}
  trainer: {aws: {role_arn: "arn:aws:iam::111122223333:role/trainer", region: us-east-1}, workspaces: [prod, dev]}
  b-c: {aws: {role_arn: "arn:aws:iam::111122223333:role/b", region: us-east-1}}
  c: {aws: {role_arn: "arn:aws:iam::111122223333:role/c", region: us-east-1}}
`

// Whatever a template makes of a role's name, the way back leads to the same role.
func TestNamesOfProfilesLeadBack(t *testing.T) {
	t.Parallel()
	m := parsed(t, severalMap)
	for template, want := range map[string]string{
		"": "fleet-acme-trainer", "{prefix}{role}": "fleet-acme-trainer", "{role}": "acme-trainer", "{role}.aws": "acme-trainer.aws",
		"{prefix}{identity}.{role}": "fleet-acme.trainer", "{workspace}-{role}": "prod-acme-trainer", "{role}_{workspace}_x": "acme-trainer_prod_x",
	} {
		view := &access.View{Map: m, Naming: access.Naming{Usual: "dbx-", Template: template}.Of(m)}
		if err := view.CheckNames(); err != nil {
			t.Error(template, err)
		}
		if got := view.ProfileName("acme", "trainer"); got != want {
			t.Errorf("%s: %s, want %s", template, got, want)
		}
		for _, p := range [][2]string{{"acme", "reader"}, {"acme", "trainer"}, {"a", "trainer"}, {"acme", "b-c"}, {"a", "b-c"}, {"a-b", "c"}} {
			effective, err := m.Effective(p[1])
			if err != nil {
				t.Fatal(err)
			}
			name := view.ProfileName(p[0], p[1])
			if identity, role, workspace, ok := view.RoleOfProfile(name); !ok || identity != p[0] || role != p[1] || workspace != "" {
				t.Errorf("%s: %s is of %s, %s, %q, %v", template, name, identity, role, workspace, ok)
			}
			for i, w := range view.Workplaces(m.Identities[p[0]], effective) {
				identity, role, workspace, ok := view.RoleOfProfile(w.Profile)
				if !ok || identity != p[0] || role != p[1] || i > 0 && workspace != w.Workspace {
					t.Errorf("%s: %s is of %s, %s, %q, %v", template, w.Profile, identity, role, workspace, ok)
				}
			}
		}
		if _, _, _, ok := view.RoleOfProfile("nobody"); ok {
			t.Error(template, "nobody is taken for a profile")
		}
	}
	// What several share is nobody's: a token would be one of another role.
	shared := &access.View{Map: m, Naming: access.Naming{Template: "{identity}-{role}"}.Of(m)}
	if _, _, _, ok := shared.RoleOfProfile("a-b-c"); ok || ui.IDOf(shared.CheckNames()) != "profile-shared" {
		t.Error(shared.CheckNames(), ok)
	}
}

func TestAPersonsPrefixWinsOverTheMaps(t *testing.T) {
	t.Parallel()
	m := parsed(t, severalMap)
	for mine, want := range map[string]string{"": "fleet-", "mine-": "mine-"} {
		if got := (access.Naming{Prefix: mine, Usual: "dbx-"}).Of(m).Prefix; got != want {
			t.Errorf("%q: %q", mine, got)
		}
	}
	if got := (access.Naming{Usual: "dbx-"}).Of(nil).Prefix; got != "dbx-" {
		t.Error(got)
	}
}
