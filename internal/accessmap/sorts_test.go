package accessmap

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/secret"
)

// sorts is an example with every sort of identity.
func sorts(t testing.TB) string {
	t.Helper()
	return string(testdata(t, "sorts.yaml"))
}

// sameIdentity compares identities, secrets included, without regard to where they stand.
var sameIdentity = cmp.Options{
	cmp.Comparer(func(a, b secret.String) bool { return a.Reveal() == b.Reveal() }),
	cmpopts.IgnoreUnexported(ClaimRule{}, Given{}, Workspace{}),
}

func TestTheSortsOfIdentity(t *testing.T) {
	t.Parallel()
	m := parsed(t, sorts(t))
	want := map[string]*Identity{
		"acme": {
			Name: "acme", Kind: "keycloak", Issuer: "https://sso.acme.example/realms/acme", ClientID: "dbxaccess", Flow: FlowBrowser,
			RedirectPort: 8400, Audience: "api://acme", Parameters: map[string]string{"prompt": "select_account"}, GroupsClaim: "groups",
			Groups: map[string][]Given{
				"ml-scientists": giving("ml-trainer"), "/ml/leads": giving("ml-trainer"), "/ml/*": giving("ml-reader"), "data-*": giving("ml-reader"),
			},
			Claims: []ClaimRule{{
				Match: map[string]string{"department": "R&D *", "/address/country": "DE"}, Roles: giving("ml-reader"),
			}},
		},
		"corp": {
			Name: "corp", Flow: FlowAuto, StartURL: "https://acme.awsapps.com/start", SSORegion: "us-east-1",
			Roles: giving("ml-admin", "ml-auditor", "ml-churn"),
		},
		"ci": {
			Name: "ci", Flow: FlowAuto, Issuer: "https://token.actions.githubusercontent.com", GroupsClaim: "groups",
			Token: &idp.TokenSource{From: idp.FromGitHub, Audience: "sts.amazonaws.com"},
			Claims: []ClaimRule{
				{Match: map[string]string{"repository": "acme/*", "ref": "refs/heads/main"}, Roles: giving("ml-ci")},
				{Match: map[string]string{"sub": "repo:acme/churn:environment:prod"}, Roles: giving("ml-ci")},
			},
		},
		"batch": {
			Name: "batch", Flow: FlowAuto, Issuer: "https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE", GroupsClaim: "groups",
			Token: &idp.TokenSource{From: idp.FromFile, Path: "/var/run/secrets/tokens/aws", Audience: "sts.amazonaws.com"},
			Claims: []ClaimRule{
				{Match: map[string]string{"sub": "system:serviceaccount:ml:*"}, Roles: giving("ml-reader")},
			},
		},
	}
	if diff := cmp.Diff(want, m.Identities, sameIdentity); diff != "" {
		t.Error(diff)
	}
	auditor := &AWS{
		RoleARN: "arn:aws:iam::444455556666:role/ml-auditor", Region: "us-east-1", Via: "ml-admin", ExternalID: "x1",
		SourceIdentity: true, TransitiveTags: []string{"team"},
	}
	if diff := cmp.Diff(auditor, m.Roles["ml-auditor"].AWS); diff != "" {
		t.Error(diff)
	}
	e, err := m.Effective("ml-admin")
	if err != nil || e.AccountID != "111122223333" || e.RoleName != "MLAdmin" || e.RoleARN != "" || e.Region != "us-east-1" {
		t.Errorf("got %+v, %v", e, err)
	}
	for name, sort := range map[string]string{"acme": "people", "corp": "center", "ci": "workload", "batch": "workload"} {
		if i := m.Identities[name]; (i.Method() == idp.Workload) != (sort == "workload") || (i.Method() == idp.IdentityCenter) != (sort == "center") {
			t.Errorf("%s is no %s", name, sort)
		}
	}
}

// identityOf puts one identity, called x, into a map with a role r for everyone and c for Identity Center.
func identityOf(identity string) string {
	return `version: 1
identities:
  x: {` + identity + `}
roles:
  r: {aws: {role_arn: "arn:aws:iam::111122223333:role/r", region: us-east-1}}
  c: {aws: {account_id: "111122223333", role_name: C, region: us-east-1}}
`
}

