package sandbox

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/person"
)

// The pair of RFC 7636, appendix B.
const (
	testVerifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	testChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

func authorizeURL(s *Server, redirect string, change func(url.Values)) string {
	query := url.Values{
		"response_type": {"code"}, "client_id": {s.ClientID()}, "redirect_uri": {redirect}, "scope": {allScopes},
		"state": {"st"}, "nonce": {"no"}, "code_challenge": {testChallenge}, "code_challenge_method": {"S256"},
	}
	if change != nil {
		change(query)
	}
	return s.Origin() + authorizePath + "?" + query.Encode()
}

// says is what a person answers on the pages.
func says(user, decision string) map[string]string {
	return map[string]string{"user": user, "decision": decision}
}

// approveByForm approves a device code on the verification page.
func approveByForm(t *testing.T, address, userCode, user string) error {
	t.Helper()
	return person.Walk(t.Context(), address, map[string]string{"user_code": userCode, "user": user, "decision": "approve"}, "approved")
}

// listenForRedirect stands for the client's loopback redirect.
func listenForRedirect(t *testing.T) (redirect string, got <-chan url.Values) {
	t.Helper()
	answers := make(chan url.Values, 1)
	client := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answers <- r.URL.Query()
		_, _ = w.Write([]byte("<p>done</p>"))
	}))
	t.Cleanup(client.Close)
	return client.URL + "/callback", answers
}

func redeem(t *testing.T, s *Server, code, redirect, verifier string) answer {
	t.Helper()
	return post(t, s.Origin()+tokenPath, "client_id", s.ClientID(), "grant_type", grantCode, "code", code,
		"redirect_uri", redirect, "code_verifier", verifier)
}

func TestABrowserFlowThroughTheForms(t *testing.T) {
	s, c := start(t)
	redirect, got := listenForRedirect(t)
	if err := person.Walk(t.Context(), authorizeURL(s, redirect, nil), says("alice", "approve"), ""); err != nil {
		t.Fatal(err)
	}
	answered := <-got
	if answered.Get("state") != "st" || answered.Get("iss") != s.Issuer() {
		t.Errorf("the redirect carried %v", answered)
	}
	tokens := redeem(t, s, answered.Get("code"), redirect, testVerifier)
	if claims := verified(t, s, c, tokens.text("id_token")); claims["nonce"] != "no" || claims["preferred_username"] != "alice" {
		t.Errorf("claims %+v", claims)
	}
	if s.Calls()[harness.TokenAuthorizationCode] != 1 {
		t.Errorf("calls %v", s.Calls())
	}
}

func TestBadAuthorizationsStayHere(t *testing.T) {
	s := startWith(t, Options{})
	for _, redirect := range []string{
		"https://evil.example/cb", "http://evil.example/cb", "http://127.0.0.1.evil.example/", "http://u@127.0.0.1:1/cb",
		"http://127.0.0.1:1/cb?x=1", "http://127.0.0.1:1/cb#f", "custom:/cb", "", "http://[::1",
	} {
		if a := get(t, authorizeURL(s, redirect, nil)); a.status != http.StatusBadRequest || a.header.Get("Location") != "" {
			t.Errorf("%q: %d, Location %q", redirect, a.status, a.header.Get("Location"))
		}
	}
	for name, change := range map[string]func(url.Values){
		"client": func(q url.Values) { q.Set("client_id", "other") },
		"twice":  func(q url.Values) { q.Add("state", "again") },
	} {
		a := get(t, authorizeURL(s, "http://127.0.0.1:1/cb", change))
		if a.status != http.StatusBadRequest || a.header.Get("Location") != "" {
			t.Errorf("%s: %d, Location %q", name, a.status, a.header.Get("Location"))
		}
	}
}

func TestOtherBadAuthorizationsGoBack(t *testing.T) {
	s := startWith(t, Options{})
	for want, changes := range map[string][]func(url.Values){
		errUnsupportedResponse: {func(q url.Values) { q.Set("response_type", "token") }},
		errInvalidScope:        {func(q url.Values) { q.Set("scope", "profile") }},
		errInvalidRequest: {
			func(q url.Values) { q.Del("state") },
			func(q url.Values) { q.Del("code_challenge"); q.Del("code_challenge_method") },
			func(q url.Values) { q.Set("code_challenge_method", "plain") },
		},
	} {
		for _, change := range changes {
			a := get(t, authorizeURL(s, "http://localhost:1/cb", change))
			location, err := url.Parse(a.header.Get("Location"))
			if err != nil || location.Query().Get("error") != want {
				t.Errorf("want %s, got %d, Location %q", want, a.status, a.header.Get("Location"))
			}
		}
	}
	if len(s.Unexpected()) < 5 {
		t.Errorf("recorded %q", s.Unexpected())
	}
}
