package accessmap

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/secret"
)

func testdata(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// acme is the example map.
func acme(t testing.TB) []byte {
	t.Helper()
	return testdata(t, "acme.yaml")
}

func parsed(t testing.TB, text string) *Map {
	t.Helper()
	m, err := Parse("map.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// problemsOf are the lines of the error, without the file's name.
func problemsOf(t testing.TB, text string) []string {
	t.Helper()
	m, err := Parse("m", []byte(text))
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*Problems](err); !ok || m != nil {
		t.Fatalf("want Problems and no map, got %T, %v", err, m)
	}
	lines := strings.Split(err.Error(), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(line, "m:")
	}
	return lines
}

// start is the head of a small map that is right; roles follow.
const start = `version: 1
identities: {idp: {issuer: https://idp.example, client_id: x, groups: {all: [r]}}}
workspaces: {w1: {host: https://w1.example}, w2: {host: https://w2.example}}
datasets: {a: {location: s3://bucket/a/}, b: {location: s3://bucket/b/}, c: {location: s3://third}}
roles:
  r: {aws: {role_arn: "arn:aws:iam::111122223333:role/r", region: us-east-1}}
`

func TestTheExample(t *testing.T) {
	t.Parallel()
	m := parsed(t, string(acme(t)))
	want := &Identity{
		Name: "acme", Kind: idp.Auto, Issuer: "https://acme.okta.com/oauth2/default", ClientID: "0oa1b2c3", Flow: FlowAuto, GroupsClaim: "groups",
		Groups: map[string][]Given{
			"ml-scientists": giving("ml-trainer"), "ml-platform": giving("ml-trainer", "ml-curator"), "analysts": giving("ml-reader"),
		},
	}
	if diff := cmp.Diff(want, m.Identities["acme"], sameIdentity); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(&Workspace{Name: "prod", Host: "https://dbc-1234.cloud.databricks.com", Login: LoginFederation},
		m.Workspaces["prod"], sameIdentity); diff != "" {
		t.Error(diff)
	}
	churn := m.Datasets["churn"]
	if len(churn.Locations) != 1 || churn.Locations[0] != (Location{Bucket: "acme-ml", Prefix: "churn/"}) || churn.Sensitivity != Confidential {
		t.Errorf("got %+v", churn)
	}
	if m.Contact != "#ml-platform" || m.Roles["ml-curator"].AWS.Duration != 30*time.Minute {
		t.Errorf("got %q, %+v", m.Contact, m.Roles["ml-curator"].AWS)
	}
	if problems, open := m.Check(), Open(m.Lint(today)); len(problems)+len(open) > 0 {
		t.Errorf("the example should be beyond reproach: %v, %v", problems, warned(open))
	}
}

func TestEveryKeyOfAnIdentity(t *testing.T) {
	t.Parallel()
	m := parsed(t, `version: 1
identities:
  google:
    issuer: https://accounts.google.example
    client_id: 12-x.apps.googleusercontent.com
    client_secret: GOCSPX-x
    flow: device
    scopes: [openid, email]
    groups_claim: /resource_access/ml~1x/roles
    groups_from: userinfo
    groups: {"/Data Science/ML": [r]}
    device_authorization_endpoint: https://oauth2.googleapis.com/device/code
    verification_hosts: [WWW.google.com]
roles:
  r: {aws: {role_arn: "arn:aws:iam::111122223333:role/r", region: us-east-1}}
`)
	want := &Identity{
		Name: "google", Kind: idp.Auto, Issuer: "https://accounts.google.example", ClientID: "12-x.apps.googleusercontent.com",
		ClientSecret: secret.New("GOCSPX-x"), Flow: FlowDevice, Scopes: []string{"openid", "email"},
		GroupsClaim: "/resource_access/ml~1x/roles", UserInfo: true, DeviceEndpoint: "https://oauth2.googleapis.com/device/code",
		VerificationHosts: []string{"www.google.com"}, Groups: map[string][]Given{"/Data Science/ML": giving("r")},
	}
	if diff := cmp.Diff(want, m.Identities["google"], sameIdentity); diff != "" {
		t.Error(diff)
	}
}

func TestAllProblemsAtOnceInTheOrderOfTheFile(t *testing.T) {
	t.Parallel()
	got := problemsOf(t, `version: 2
contact: "ask; rm -rf /"
extra: 1
identities:
  Acme:
    isuer: https://idp.example
    client_id: 42
    flow: devise
    groups: {a: [nobody], b: [base], "": []}
workspaces: []
datasets:
  churn: {location: s3://bucket/churn, sensitivity: top}
  churn: {location: s3://bucket/other/}
roles:
  base:
    workspace: prod
    inherits: [bse]
  trainer:
    aws: {role_arn: "arn:aws:iam::1:role/x", region: mars, duration: 13h}
    read: churn
    write: [chrn, churn, churn]
    tags: {"aws:x": y, ok: 7}
`)
	want := []string{
		`1:10: version: this build understands version: 1 only`,
		`2:10: contact: "ask; rm -rf /" holds the character ';'`,
		`3:1: access map: unknown key "extra"`,
		`5:3: identities: "Acme" is not a name: 1 to 63 of a-z, 0-9, dot, underscore, hyphen, beginning with a letter or digit`,
		`6:5: identity Acme: unknown key "isuer"; did you mean issuer?`,
		`7:16: client_id: this is a number to YAML; put it in quotes`,
		`8:11: flow: "devise" is not one of auto, device, browser; did you mean device?`,
		`9:18: group "a": no role is called "nobody"`,
		`9:38: groups: a group without a name`,
		`10:13: workspaces: expected a mapping, found a list`,
		`12:21: location: "s3://bucket/churn" must end in a slash, so that it covers nothing but what is below it`,
		`12:53: sensitivity: "top" is not one of public, internal, confidential, restricted`,
		`13:3: datasets: duplicate key "churn", already on line 12`,
		`17:16: inherits: no role is called "bse"; did you mean base?`,
		`19:21: role_arn: "arn:aws:iam::1:role/x" is not the ARN of an IAM role, as in arn:aws:iam::111122223333:role/name`,
		`19:54: region: "mars" is not an AWS region, as in us-east-1`,
		`19:70: duration: "13h" is outside 15m to 12h, the bounds of AWS`,
		`20:11: read: expected a list, as in [a, b], found a text`,
		`21:13: write: no dataset is called "chrn"; did you mean churn?`,
		`21:26: write: "churn" is listed twice, first on line 21`,
		`22:12: tags: "aws:x": keys that begin with aws: belong to AWS`,
		`22:28: tag ok: this is a number to YAML; put it in quotes`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWrongShapes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"a list":             {"- a", "1:1: access map: expected a mapping with its keys, found a list"},
		"a word":             {"hello", "1:1: access map: expected a mapping with its keys, found a text"},
		"a date":             {"2026-11-21", "1:1: access map: expected a mapping with its keys, found a date"},
		"nothing":            {"---\n", "2:1: access map: expected a mapping with its keys, found nothing"},
		"no roles":           {"version: 1\nidentities: {}\nroles: {}", "3:8: roles: there are none"},
		"version in quotes":  {`version: "1"`, "1:10: version: this build understands version: 1 only"},
		"version as octal":   {"version: 01", "1:10: version: this build understands version: 1 only"},
		"key twice":          {"version: 1\nversion: 1", "2:1: duplicate key version, already on line 1"},
		"key of other case":  {"Version: 1", `1:1: access map: unknown key "Version"; did you mean version?`},
		"list as key":        {"? [a]\n: b\n", "1:3: access map: a key must be a text, not a list"},
		"number as name":     {"version: 1\nroles: {1: {}}", "2:9: roles: this is a number to YAML; put it in quotes"},
		"nothing as name":    {"version: 1\nroles: {~: {}}", "2:9: roles: no value"},
		"no value":           {"version: 1\ncontact:\n", "2:9: contact: no value"},
		"no value, a remark": {"version: 1\ncontact: # to do\n", "2:9: contact: no value"},
		"no value but #":     {"version: 1\ncontact: #ml\n", "2:9: contact: no value: what begins with # is a comment; put it in quotes"},
		"mapping for a text": {"contact: {a: b}", "1:10: contact: expected a text, found a mapping"},
		"truth for a text":   {"contact: true", "1:10: contact: this is true or false to YAML; put it in quotes"},
		"role without body":  {start + "  q:\n", "7:5: role q: expected a mapping with its keys, found nothing"},
		"too long":           {"contact: " + strings.Repeat("x", 1001), "1:10: contact: longer than 1000 characters"},
		"missing in aws": {start + "  q: {aws: {region: us-east-1}}\n",
			"7:12: aws of role q: the key role_arn is missing; instead of it, IAM Identity Center has account_id and role_name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := problemsOf(t, c.text)
			for _, line := range got {
				if line == c.want {
					return
				}
			}
			t.Errorf("want %s, got\n%s", c.want, strings.Join(got, "\n"))
		})
	}
}

func TestSecretsStayOutOfMessages(t *testing.T) {
	t.Parallel()
	for _, value := range []string{`"canary canary"`, `"canary\n"`, "[canary]", "{canary: x}", "canary canary"} {
		text := strings.Replace(start, "client_id: x", "client_id: x, client_secret: "+value, 1)
		got := strings.Join(problemsOf(t, text), "\n")
		if got == "" || strings.Contains(got, "canary") {
			t.Errorf("%s: %s", value, got)
		}
	}
	m := parsed(t, strings.Replace(start, "client_id: x", "client_id: x, client_secret: canary", 1))
	if got := fmt.Sprintf("%+v %#v", m.Identities["idp"], *m.Identities["idp"]); strings.Contains(got, "canary") {
		t.Error(got)
	}
}

func TestProblemsAreBounded(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&b, "rolez%d: 1\n", i)
	}
	_, err := Parse("m", []byte(b.String()))
	problems, ok := errors.AsType[*Problems](err)
	if !ok || len(problems.List) != maxProblems || problems.More != 4003 {
		t.Fatalf("got %d and %d more", len(problems.List), problems.More)
	}
	if !strings.HasSuffix(err.Error(), "\nm: and 4003 more") {
		t.Errorf("got %q", err.Error()[len(err.Error())-40:])
	}
}

