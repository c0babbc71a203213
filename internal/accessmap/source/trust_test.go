package source

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
)

func testdata(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile("../testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// acme is the example map.
func acme(t testing.TB) []byte {
	t.Helper()
	return []byte(testdata(t, "acme.yaml"))
}

func trustOf(t testing.TB, text string) Trust {
	t.Helper()
	m, err := accessmap.Parse("map.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return TrustOf(m)
}

func TestWhatIsTrusted(t *testing.T) {
	t.Parallel()
	got := trustOf(t, testdata(t, "trusting.yaml"))
	want := Trust{
		Identities: []TrustedIdentity{
			{
				Issuer: "https://a.example", ClientID: "aa", DeviceEndpoint: "https://d.example/x",
				VerificationHosts: []string{"v1.example", "v2.example"},
			},
			{Issuer: "https://z.example", ClientID: "zz"},
		},
		Workspaces: []string{"https://v.example", "https://w.example"},
		Accounts:   []string{"111122223333", "222233334444", "aws-cn:111122223333", "minio"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	data, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var back Trust
	if err := json.Unmarshal(data, &back); err != nil || !back.Equal(got) || back.Changes(got) != nil {
		t.Errorf("%v: %s", err, data)
	}
}

func TestChangesOfTrust(t *testing.T) {
	t.Parallel()
	before := trustOf(t, testdata(t, "trusting.yaml"))
	for name, c := range map[string]struct {
		old, new string
		want     []string
	}{
		"another issuer": {"https://z.example", "https://evil.example", []string{
			"adds sign-in at https://evil.example (client zz)", "drops sign-in at https://z.example (client zz)"}},
		"another place to approve": {"v2.example", "evil.example", []string{
			"adds sign-in at https://a.example (client aa, device codes from https://d.example/x, " +
				"approved at evil.example, v1.example)",
			"drops sign-in at https://a.example (client aa, device codes from https://d.example/x, " +
				"approved at v1.example, v2.example)"}},
		"another workspace": {"https://v.example", "https://evil.example", []string{
			"adds workspace https://evil.example", "drops workspace https://v.example"}},
		"another account": {"222233334444", "999900001111", []string{
			"adds AWS account 999900001111", "drops AWS account 222233334444"}},
		"the order":          {"v2.example, v1.example", "v1.example, v2.example", nil},
		"a role's name":      {"three:", "four:", nil},
		"a role's ARN":       {"role/x", "role/q", nil},
		"an identity's name": {"  again:", "  once-more:", nil},
	} {
		after := trustOf(t, strings.ReplaceAll(testdata(t, "trusting.yaml"), c.old, c.new))
		if diff := cmp.Diff(c.want, after.Changes(before)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if after.Equal(before) != (c.want == nil) {
			t.Errorf("%s: Equal says %v", name, after.Equal(before))
		}
	}
	if got := before.Changes(Trust{}); len(got) != 8 {
		t.Errorf("against nothing all is new: %q", got)
	}
}

func TestWhatIsTrustedOfEverySort(t *testing.T) {
	t.Parallel()
	got := trustOf(t, testdata(t, "workloads.yaml"))
	want := []string{
		"adds sign-in at https://acme.awsapps.com/start (IAM Identity Center in us-east-1)",
		`adds sign-in at https://p.example (client pp, taken for entra, tokens for api://acme, with organization="a b" prompt="login")`,
		`adds tokens of https://c.example (printed by the command "vault" "read" "-field=a b" "\u0430", which runs on this machine, for c)`,
		"adds tokens of https://e.example (from the environment variable ID_TOKEN, for e)",
		`adds tokens of https://f.example (from the file "/var/run/token", for f)`,
		"adds tokens of https://s.example (from AWS STS in us-east-1, for s)",
		"adds tokens of https://token.actions.githubusercontent.com (from GitHub Actions, for sts.amazonaws.com)",
		"adds AWS account 111122223333", "adds AWS account 222233334444", "adds AWS account 777788889999",
		"adds AWS account aws-cn:444455556666",
	}
	if diff := cmp.Diff(want, got.Changes(Trust{})); diff != "" {
		t.Error(diff)
	}
	data, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var back Trust
	if err := json.Unmarshal(data, &back); err != nil || !back.Equal(got) || back.Changes(got) != nil {
		t.Errorf("%v: %s", err, data)
	}
}

func TestEverythingThatDecidesIsAskedAnew(t *testing.T) {
	t.Parallel()
	before := trustOf(t, testdata(t, "workloads.yaml"))
	for old, c := range map[string]struct {
		new  string
		asks bool
	}{
		"kind: entra":                 {"kind: google", true},
		"api://acme":                  {"api://evil", true},
		"prompt: login":               {"prompt: none", true},
		"acme.awsapps.com":            {"evil.awsapps.com", true},
		"sso_region: us":              {"sso_region: eu", true},
		"/var/run/token":              {"/var/run/other", true},
		"ID_TOKEN":                    {"OTHER_TOKEN", true},
		"[vault, read,":               {"[vault, write,", true},
		`, "\u0430"]`:                 {"]", true},
		`"-field=a b"`:                {`"-field=a", b`, true},
		"region: us-east-1, audience": {"region: us-east-2, audience", true},
		"audience: f}":                {"audience: g}", true},
		"from: github-actions, ":      {"from: env, name: X, ", true},
		"111122223333":                {"111122224444", true},
		"8400":                        {"8401", false},
		"flow: device":                {"flow: browser", false},
		"start/,":                     {"start,", false},
		"role_name: Set":              {"role_name: Other", false},
		"  corp:":                     {"  other:", false},
	} {
		text := strings.ReplaceAll(testdata(t, "workloads.yaml"), old, c.new)
		if old == "from: github-actions, " {
			text = strings.Replace(text, "claims: []}", "claims: [], issuer: https://token.actions.githubusercontent.com}", 1)
		}
		if text == testdata(t, "workloads.yaml") {
			t.Fatalf("%s is not in the map", old)
		}
		after := trustOf(t, text)
		if asks := !after.Equal(before); asks != c.asks || asks != (after.Changes(before) != nil) {
			t.Errorf("%s for %s: asks %v, %q", c.new, old, asks, after.Changes(before))
		}
	}
}

// What an older build kept has none of the newer members.
func TestTrustOfOlderBuilds(t *testing.T) {
	t.Parallel()
	const kept = `{"identities":[
		{"issuer":"https://a.example","client_id":"aa","device_authorization_endpoint":"https://d.example/x","verification_hosts":["v1.example","v2.example"]},
		{"issuer":"https://z.example","client_id":"zz"}],
		"workspaces":["https://v.example","https://w.example"],"accounts":["111122223333","222233334444","aws-cn:111122223333","minio"]}`
	var before Trust
	if err := json.Unmarshal([]byte(kept), &before); err != nil {
		t.Fatal(err)
	}
	now := trustOf(t, strings.ReplaceAll(testdata(t, "trusting.yaml"), "client_id: zz", "client_id: zz, kind: auto, parameters: {}"))
	if !now.Equal(before) || now.Changes(before) != nil {
		t.Errorf("asks again: %q", now.Changes(before))
	}
	data, err := json.Marshal(now)
	if want := strings.NewReplacer("\n", "", "\t", "").Replace(kept); err != nil || string(data) != want {
		t.Errorf("writes\n%s, not\n%s", data, want)
	}
}

// That a command runs here is said to the person and no part of what is kept, which is therefore not asked about again.
func TestTrustInACommandThatWasKept(t *testing.T) {
	t.Parallel()
	const kept = `{"identities":[{"issuer":"https://i.example","token":{"from":"command","audience":"a","argv":["vault","read"]}}],` +
		`"workspaces":[],"accounts":["111122223333"]}`
	var before Trust
	if err := json.Unmarshal([]byte(kept), &before); err != nil {
		t.Fatal(err)
	}
	now := trustOf(t, `version: 1
identities: {x: {token: {from: command, argv: [vault, read], audience: a}, issuer: https://i.example, claims: []}}
roles: {r: {aws: {role_arn: "arn:aws:iam::111122223333:role/r", region: us-east-1}}}
`)
	if !now.Equal(before) || now.Changes(before) != nil {
		t.Errorf("asks again: %q", now.Changes(before))
	}
	if data, err := json.Marshal(now); err != nil || string(data) != kept {
		t.Errorf("%v: writes\n%s, not\n%s", err, data, kept)
	}
}

func FuzzTrust(f *testing.F) {
	for _, name := range []string{"acme.yaml", "trusting.yaml", "workloads.yaml", "sorts.yaml"} {
		f.Add([]byte(testdata(f, name)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := accessmap.Parse("m", data)
		if err != nil {
			return
		}
		trust := TrustOf(m)
		if !trust.Equal(TrustOf(m)) {
			t.Fatal("trust is not the same twice")
		}
		var back Trust
		if kept, err := json.Marshal(trust); err != nil || json.Unmarshal(kept, &back) != nil || !back.Equal(trust) || back.Changes(trust) != nil {
			t.Fatalf("%v: %s", err, kept)
		}
	})
}