// Beginnings of an identity of each sort, complete as they are.
const (
	onePerson   = "issuer: https://i.example, client_id: x, groups: {g: [r]}"
	oneCenter   = "start_url: https://acme.awsapps.com/start, sso_region: us-east-1, roles: [c]"
	oneWorkload = "token: {from: env, name: T, audience: a}, issuer: https://i.example, claims: [{match: {sub: s}, roles: [r]}]"
)

// values has a value that is right for every key of an identity.
var values = map[string]string{
	"kind": "okta", "issuer": "https://i.example", "client_id": "x", "client_secret": "s", "flow": "device", "redirect_port": "8400",
	"scopes": "[openid]", "audience": "a", "parameters": "{prompt: login}", "device_authorization_endpoint": "https://i.example/d",
	"verification_hosts": "[i.example]", "start_url": "https://acme.awsapps.com/start", "sso_region": "us-east-1", "roles": "[c]",
	"token": "{from: env, name: T, audience: a}", "groups_claim": "g", "groups_from": "userinfo", "groups": "{g: [r]}", "claims": "[{match: {sub: s}, roles: [r]}]",
	"acknowledge": "{role-unrestricted: meant}", "signed_tags": "{g: {team: churn}}",
}

func TestEverySortHasItsOwnKeys(t *testing.T) {
	t.Parallel()
	for base, c := range map[string]struct {
		is  string
		may string
	}{
		onePerson: {"is for people (it has no token and no start_url)",
			"kind issuer client_id client_secret flow redirect_port scopes audience parameters device_authorization_endpoint " +
				"verification_hosts groups_claim groups_from groups signed_tags claims start_url token acknowledge"},
		oneCenter:   {"is AWS IAM Identity Center (it has start_url)", "start_url sso_region roles flow redirect_port token acknowledge"},
		oneWorkload: {"is a workload (it has token)", "token issuer claims groups groups_claim acknowledge"},
	} {
		may := strings.Fields(c.may) // start_url and token make it another sort, which the others see to
		for _, f := range identityFields {
			if strings.Contains(", "+base, ", "+f.key+":") {
				continue
			}
			got := strings.Join(problemsOf(t, identityOf(base+", "+f.key+": "+values[f.key])), "\n")
			message := "identity x " + c.is + "; " + f.key + " has no place in it"
			if has := strings.Contains(got, message); has == slices.Contains(may, f.key) {
				t.Errorf("%s in %s: %s", f.key, base, got)
			}
		}
	}
}

