package access_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// company has two identities of people and two of workloads, one of which takes running a program.
const company = `version: 1
identities:
  acme: {issuer: https://acme.example.com, client_id: x, groups: {scientists: [trainer], everyone: [reader]}}
  corp: {issuer: https://corp.example.com, client_id: x, groups: {admins: [admin]}}
  ci:
    token: {from: github-actions, audience: sts.amazonaws.com}
    claims: [{match: {repository: acme/churn}, roles: [reader]}]
  batch:
    issuer: https://batch.example.com
    token: {from: command, argv: [/usr/bin/token], audience: sts.amazonaws.com}
    claims: [{match: {sub: batch}, roles: [reader]}]
roles:
  reader: {aws: {role_arn: "arn:aws:iam::111122223333:role/reader", region: us-east-1}}
  trainer: {aws: {role_arn: "arn:aws:iam::111122223333:role/trainer", region: us-east-1}}
  admin: {aws: {role_arn: "arn:aws:iam::111122223333:role/admin", region: us-east-1}}
  orphan: {aws: {role_arn: "arn:aws:iam::111122223333:role/orphan", region: us-east-1}}
`

func parsed(t *testing.T, text string) *accessmap.Map {
	t.Helper()
	m, err := accessmap.Parse("map.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

var (
	errKeyring = ui.Errorf("keyring-locked", ui.KeyringUnavailable, "the keyring is locked")
	errBroken  = ui.Errorf("token-broken", ui.Failed, "the token can't be used")
)

func signedOut(name string) error {
	return ui.Errorf("not-signed-in", ui.LoginNeeded, "nobody is signed in at %s", name)
}

// machine is what stands in for a keyring and for workloads' tokens: sessions or errors by identity.
func machine(m *accessmap.Map, state map[string]any) *access.View {
	return &access.View{Map: m, Naming: access.Naming{Prefix: "dbx-"}, Now: time.Now, Load: func(_ context.Context, p login.Provider) (*login.Session, error) {
		switch s := state[p.Name].(type) {
		case error:
			return nil, s
		case []string:
			return &login.Session{Issuer: p.Issuer, Subject: p.Name, Username: p.Name, Groups: s, GroupsPresent: true}, nil
		}
		return nil, signedOut(p.Name)
	}}
}

func TestTheCauseThatSaysMostIsTold(t *testing.T) {
	t.Parallel()
	m := parsed(t, company)
	for name, c := range map[string]struct {
		state map[string]any
		role  string
		want  string // the identity, or what the error says
		code  ui.Code
		id    ui.ID
	}{
		"the one that gives it":                      {map[string]any{"acme": []string{"everyone"}}, "reader", "acme", ui.Done, ""},
		"a keyring that can't be read is told first": {map[string]any{"acme": errKeyring, "ci": errBroken}, "reader", "locked", ui.KeyringUnavailable, "keyring-locked"},
		"a token at hand that can't be used":         {map[string]any{"ci": errBroken, "corp": []string{"admins"}}, "reader", "can't be used", ui.Failed, "token-broken"},
		"before a refusal, a person could sign in":   {map[string]any{"corp": []string{"admins"}}, "reader", "nobody is signed in at acme", ui.LoginNeeded, "not-signed-in"},
		"signed in and not given it":                 {map[string]any{"acme": []string{"everyone"}}, "trainer", "may not take the role trainer", ui.NoSuchRole, "role-not-given"},
		"what never gives the role is no reason to sign in": {
			map[string]any{"acme": []string{"nobody"}}, "reader", "may not take the role reader", ui.NoSuchRole, "role-not-given",
		},
		"a program that fails may be that of another machine": {
			map[string]any{"acme": []string{"nobody"}, "batch": errBroken}, "reader", "may not take the role reader", ui.NoSuchRole, "role-not-given",
		},
		"nobody at all":              {nil, "reader", "nobody is signed in at acme", ui.LoginNeeded, "not-signed-in"},
		"no identity gives the role": {nil, "orphan", "no identity of the access map gives the role orphan", ui.NoSuchRole, "role-of-no-identity"},
		"the map has no such role":   {nil, "reder", `no role "reder"; did you mean reader?`, ui.NoSuchRole, "role-unknown"},
	} {
		got, err := machine(m, c.state).ForRole(t.Context(), c.role)
		if ui.CodeOf(err) != c.code || ui.IDOf(err) != c.id || err != nil && !strings.Contains(err.Error(), c.want) || err == nil && got.Name != c.want {
			t.Errorf("%s: %v, %d %s: %v", name, got, ui.CodeOf(err), ui.IDOf(err), err)
		}
	}
}

func TestAProgramIsNotRunWhereAPersonServes(t *testing.T) {
	t.Parallel()
	v := machine(parsed(t, company), map[string]any{"acme": []string{"everyone"}})
	load := v.Load
	v.Load = func(ctx context.Context, p login.Provider) (*login.Session, error) {
		if p.Name == "batch" {
			t.Error("the command was run")
		}
		return load(ctx, p)
	}
	if got, err := v.ForRole(t.Context(), "reader"); err != nil || got.Name != "acme" {
		t.Errorf("%v, %v", got, err)
	}
	if found, err := v.SignIns(t.Context(), ""); err != nil || len(found) != 1 {
		t.Errorf("%v, %v", found, err)
	}
}

// A sign-in at Identity Center is kept where it could not be looked up who it is of, or where nothing is assigned to them yet.
func TestASignInWithoutANameGivesNothing(t *testing.T) {
	t.Parallel()
	m := parsed(t, `version: 1
identities: {corp: {start_url: https://acme.awsapps.com/start, sso_region: us-east-1, roles: [set]}}
roles: {set: {aws: {account_id: "111122223333", role_name: Set, region: us-east-1}}}
`)
	for id, session := range map[ui.ID]*login.Session{
		"sign-in-not-finished": {Subject: login.Unassigned, SSORegion: "us-east-1"},
		"sign-in-unnamed":      {Subject: login.Unassigned, SSORegion: "us-east-1", Groups: []string{"111122223333/Set"}, GroupsPresent: true},
	} {
		v := machine(m, nil)
		v.Load = func(context.Context, login.Provider) (*login.Session, error) { return session, nil }
		s, err := v.SignIn(t.Context(), m.Identities["corp"])
		if err == nil {
			err = s.Check("set")
		}
		if ui.IDOf(err) != id || ui.CodeOf(err) != ui.LoginNeeded || !strings.Contains(ui.HintOf(err), "dbxaccess login") {
			t.Errorf("%s: %s, %v, hint %q", id, ui.IDOf(err), err, ui.HintOf(err))
		}
	}
}

func TestARoleOfAnotherIdentity(t *testing.T) {
	t.Parallel()
	m := parsed(t, company)
	err := access.Possible(m, "corp", "trainer")
	if ui.IDOf(err) != "role-of-other-identity" || !strings.Contains(ui.HintOf(err), "dbxaccess login --identity acme --role trainer") {
		t.Errorf("%s, %v, hint %q", ui.IDOf(err), err, ui.HintOf(err))
	}
	if err := access.Possible(m, "acme", "trainer"); err != nil {
		t.Error(err)
	}
}

func TestSeveralThatGiveARoleAreAskedFor(t *testing.T) {
	t.Parallel()
	m := parsed(t, strings.Replace(company, "{admins: [admin]}", "{admins: [admin, trainer]}", 1))
	v := machine(m, map[string]any{"acme": []string{"scientists"}, "corp": []string{"admins"}})
	_, err := v.ForRole(t.Context(), "trainer")
	if ui.IDOf(err) != "identity-not-named" || ui.CodeOf(err) != ui.Usage || !strings.Contains(err.Error(), "acme, corp") {
		t.Errorf("%v", err)
	}
	identity, err := access.Identity(m, "")
	if ui.IDOf(err) != "identity-not-named" || identity != nil || ui.HintOf(err) != "name one with --identity" {
		t.Errorf("%v, %v", identity, err)
	}
}

func TestAHostWhoseRolesNobodyIsGiven(t *testing.T) {
	t.Parallel()
	m := parsed(t, strings.Replace(company, "roles:\n  reader:", `workspaces: {prod: {host: "https://dbc-1.cloud.databricks.com"}}
contact: "#ml-platform"
roles:
  lonely: {workspace: prod}
  reader:`, 1))
	v := machine(m, map[string]any{"acme": []string{"everyone", "scientists"}})
	_, role, _, err := v.ForHost(t.Context(), access.Place{Host: "https://dbc-1.cloud.databricks.com"})
	if ui.IDOf(err) != "host-gives-no-role" || ui.CodeOf(err) != ui.NoSuchRole || role != "" || !strings.Contains(ui.HintOf(err), "#ml-platform") {
		t.Errorf("%q, %v, hint %q", role, err, ui.HintOf(err))
	}
	if _, _, _, err := v.ForHost(t.Context(), access.Place{Host: "https://other.cloud.databricks.com"}); ui.IDOf(err) != "host-unknown" {
		t.Errorf("a host of no role: %v", err)
	}
}

func TestSignInsSayWhatIsMissing(t *testing.T) {
	t.Parallel()
	m := parsed(t, company)
	if _, err := machine(m, map[string]any{"ci": errBroken}).SignIns(t.Context(), ""); !errors.Is(err, errBroken) {
		t.Errorf("a workload's broken token: %v", err)
	}
	if _, err := machine(m, nil).SignIns(t.Context(), "corp"); err == nil || !strings.Contains(err.Error(), "at corp") {
		t.Errorf("one identity: %v", err)
	}
	if _, err := machine(m, nil).SignIns(t.Context(), "nowhere"); ui.CodeOf(err) != ui.Usage {
		t.Errorf("an unknown identity: %v", err)
	}
}

func TestProfilesLeadToTheirRolesAndBack(t *testing.T) {
	t.Parallel()
	v := machine(parsed(t, company), nil)
	for _, c := range [][3]string{
		{"acme", "trainer", "dbx-trainer"}, {"acme", "reader", "dbx-acme-reader"}, {"ci", "reader", "dbx-ci-reader"}, {"corp", "admin", "dbx-admin"},
	} {
		if got := v.ProfileName(c[0], c[1]); got != c[2] {
			t.Errorf("%s of %s: %s", c[1], c[0], got)
		}
		if identity, role, workspace, ok := v.RoleOfProfile(c[2]); !ok || workspace != "" || identity != c[0] || role != c[1] {
			t.Errorf("%s: %s of %s, %v", c[2], role, identity, ok)
		}
	}
	for _, other := range []string{"trainer", "dbx-", "dbx-reader", "dbx-corp-reader", "default"} {
		if identity, role, _, ok := v.RoleOfProfile(other); ok {
			t.Errorf("%s: %s of %s", other, role, identity)
		}
	}
}
