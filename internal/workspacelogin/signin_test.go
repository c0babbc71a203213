package workspacelogin

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestSigningInAtAWorkspace(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]login.Provider{"a workspace": provider(), "an account": console()} {
		f := newFixture(t)
		session, err := f.signIn(p, func(url.Values) {})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !strings.EqualFold(session.Subject, "alice@example.com") || session.RefreshToken.Reveal() != "r1" || session.AccessToken.IsZero() ||
			!session.IDToken.IsZero() || session.Workspace.Name != "prod" || session.Workspace.Subject != "00u1" || session.IDTokenExpires.IsZero() {
			t.Errorf("%s: %+v", name, session)
		}
		if asked := f.asks("/Me"); (asked == 1) == (p.Workspace.AccountID != "") {
			t.Errorf("%s: asked %d times who that is: a console has no answer", name, asked)
		}
		form := f.forms[len(f.forms)-1]
		if p.Workspace.AccountID == "" {
			form = f.forms[len(f.forms)-2]
		}
		if form.Get("code") != "canary-code" || form.Get("client_id") != "databricks-cli" || !strings.HasPrefix(form.Get("redirect_uri"), "http://localhost:80") ||
			oauth2.S256ChallengeFromVerifier(form.Get("code_verifier")) == "" || form.Has("client_secret") {
			t.Errorf("%s: sent %v", name, form)
		}
		if err := f.sessions.Save(t.Context(), p, session); err != nil {
			t.Fatal(err)
		}
		loaded, err := f.sessions.Load(t.Context(), p)
		if err != nil || loaded.Subject != session.Subject || loaded.Workspace.Beside != "session/x" || loaded.Provider().LoginCommand() != "dbxaccess login --workspace prod" {
			t.Errorf("%s: loaded %+v, %v", name, loaded, err)
		}
		if printed := logintest.Printed(t, session); strings.Contains(printed, session.AccessToken.Reveal()) {
			t.Errorf("%s: it shows its token", name)
		}
	}
}

func TestHowASignInAtAWorkspaceFails(t *testing.T) {
	t.Parallel()
	answers := func(end string, status int, body string) func(*http.Request) (int, string) {
		return func(r *http.Request) (int, string) {
			if strings.HasSuffix(r.URL.Path, end) {
				return status, body
			}
			return 0, ""
		}
	}
	for name, c := range map[string]struct {
		p       login.Provider
		back    func(url.Values)
		answer  func(*http.Request) (int, string)
		code    ui.Code
		id      ui.ID
		revoked int
	}{
		"declined":             {back: func(v url.Values) { v.Del("code"); v.Set("error", "access_denied") }, code: ui.Refused, id: "sign-in-declined"},
		"another issuer":       {back: func(v url.Values) { v.Set("iss", "https://evil.example") }, code: ui.Failed, id: "sign-in-answer-issuer"},
		"no code":              {back: func(v url.Values) { v.Del("code") }, code: ui.Failed, id: "sign-in-answer-malformed"},
		"the code is over":     {answer: answers("/v1/token", 400, `{"error":"invalid_grant"}`), code: ui.LoginNeeded, id: "session-over"},
		"the application":      {answer: answers("/v1/token", 401, `{"error":"invalid_client"}`), code: ui.Refused, id: "workspace-sign-in-refused"},
		"busy":                 {answer: answers("/v1/token", 503, `{"error":"temporarily_unavailable"}`), code: ui.Failed, id: "provider-busy"},
		"the answer is lost":   {answer: answers("/v1/token", -1, ""), code: ui.Failed, id: "sign-in-code-lost"},
		"somebody else":        {answer: answers("/Me", 200, `{"id":"7","userName":"mallory@example.com"}`), code: ui.Refused, id: "workspace-other-person", revoked: 1},
		"nobody is told":       {answer: answers("/Me", 403, `{"message":"blocked"}`), code: ui.Refused, id: "workspace-access-refused", revoked: 1},
		"an account, opaque":   {p: console(), answer: answers("/v1/token", 200, `{"access_token":"opaque","token_type":"Bearer","expires_in":60,"refresh_token":"r"}`), code: ui.Failed, id: "workspace-person-unknown", revoked: 1},
		"an account's another": {p: console(), answer: answers("/v1/token", 200, `{"access_token":"`+bearer("bob@example.com", 1)+`","token_type":"Bearer","expires_in":60}`), code: ui.Refused, id: "workspace-other-person"},
		"a page elsewhere":     {answer: answers("server", 200, `{"authorization_endpoint":"https://evil.example/"}`), code: ui.Refused, id: "workspace-sign-in-elsewhere"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.answer = c.answer
			p, back := c.p, c.back
			if p.Workspace == nil {
				p = provider()
			}
			if back == nil {
				back = func(url.Values) {}
			}
			_, err := f.signIn(p, back)
			if ui.CodeOf(err) != c.code || ui.IDOf(err) != c.id || f.asks("/revoke") != c.revoked {
				t.Errorf("%v (%s, exit %d), revoked %d", err, ui.IDOf(err), ui.CodeOf(err), f.asks("/revoke"))
			}
			if err != nil && (strings.Contains(err.Error(), "canary-code") || ui.HintOf(err) == "") {
				t.Errorf("%q, hint %q", err, ui.HintOf(err))
			}
		})
	}
}

func TestNobodyComesBackFromTheWorkspace(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := f.sessions.SignIn(ctx, provider(), logintest.InBrowser(func(string) { cancel() }))
	if ui.CodeOf(err) != ui.Interrupted {
		t.Errorf("got %v", err)
	}
}

// Another program has the first port: the next one is taken. Where other sign-ins have them too, so be it.
func TestAPortThatIsTaken(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp4", "127.0.0.1:"+strconv.Itoa(firstPort))
	if err == nil {
		defer func() { _ = listener.Close() }()
	}
	f := newFixture(t)
	if _, err := f.signIn(provider(), func(url.Values) {}); err != nil {
		t.Fatal(err)
	}
	for _, form := range f.forms {
		if at := form.Get("redirect_uri"); at == "http://localhost:"+strconv.Itoa(firstPort) {
			t.Errorf("came back to %s", at)
		}
	}
}

// Those that Databricks takes are not all occupied here, as other sign-ins on this machine want them.
func TestNoPortIsLeft(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	port := listener.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // of a TCP listener
	_, err = (&Client{}).listen(t.Context(), provider(), "state", port, port)
	if ui.IDOf(err) != "redirect-ports-taken" || !strings.Contains(ui.HintOf(err), "dbxaccess login") {
		t.Errorf("%s: %v, hint %q", ui.IDOf(err), err, ui.HintOf(err))
	}
}

func TestWhoIsAnother(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		names []string
		user  string
		want  bool
	}{
		{[]string{"alice@example.com", "alice"}, "ALICE@example.com", false},
		{[]string{"Alice", "a.martin@example.com", "alice@example.com"}, "alice@example.com", false},
		{[]string{"alice@example.com"}, "bob@example.com", true},
		{[]string{"alice@example.com"}, "alice@example.org", true},
		{[]string{"alice"}, "alice@example.com", false},
		{[]string{"alice"}, "bob@example.com", false}, // nothing to compare
		{[]string{"alice@example.com"}, "9b1f6a3c-58d2-4e07-b6c4-0d7a92e5f318", false},
	} {
		if got := isAnother(c.names, c.user); got != c.want {
			t.Errorf("%v and %s: %v", c.names, c.user, got)
		}
	}
}
