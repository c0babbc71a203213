package accessmap

import (
	"strings"
	"testing"
)

func TestValuesOfIdentities(t *testing.T) {
	t.Parallel()
	testChecks(t, map[string]checkCase{
		"start URL": {
			startURLForm,
			map[string]string{
				"https://acme.awsapps.com/start": "", "https://acme.awsapps.com/start/": "https://acme.awsapps.com/start",
				"https://acme.awsapps.com/start#/":               "https://acme.awsapps.com/start",
				"https://acme.awsapps.com/start/#/":              "https://acme.awsapps.com/start",
				"https://acme.awsapps.com/start#":                "https://acme.awsapps.com/start",
				"https://ssoins-1.portal.us-east-1.app.aws/":     "https://ssoins-1.portal.us-east-1.app.aws",
				"https://identitycenter.amazonaws.com/ssoins-1":  "",
				"http://127.0.0.1:8080/start":                    "",
				"https://start.home.awsapps.cn/directory/acme#/": "https://start.home.awsapps.cn/directory/acme",
			},
			[]string{"", "acme.awsapps.com/start", "http://acme.awsapps.com/start", "https://acme.awsapps.com/start#/x",
				"https://acme.awsapps.com/start?x=1", "https://u@acme.awsapps.com/start", "https://acme.awsapps.com/start\n", "#/", "/"},
		},
		"audience": {
			audienceForm,
			map[string]string{"sts.amazonaws.com": "", "https://acme.example/x?y": "", "api://x": "", strings.Repeat("a", 255): ""},
			[]string{"", "a b", "a\n", `a"b`, `a\b`, "ä", strings.Repeat("a", 256)},
		},
		"parameter name": {
			parametersForm.keys,
			map[string]string{"prompt": "", "login_hint": "", "domain_hint": "", "acr_values": "", "max_age": "", "hd": "",
				"organization": "", "connection": "", "access_type": "", "resource": "", "idp.x-y": ""},
			[]string{"", "client_id", "client_secret", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce",
				"code_challenge", "code_challenge_method", "code", "grant_type", "device_code", "refresh_token", "code_verifier",
				"audience", "request", "request_uri", "registration", "id_token_hint", "client_assertion", "client_assertion_type",
				"Redirect_URI", "SCOPE", "a b", "a=b", "a&redirect_uri", "a\n", "_x", strings.Repeat("a", 65)},
		},
		"parameter": {
			parametersForm.each,
			map[string]string{"login consent": "", "ü&=": ""},
			[]string{"", "a\nb", "a\x1b[2J"},
		},
		"variable": {
			variableForm,
			map[string]string{"GITLAB_OIDC_TOKEN": "", "_x9": ""},
			[]string{"", "9x", "A-B", "A=B", "$A", "A B", "A\n", strings.Repeat("a", 129)},
		},
		"path": {
			pathForm,
			map[string]string{"/var/run/secrets/x": "", "/a b/ü": "", `C:\tokens\x`: "", "d:/x": ""},
			[]string{"", "/", "x", "./x", "../x", "~/x", `\\server\share\x`, "//server/share/x", `C:x`, `C:\\server\x`, "$HOME/x",
				"/a\nb", "/a\x00b"},
		},
		"program": {
			programForm,
			map[string]string{"vault": "", "gcloud.cmd": "", "x86_64-linux-gnu-g++": "", "/usr/bin/vault": "", `C:\Program Files\vault.exe`: ""},
			[]string{"", "-x", "./vault", "bin/vault", "vault read", "a;b", "~/vault", `\\server\share\vault.exe`, "/a\nb"},
		},
		"argument": {
			argumentForm,
			map[string]string{"": "", "-field=token": "", "a b;$c": ""},
			[]string{"a\nb", "a\x1bb", "a\u202eb"},
		},
		"account": {
			accountForm,
			map[string]string{"111122223333": "", "000000000001": ""},
			[]string{"", "11112222333", "1111222233334", "1111-2222-3333", "11112222333a"},
		},
		"permission set": {
			permissionSetForm,
			map[string]string{"MLAdmin": "", "a_+=,.@-1": "", strings.Repeat("a", 32): ""},
			[]string{"", "a b", "a/b", "a\n", strings.Repeat("a", 33)},
		},
		"external id": {
			externalIDForm,
			map[string]string{"x1": "", "a_+=,.@:/-": "", strings.Repeat("a", 1224): ""},
			[]string{"", "x", "a b", "a\n", "ä1", "a;b"},
		},
	})
}

func TestExternalIDsMayBeLong(t *testing.T) {
	t.Parallel()
	role := func(id string) string {
		return start + "  q: {aws: {role_arn: \"arn:aws:iam::111122223333:role/q\", region: us-east-1, via: r, external_id: " + id + "}}\n"
	}
	if got := problemsOf(t, role(strings.Repeat("a", 1224))); got != nil {
		t.Error(got)
	}
	if got := problemsOf(t, role(strings.Repeat("a", 1225))); len(got) != 1 || !strings.Contains(got[0], "longer than 1224 characters") {
		t.Error(got)
	}
}
