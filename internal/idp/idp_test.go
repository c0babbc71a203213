package idp

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/sandbox"
)

func TestAProvidersKindIsInferredFromItsIssuer(t *testing.T) {
	t.Parallel()
	for issuer, want := range map[string]string{
		"https://acme.okta.com":                                   "okta",
		"https://acme.okta.com/oauth2/default":                    "okta",
		"https://ACME.OktaPreview.com/oauth2/aus1":                "okta",
		"https://acme.okta-emea.com":                              "okta",
		"https://acme.okta-gov.com":                               "okta",
		"https://login.microsoftonline.com/8f1d/v2.0":             "entra",
		"https://login.microsoftonline.us/8f1d/v2.0":              "entra",
		"https://login.partner.microsoftonline.cn/8f1d/v2.0":      "entra",
		"https://sts.windows.net/8f1d/":                           "entra",
		"https://8f1d.ciamlogin.com/8f1d/v2.0":                    "entra",
		"https://sso.example.com/realms/acme":                     "keycloak",
		"https://sso.example.com:8443/auth/realms/acme":           "keycloak",
		"https://acme.us.auth0.com/":                              "auth0",
		"https://accounts.google.com":                             "google",
		"https://auth.pingone.com/3f2/as":                         "ping",
		"https://auth.pingone.eu/3f2/as":                          "ping",
		"https://auth.pingone.asia/3f2/as":                        "ping",
		"https://auth.pingone.ca/3f2/as":                          "ping",
		"https://auth.pingone.com.au/3f2/as":                      "ping",
		"https://auth.pingone.sg/3f2/as":                          "ping",
		"https://example.com/dex":                                 "dex",
		"https://example.com/dex/":                                "dex",
		"https://dex.example.com":                                 "dex",
		"https://acme-x1y2z3.zitadel.cloud":                       "zitadel",
		"https://zitadel.example.com":                             "zitadel",
		"https://lemonldap.example.com/":                          "lemonldap",
		"https://llng-auth.example.com":                           "lemonldap",
		"https://authelia.example.com":                            "authelia",
		"https://hydra.example.com/":                              "hydra",
		"https://acme-x1y2z3.projects.oryapis.com":                "hydra",
		"https://idp.example.com":                                 "generic",
		"https://auth.example.com":                                "generic",
		"https://notzitadel.cloud":                                "generic",
		"https://okta.com.example.net":                            "generic",
		"https://notokta.com":                                     "generic",
		"https://login.microsoftonline.com.example.net/8f1d/v2.0": "generic",
		"https://accounts.google.com.example.net":                 "generic",
		"https://evil.accounts.google.com":                        "generic",
		"https://example.com/index":                               "generic",
		"https://example.com/?/realms/":                           "generic",
		"\x00":                                                    "generic",
		"":                                                        "generic",
	} {
		for _, kind := range []string{"", "auto"} {
			if got := KindOf(kind, issuer).Name; got != want {
				t.Errorf("%q of kind %q is %s, want %s", issuer, kind, got, want)
			}
		}
	}
	for _, kind := range Kinds()[1:] {
		if got := KindOf(kind, "https://accounts.google.com").Name; got != kind {
			t.Errorf("the map says %s, got %s", kind, got)
		}
	}
	if got := KindOf("nonsense", "https://accounts.google.com").Name; got != "generic" {
		t.Errorf("an unknown kind is %s", got)
	}
}

// A kind is one entry of the table. Its page and its part of the sandbox have its name, and the access map takes what Kinds
// lists; the access map's tests hold its schema against the same list.
func TestEveryKindIsWhole(t *testing.T) {
	t.Parallel()
	const pages = "../../docs/providers"
	index, err := os.ReadFile(filepath.Join(pages, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range Kinds()[1:] {
		if k := KindOf(name, ""); k.Name != name || slices.Contains(Kinds()[:i+1], name) {
			t.Errorf("%s is there twice, or not found", name)
		} else if k.Groups == "" || k.Redirects == "" || name != "generic" && k.Domains == nil && k.Host == "" && k.Path == "" {
			t.Errorf("%s is not complete", name)
		} else if found := KindOf(Auto, k.Example); found.Name != name {
			t.Errorf("the example of an issuer of %s looks like one of %s", name, found.Name)
		}
		if _, err := os.Stat(filepath.Join(pages, name+".md")); err != nil || !strings.Contains(string(index), "("+name+".md)") {
			t.Errorf("%s has no page, or it is not listed: %v", name, err)
		}
		if !slices.Contains(sandbox.Kinds(), sandbox.Kind(name)) {
			t.Errorf("the sandbox can't stand for %s", name)
		}
	}
	if got, want := len(sandbox.Kinds()), len(Kinds()[1:]); got != want {
		t.Errorf("the sandbox stands for %d kinds, and there are %d", got, want)
	}
}

// Every line of the tables can be reached: the one before it does not always win.
func TestNoRemedyIsHiddenByAnother(t *testing.T) {
	t.Parallel()
	for _, name := range Kinds() {
		k := KindOf(name, "")
		for _, r := range k.Remedies {
			var numbers []int
			if r.Number != 0 {
				numbers = []int{r.Number}
			}
			refused := Refused{Code: r.Code, Description: r.Says, Numbers: numbers}
			if got := k.Remedy(refused); got != r.Hint {
				t.Errorf("%s, %+v: got %q", name, r, got)
			}
			refused.Browser = true
			if got := k.Remedy(refused); got == "" || strings.Contains(got, "--flow browser") {
				t.Errorf("%s, %+v: to a person in the browser it says %q", name, r, got)
			}
		}
	}
}

func TestWhereSessionsEnd(t *testing.T) {
	t.Parallel()
	for issuer, want := range map[string]string{
		"https://acme.okta.com/oauth2/default":        "https://acme.okta.com/enduser/settings",
		"https://id.example.com/realms/acme/":         "https://id.example.com/realms/acme/account/",
		"https://login.microsoftonline.com/t/v2.0":    "https://myaccount.microsoft.com/",
		"https://accounts.google.com":                 "https://myaccount.google.com/connections",
		"https://somebody-elses-provider.example.org": "",
	} {
		if got := KindOf("", issuer).SessionsPage(issuer); got != want {
			t.Errorf("%s: %q, want %q", issuer, got, want)
		}
	}
}