func TestIdentitiesThatAreNone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ identity, want string }{
		"nothing": {"flow: auto", "3:3: identity x: the key issuer is missing\n3:3: identity x: the key client_id is missing\n" +
			"3:3: identity x: instead of client_id, AWS IAM Identity Center has start_url, and a workload has token\n" +
			"3:3: identity x: neither groups nor claims say what it gives"},
		"a slip, told once": {"issuer: https://i.example, clientid: x, groups: {g: [r]}",
			`3:34: identity x: unknown key "clientid"; did you mean client_id?`},
		"people without rules":  {"issuer: https://i.example, client_id: x", "3:3: identity x: neither groups nor claims say what it gives"},
		"people by claims":      {"issuer: https://i.example, client_id: x, claims: [{match: {a: b}, roles: [r]}]", ""},
		"center without more":   {"start_url: https://a.example", "3:3: identity x: the key sso_region is missing\n3:3: identity x: the key roles is missing"},
		"center with an issuer": {oneCenter + ", issuer: https://i.example", "3:85: identity x is AWS IAM Identity Center (it has start_url); issuer has no place in it"},
		"workload with a client": {"token: {from: env, name: T, audience: a}, client_id: y, issuer: https://i.example, claims: []",
			"3:49: identity x is a workload (it has token); client_id has no place in it"},
		"workload without rules": {"token: {from: env, name: T, audience: a}, issuer: https://i.example, groups: {g: [r]}",
			"3:3: identity x: the key claims is missing"},
		"workload without issuer": {"token: {from: env, name: T, audience: a}, claims: []", "3:3: identity x: the key issuer is missing"},
		"GitHub without issuer":   {"token: {from: github-actions, audience: a}, claims: []", ""},
		"workload and center": {"token: {from: github-actions, audience: a}, claims: [], start_url: https://a.example",
			"3:63: identity x is a workload (it has token); start_url has no place in it"},
		"token without audience": {"token: {from: github-actions}, claims: []", "3:14: token of identity x: the key audience is missing"},
		"token from nowhere":     {"token: {audience: a}, issuer: https://i.example, claims: []", "3:14: token of identity x: the key from is missing"},
		"token from elsewhere":   {"token: {from: files, path: /x/y, audience: a}, issuer: https://i.example, claims: []", `3:21: from: "files" is not one of github-actions, file, env, command, aws; did you mean file?`},
		"a file without path":    {"token: {from: file, audience: a}, issuer: https://i.example, claims: []", "3:14: token of identity x: the key path is missing"},
		"GitHub with a path":     {"token: {from: github-actions, audience: a, path: /x/y}, claims: []", "3:50: token of identity x is from github-actions; path has no place in it"},
		"AWS with a command":     {"token: {from: aws, region: us-east-1, argv: [x], audience: a}, issuer: https://i.example, claims: []", "3:45: token of identity x is from aws; argv has no place in it"},
		"a command of nothing":   {"token: {from: command, argv: [], audience: a}, issuer: https://i.example, claims: []", "3:36: argv: expected a program and up to 31 arguments, found 0 words"},
		"a command line":         {"token: {from: command, argv: vault read, audience: a}, issuer: https://i.example, claims: []", "3:36: argv: expected a list, as in [program, argument], found a text"},
		"a relative program":     {"token: {from: command, argv: [./x], audience: a}, issuer: https://i.example, claims: []", `3:37: argv: "./x" is neither the name of a program nor an absolute path`},
		"arguments twice":        {`token: {from: command, argv: [vault, -f, -f, ""], audience: a}, issuer: https://i.example, claims: []`, ""},
		"claims as a mapping":    {"issuer: https://i.example, client_id: x, claims: {a: b}", "3:56: claims: expected a list of rules, found a mapping"},
		"a rule for everyone": {"issuer: https://i.example, client_id: x, claims: [{match: {}, roles: [r]}]",
			"3:65: match: there is no claim, so the rule would match everyone"},
		"half a rule": {"issuer: https://i.example, client_id: x, claims: [{match: {a: \"\"}}]",
			"3:57: a rule in claims of identity x: the key roles is missing\n3:69: claim \"a\": no value"},
		"a guess of an escape": {`issuer: https://i.example, client_id: x, groups: {'acme\ml-*': [r]}`,
			"3:57: groups: in a pattern a backslash stands before *, ? or another backslash; to mean a backslash itself, write two"},
		"an exact backslash": {`issuer: https://i.example, client_id: x, groups: {'acme\ml': [r], 'acme\\ml-*': [r], '\*': [r]}`, ""},
		"a role that is not there": {"issuer: https://i.example, client_id: x, claims: [{match: {a: b}, roles: [q]}]",
			`3:81: roles: no role is called "q"`},
		"a privileged port": {onePerson + ", redirect_port: 443", "3:81: redirect_port: expected a port, a number from 1024 to 65535"},
		"an octal port":     {onePerson + ", redirect_port: 010000", "3:81: redirect_port: expected a port, a number from 1024 to 65535"},
		"a port in quotes":  {onePerson + `, redirect_port: "8400"`, ""},
		"too many parameters": {onePerson + ", parameters: {" + strings.Join(strings.Split("abcdefghijklmnopqrstu", ""), ": y, ") + ": y}",
			"3:78: parameters: more than 20"},
		"a reserved parameter": {onePerson + ", parameters: {redirect_uri: https://evil.example}",
			"3:79: parameters: redirect_uri is a parameter that the sign-in sets itself"},
		"a number": {onePerson + ", parameters: {max_age: 3600}", "3:88: parameter \"max_age\": this is a number to YAML; put it in quotes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, strings.Join(problemsOf(t, identityOf(c.identity)), "\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}
