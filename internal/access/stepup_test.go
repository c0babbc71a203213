package access

import (
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const steppedMap = `version: 1
contact: "#ml"
policy: { restricted: { max_auth_age: 1h, acr: [phr] } }
identities:
  acme: { issuer: https://login.example.com, client_id: x, groups: { ml: [payer] } }
  corp: { start_url: https://acme.awsapps.com/start, sso_region: us-east-1, roles: [chained] }
  job: { token: { from: env, name: T, audience: a }, issuer: https://jobs.example.com, claims: [{ match: { sub: s }, roles: [payer] }] }
datasets: { pay: { location: s3://acme-pay, sensitivity: restricted } }
roles:
  set: { aws: { account_id: "111122223333", role_name: Pay, region: us-east-1 } }
  chained: { aws: { role_arn: "arn:aws:iam::111122223333:role/chained", region: us-east-1, via: set }, read: [pay] }
  payer: { aws: { role_arn: "arn:aws:iam::111122223333:role/payer", region: us-east-1 }, read: [pay] }
`

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

func stepped(t *testing.T, identity string, proved login.Authentication) *SignIn {
	t.Helper()
	m, err := accessmap.Parse("m", []byte(steppedMap))
	if err != nil {
		t.Fatal(err)
	}
	return NewSignIn(m, m.Identities[identity], &login.Session{Subject: "s", Authentication: proved}, noon)
}

func proves(t *testing.T, s *SignIn, role string) (time.Time, error) {
	t.Helper()
	data, err := s.m.Sensitive(role, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s.Proves(role, data)
}

func TestWhomAStepUpAsks(t *testing.T) {
	t.Parallel()
	good := login.Authentication{Time: noon.Add(-time.Minute), ACR: []string{"phr"}}
	if until, err := proves(t, stepped(t, "acme", good), "payer"); err != nil || !until.Equal(noon.Add(59*time.Minute)) {
		t.Errorf("recent and strong: %s, %v", until, err)
	}
	if until, err := proves(t, stepped(t, "job", login.Authentication{}), "payer"); err != nil || !until.IsZero() {
		t.Errorf("nothing is asked of a job: %s, %v", until, err)
	}
	center := stepped(t, "corp", good)
	_, err := proves(t, center, "chained")
	if ui.IDOf(err) != "step-up-impossible" || ui.CodeOf(err) != ui.Refused || !strings.Contains(ui.HintOf(err), "#ml") {
		t.Errorf("at Identity Center: %v\n%s", err, ui.HintOf(err))
	}
	if _, err := StepUpFor(center.m, center.Identity, "chained"); ui.IDOf(err) != "step-up-impossible" {
		t.Errorf("nobody is sent there to sign in: %v", err)
	}
}

// What is said after a sign-in afresh: the browser after a device code alone, what is set up at the provider for what it left out.
func TestASignInAfreshThatProvesTooLittle(t *testing.T) {
	t.Parallel()
	const browser, setup, ask = "--flow browser", "have the provider put auth_time", "ask #ml"
	old := login.Authentication{Time: noon.Add(-time.Hour), ACR: []string{"phr"}}
	for name, c := range map[string]struct {
		proved login.Authentication
		flow   login.Flow
		hints  string // of those above
	}{
		"enough":                      {login.Authentication{Time: noon, ACR: []string{"phr"}}, login.FlowDevice, ""},
		"too old, by a device code":   {old, login.FlowDevice, browser},
		"too old, by the browser":     {old, login.FlowBrowser, ask},
		"no time, by a device code":   {login.Authentication{ACR: []string{"phr"}}, login.FlowDevice, browser + setup},
		"no time, by the browser":     {login.Authentication{ACR: []string{"phr"}}, login.FlowBrowser, setup},
		"no class, by the browser":    {login.Authentication{Time: noon}, login.FlowBrowser, setup},
		"other class, by the browser": {login.Authentication{Time: noon, ACR: []string{"pwd"}}, login.FlowBrowser, ask},
	} {
		err := stepped(t, "acme", c.proved).StepUpShort("payer", c.flow)
		if (err == nil) != (c.hints == "") || err != nil && ui.IDOf(err) != "step-up-not-proved" {
			t.Errorf("%s: %v", name, err)
		}
		for _, hint := range []string{browser, setup, ask} {
			if strings.Contains(ui.HintOf(err), hint) != strings.Contains(c.hints, hint) {
				t.Errorf("%s: %q in\n%s", name, hint, ui.HintOf(err))
			}
		}
	}
}
