package login

import (
	"net/url"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestOnlyTheProvidersOwnPagesAreOpened(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ issuer, raw, want string }{
		{testIssuer, testIssuer + "/activate", testIssuer + "/activate"},
		{testIssuer, testIssuer, testIssuer},
		{testIssuer, "HTTPS://IDP.example.com:443/a", "https://idp.example.com:443/a"},
		{testIssuer, testIssuer + "/a b?q=\"'`$(x);|<>^#f!", testIssuer + "/a%20b?q=%22%27%60%24%28x%29%3B%7C%3C%3E%5E#f%21"},
		{testIssuer, testIssuer + "/a%2Fb?c=%zz%41", testIssuer + "/a%2Fb?c=%25zz%41"},
		{testIssuer, testIssuer + "/ü", testIssuer + "/%C3%BC"},
		{testIssuer, "https://login.acme.example/x", "https://login.acme.example/x"},
		{testIssuer, "https://ports.example:8443/x", "https://ports.example:8443/x"},
		{"https://idp.example.com:8443/r", "https://idp.example.com:8443/d", "https://idp.example.com:8443/d"},
		{"http://127.0.0.1:5556/dex", "http://127.0.0.1:5556/dex/device?user_code=A", "http://127.0.0.1:5556/dex/device?user_code=A"},
		{"https://login.microsoftonline.com/t/v2.0", "https://microsoft.com/devicelogin", "https://microsoft.com/devicelogin"},
		{"https://login.microsoftonline.com/t/v2.0", "https://login.microsoft.com/device", "https://login.microsoft.com/device"},
		{"https://accounts.google.com", "https://www.google.com/device", "https://www.google.com/device"},
		{"https://okta.example", "https://o\u212ata.example/\u212a", "https://okta.example/%E2%84%AA"},
		{"https://b\u00fccher.example", "https://b\u00fccher.example/a", "https://b%C3%BCcher.example/a"},

		{testIssuer, "https://microsoft.com/devicelogin", ""},
		{testIssuer, "https://evil.example.net/activate", ""},
		{testIssuer, "https://evil.idp.example.com/", ""},
		{testIssuer, "https://idp.example.com.evil.example.net/", ""},
		{testIssuer, "https://idp.example.com./", ""},
		{testIssuer, "https://idp.example.com:8443/", ""},
		{testIssuer, "https://ports.example/x", ""},
		{testIssuer, "https://idp.example.com@evil.example.net/", ""},
		{testIssuer, "https://user:word@idp.example.com/", ""},
		{testIssuer, "http://idp.example.com/activate", ""},
		{testIssuer, "http://127.0.0.1/activate", ""},
		{testIssuer, "https://idp.example.com/\x1b]8;;https://evil\x07", ""},
		{testIssuer, "https://idp.example.com/\u202egpj", ""},
		{testIssuer, "https://idp.example.com/\r\nHost: x", ""},
		{testIssuer, `https://idp.example.com\@evil.example.net/`, ""},
		{testIssuer, "https://idp.example.com/" + strings.Repeat("a", 3000), ""},
		{testIssuer, "javascript:alert(1)", ""},
		{testIssuer, "file:///etc/passwd", ""},
		{testIssuer, "https:idp.example.com", ""},
		{testIssuer, "//idp.example.com/", ""},
		{testIssuer, "idp.example.com", ""},
		{testIssuer, "-https://idp.example.com", ""},
		{testIssuer, "--help", ""},
		{testIssuer, "", ""},
		{"https://login.microsoftonline.com/t/v2.0", "https://micro\u017foft.com/devicelogin", ""},
		{"https://login.microsoftonline.com/t/v2.0", "https://evil.microsoft.com/devicelogin", ""},
	} {
		p := testProvider()
		p.Issuer = c.issuer
		p.VerificationHosts = []string{"Login.acme.example", "ports.example:8443", ""}
		page, err := checkVerification(p, c.raw)
		switch {
		case c.want == "" && err == nil:
			t.Errorf("%q may be opened as %q", c.raw, page.address)
		case c.want == "":
			wantFault(t, err, ui.Failed, "not opened", "verification_hosts")
		case err != nil:
			t.Errorf("%q is refused: %v", c.raw, err)
		case page.address != c.want:
			t.Errorf("%q becomes %q, want %q", c.raw, page.address, c.want)
		}
	}
}

func TestARefusedCompletePageIsNamedAndLeftOut(t *testing.T) {
	t.Parallel()
	for complete, refused := range map[string]string{
		"https://evil.example.net/a?user_code=X":           "evil.example.net",
		"https://idp.example.com@evil.example.net:444/":    "evil.example.net:444",
		"http://idp.example.com/":                          "idp.example.com",
		"https://evil.example.net\x1b[2J/":                 "an unreadable address",
		"--version":                                        "an unreadable address",
		testIssuer + "/activate?user_code=AB%0ACD":         "",
		"https://" + strings.Repeat("e", 300) + ".example": strings.Repeat("e", 253) + "…",
	} {
		i := newIDP()
		i.device = func(url.Values) reply { return deviceAnswer(map[string]any{"verification_uri_complete": complete}) }
		d, err := startDevice(t, i, testProvider())
		if err != nil {
			t.Fatal(err)
		}
		if d.RefusedHost != refused || (d.VerificationURIComplete == "") != (refused != "") {
			t.Errorf("%q: refused host %q, page %q", complete, d.RefusedHost, d.VerificationURIComplete)
		}
	}
}

func TestGooglesNameForThePage(t *testing.T) {
	t.Parallel()
	i := newIDP()
	i.device = func(url.Values) reply {
		return deviceAnswer(map[string]any{"verification_uri": nil, "verification_url": testIssuer + "/device", "verification_uri_complete": nil})
	}
	d, err := startDevice(t, i, testProvider())
	if err != nil || d.VerificationURI != testIssuer+"/device" || d.VerificationURIComplete != "" || d.RefusedHost != "" {
		t.Errorf("got %+v, %v", d, err)
	}
}

func FuzzVerificationURI(f *testing.F) {
	for _, seed := range []string{
		testIssuer + "/activate?user_code=A", "https://idp.example.com:443/%2f?%zz#f", "http://127.0.0.1/x", "-x",
		"https://a@idp.example.com", "https://[::1]/", "https://idp.example.com\x1b", `https://idp.example.com\@evil`, "//x", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		page, err := checkVerification(testProvider(), raw)
		if err != nil {
			if told := err.Error(); told != ui.Clean(told) {
				t.Fatalf("an error that is not clean: %q", told)
			}
			return
		}
		u, err := url.Parse(page.address)
		if err != nil || u.Scheme != "https" || u.Hostname() != "idp.example.com" || u.Port() != "" && u.Port() != "443" || u.User != nil {
			t.Fatalf("%q becomes %q", raw, page.address)
		}
		if strings.ContainsAny(page.address, " \"'`$();|<>\\^{}") || strings.ContainsFunc(page.address, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Fatalf("%q becomes %q", raw, page.address)
		}
		again, err := checkVerification(testProvider(), page.address)
		if err != nil || *again != *page {
			t.Fatalf("%q is not stable: %v, %v", page.address, again, err)
		}
	})
}
