package oidc

import (
	"maps"
	"net/url"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/login/loopback"
	"github.com/dbxaccess/dbxaccess/internal/login/oauth"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestWhatTheBrowserComesBackWith(t *testing.T) {
	t.Parallel()
	const hostile = "<script>alert(1)</script>\x1b[2J\u202egpj"
	for name, c := range map[string]struct {
		metadata map[string]any
		claims   map[string]any
		back     url.Values // beside the state
		token    *logintest.Reply
		code     ui.Code
		id       ui.ID // "": told elsewhere
		words    []string
	}{
		"denied": {back: url.Values{"error": {"access_denied"}, "error_description": {hostile}}, code: ui.Refused,
			id: "sign-in-declined", words: []string{"was declined", "<script>alert(1)</script>[2Jgpj", "dbxaccess login --identity acme"}},
		"another error": {back: url.Values{"error": {hostile}}, code: ui.Refused, words: []string{"signing in"}},
		"later":         {back: url.Values{"error": {"temporarily_unavailable"}}, code: ui.Failed, words: []string{"try again"}},
		"Entra's number in the text": {back: url.Values{"error": {"interaction_required"}, "error_description": {"AADSTS50105: The signed in user is not assigned"}},
			code: ui.Refused, words: []string{"to the person"}},
		"nothing":                {code: ui.Failed, id: "sign-in-answer-malformed", words: []string{"neither a code nor an error"}},
		"two codes":              {back: url.Values{"code": {"code-of-alice", "code-of-mallory"}}, code: ui.Failed, id: "sign-in-answer-malformed", words: []string{`two of "code"`}},
		"another issuer":         {back: url.Values{"code": {"code-of-alice"}, "iss": {"https://evil.example.net\x1b"}}, code: ui.Failed, id: "sign-in-answer-issuer", words: []string{`"https://evil.example.net"`, "in between"}},
		"another issuer's error": {back: url.Values{"error": {"access_denied"}, "iss": {""}}, code: ui.Failed, id: "sign-in-answer-issuer", words: []string{"in between"}},
		"no issuer, though promised": {metadata: map[string]any{"authorization_response_iss_parameter_supported": true},
			back: url.Values{"code": {"code-of-alice"}}, code: ui.Failed, id: "sign-in-answer-issuer", words: []string{"promises to send"}},
		"another code": {back: url.Values{"code": {"code-of-mallory"}}, code: ui.LoginNeeded, id: "sign-in-code-refused", words: []string{"no longer takes it", "not what was agreed", "dbxaccess login"}},
		"another nonce": {claims: map[string]any{"nonce": "another"}, back: url.Values{"code": {"code-of-alice"}}, code: ui.Failed,
			id: "id-token-nonce", words: []string{"does not belong to this sign-in: it has another nonce"}},
		"no nonce":     {claims: map[string]any{"nonce": nil}, back: url.Values{"code": {"code-of-alice"}}, code: ui.Failed, id: "id-token-nonce", words: []string{"it has no nonce"}},
		"another user": {claims: map[string]any{"aud": "other"}, back: url.Values{"code": {"code-of-alice"}}, code: ui.Failed, words: []string{`audience "other"`}},
		"no ID token": {back: url.Values{"code": {"code-of-alice"}}, token: &logintest.Reply{Status: 200, Body: `{"access_token":"a"}`}, code: ui.Failed,
			words: []string{"no ID token"}},
		"a gateway's page": {back: url.Values{"code": {"code-of-alice"}}, token: &logintest.Reply{Status: 502, Body: "<html>"}, code: ui.Failed,
			id: "sign-in-code-lost", words: []string{"502", "a code works once, so it was not sent again", "dbxaccess login --identity acme"}},
		"a passing fault": {back: url.Values{"code": {"code-of-alice"}}, token: &logintest.Reply{Status: 503, Body: `{"error":"temporarily_unavailable"}`}, code: ui.Failed,
			id: "sign-in-code-lost", words: []string{"temporarily_unavailable; a code works once"}},
		"the code in the answer": {back: url.Values{"code": {"code-of-alice"}}, token: &logintest.Reply{Status: 400, Body: `{"error":"invalid_request","error_description":"code-of-alice"}`},
			code: ui.Refused, words: []string{"invalid_request: [redacted]"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBrowsing(t)
			b.metadata, b.claims = c.metadata, c.claims
			b.back = func(asked url.Values) url.Values {
				back := url.Values{"state": {asked.Get("state")}}
				maps.Copy(back, c.back)
				return back
			}
			if c.token != nil {
				b.token = func(url.Values) logintest.Reply { return *c.token }
			}
			tokens, who, err := b.signIn(t.Context())
			if tokens != nil || who != nil {
				t.Error("it brought something")
			}
			logintest.WantFault(t, err, c.code, c.words...)
			if id := ui.IDOf(err); c.id != "" && id != c.id {
				t.Errorf("got the error %q, want %s", id, c.id)
			}
			if strings.Contains(err.Error()+ui.HintOf(err), b.asked.Get("nonce")) {
				t.Error("the nonce is told")
			}
			if got := <-b.pages; got.status != 403 || got.body != loopback.Page(false) {
				t.Errorf("the browser shows %d %q", got.status, got.body)
			}
			if n := b.sent.Load(); n > 1 {
				t.Errorf("the code was sent %d times", n)
			}
		})
	}
}

func TestACodeWhoseAnswerIsLostIsNotSentAgain(t *testing.T) {
	t.Parallel()
	i := logintest.NewIDP()
	i.Token = func(url.Values) logintest.Reply { return logintest.Reply{Err: logintest.ErrConnectionLost} }
	c := clientOf(i)
	_, err := c.redeemCode(t.Context(), testProvider(), discover(t, c, testProvider()), newAuthorization(), secret.New("code"))
	logintest.WantFault(t, err, ui.Failed, "reset by peer", "a code works once", "dbxaccess login --identity acme")
	if n := i.Count("/token"); n != 1 {
		t.Errorf("sent %d times", n)
	}
	_, err = c.redeemCode(logintest.Canceled(), testProvider(), &Endpoints{Token: logintest.Issuer + "/token"}, newAuthorization(), secret.New("code"))
	if ui.CodeOf(err) != ui.Interrupted {
		t.Errorf("a canceled exchange: %v", err)
	}
}

func FuzzCallback(f *testing.F) {
	for _, seed := range []string{
		"code=a", "error=access_denied&error_description=%1b[2J", "code=a&code=b", "iss=" + logintest.Issuer + "&code=a", "iss=&code=a", "error=AADSTS&error_description=AADSTS99999999999999999999",
		"", "%zz", "code=a;error=b",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		query, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		code, err := oauth.Code(testProvider(), false, query)
		if err != nil {
			if told := err.Error(); told != ui.Clean(told) || len(told) > 8000 {
				t.Fatalf("not fit to be shown: %q", told)
			}
			return
		}
		if code.IsZero() || query.Get("error") != "" || query.Has("iss") && query.Get("iss") != logintest.Issuer {
			t.Fatalf("a code from %q", raw)
		}
	})
}