func TestAccountConsoles(t *testing.T) {
	t.Parallel()
	const id = "01234567-89AB-cdef-0123-456789abcdef"
	for workspaces, want := range map[string]string{
		"{console: {host: https://accounts.cloud.databricks.com, account_id: " + id + "}}":        "",
		"{console: {host: \"http://127.0.0.1:8080\", account_id: " + id + "}}":                    "",
		"{console: {host: https://accounts.cloud.databricks.com}}":                                "is an account console; give it the account_id",
		"{console: {host: https://dbc-1.cloud.databricks.com, account_id: " + id + "}}":           "has an account_id, which only",
		"{console: {host: https://accounts.cloud.databricks.com, account_id: \"1/../v1/token\"}}": "is not an ID of the form",
	} {
		m, err := Parse("map.yaml", []byte(`version: 1
identities: {acme: {issuer: https://acme.okta.com, client_id: x, groups: {g: [r]}}}
workspaces: `+workspaces+`
roles: {r: {aws: {role_arn: "arn:aws:iam::111122223333:role/r", region: us-east-1}}}
`))
		if want != "" {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v", workspaces, err)
			}
			continue
		}
		if err != nil || m.Workspaces["console"].AccountID != strings.ToLower(id) {
			t.Errorf("%s: got %+v, %v", workspaces, m, err)
		}
	}
}
