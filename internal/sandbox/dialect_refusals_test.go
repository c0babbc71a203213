package sandbox

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func allRefusals() []Refusal {
	return []Refusal{RefuseClient, RefusePublic, RefuseDevice, RefuseUser, RefusePolicy, RefuseSession, RefuseSilence}
}

// meet lets a refusal come about and returns the answer that the client got in its place.
func meet(t *testing.T, s *Server, r Refusal) answer {
	t.Helper()
	refresh := s.testLogin(t).text("refresh_token")
	device := s.testDevice(t)
	s.Set(func(b *Behaviour) { b.Refusal = r })
	switch r.stages()[0] {
	case atClient, atDevice:
		return post(t, s.origin()+deviceAuthorizationPath, "client_id", s.ClientID(), "scope", scopesOf(s))
	case atRefresh:
		return s.testRefresh(t, refresh)
	default:
		return s.testPoll(t, device.text("device_code"))
	}
}

func TestEveryDialectHasEveryRefusal(t *testing.T) {
	for dialect := range dialects() {
		for _, r := range allRefusals() {
			s, _ := speaking(t, "dialect="+string(dialect))
			a := meet(t, s, r)
			if a.status < 400 || a.status > 499 || a.text("error") == "" && a.text("errorCode") == "" {
				t.Errorf("%s, %s: %d %s", dialect, r, a.status, a.body)
			}
			// It is the administrator's doing, not the client's.
			if u := s.Unexpected(); len(u) != 0 {
				t.Errorf("%s, %s: recorded %q", dialect, r, u)
			}
			// And it passes.
			s.Set(func(b *Behaviour) { b.Refusal = "" })
			if a := s.testPoll(t, s.testDevice(t).text("device_code")); a.status != http.StatusOK {
				t.Errorf("%s, after %s: %d %s", dialect, r, a.status, a.body)
			}
		}
	}
	if b := DefaultBehaviour(); b.Apply("refusal=whim") == nil {
		t.Error("an unknown refusal was taken")
	}
}

func TestDocumentedRefusals(t *testing.T) {
	for _, c := range []struct {
		dialect Dialect
		refusal Refusal
		status  int
		code    string
		text    string // begins so
	}{
		{Entra, RefusePublic, 401, "invalid_client", "AADSTS7000218: The request body must contain the following parameter: 'client_assertion' or 'client_secret'."},
		{Entra, RefuseUser, 400, "invalid_grant", "AADSTS50105: Your administrator has configured the application"},
		{Entra, RefusePolicy, 400, "invalid_grant", "AADSTS53003: Access has been blocked by Conditional Access policies."},
		{Entra, RefuseClient, 400, "unauthorized_client", "AADSTS700016: Application with identifier"},
		{Entra, RefuseSilence, 400, "invalid_grant", "AADSTS50076: "},
		{Okta, RefuseUser, 400, "access_denied", "User is not assigned to the client application."},
		{Okta, RefusePolicy, 400, "access_denied", "Policy evaluation failed for this request, please check the policy configurations."},
		{Okta, RefuseDevice, 400, "unauthorized_client", "The client is not authorized to use the provided grant type."},
		{Keycloak, RefuseSession, 400, "invalid_grant", "Session not active"},
		{Keycloak, RefuseDevice, 400, "invalid_grant", "Client not allowed for OAuth 2.0 Device Authorization Grant"},
		{Keycloak, RefuseClient, 401, "invalid_client", "Invalid client or Invalid client credentials"},
		{Auth0, RefuseDevice, 403, "unauthorized_client", "Grant type 'urn:ietf:params:oauth:grant-type:device_code' not allowed"},
		{Auth0, RefuseSession, 403, "invalid_grant", "Unknown or invalid refresh token."},
		{Google, RefuseSession, 400, "invalid_grant", "Token has been expired or revoked."},
		{Google, RefusePolicy, 400, "admin_policy_enforced", ""},
		{Dex, RefuseSession, 400, "invalid_request", ""},
	} {
		s, _ := speaking(t, "dialect="+string(c.dialect))
		a := meet(t, s, c.refusal)
		if a.status != c.status || a.text("error") != c.code || !strings.HasPrefix(a.text("error_description"), c.text) {
			t.Errorf("%s, %s: %d %s", c.dialect, c.refusal, a.status, a.body)
		}
	}
}

func TestEntrasErrorsHaveTheirNumbers(t *testing.T) {
	s, c := speaking(t, "dialect=entra")
	a := s.testPoll(t, s.testDevice(t).text("device_code"))
	wantFields(t, "pending", a.fields, "error error_description error_codes timestamp trace_id correlation_id error_uri !suberror")
	if fmt.Sprint(a.fields["error_codes"]) != "[70016]" || a.text("error_uri") != "https://login.microsoftonline.com/error?code=70016" {
		t.Error(a.body)
	}
	when := c.Now().Format("2006-01-02 15:04:05Z")
	text := fmt.Sprintf("AADSTS70016: OAuth 2.0 device flow error. Authorization is pending. Continue polling.\r\nTrace ID: %s\r\nCorrelation ID: %s\r\nTimestamp: %s",
		a.text("trace_id"), a.text("correlation_id"), when)
	if a.text("error_description") != text || len(a.text("trace_id")) != 36 || a.text("timestamp") != when {
		t.Errorf("got %q, want %q", a.text("error_description"), text)
	}
	if blocked := meet(t, s, RefusePolicy); blocked.text("suberror") != "message_only" {
		t.Error(blocked.body)
	}
}

func TestOktasAPIHasErrorsOfItsOwnForm(t *testing.T) {
	s, _ := speaking(t, "dialect=okta")
	a := post(t, s.origin()+tokenPath, "client_id", "0oaUnknown", "grant_type", grantDevice, "device_code", "x")
	wantFields(t, "unknown client", a.fields, "errorCode errorSummary errorLink errorId errorCauses !error !error_description")
	if a.status != http.StatusUnauthorized || a.text("errorCode") != errInvalidClient {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestProvidersWithoutRevocationHaveNoSuchEndpoint(t *testing.T) {
	for dialect, want := range map[Dialect]int{Entra: http.StatusNotFound, Dex: http.StatusNotFound, Okta: http.StatusOK} {
		s, _ := speaking(t, "dialect="+string(dialect))
		token := s.testLogin(t).text("refresh_token")
		if a := post(t, s.origin()+revokePath, "client_id", s.ClientID(), "token", token); a.status != want {
			t.Errorf("%s: %d %s", dialect, a.status, a.body)
		}
	}
}

func TestARefusalOutlastsOneAnswer(t *testing.T) {
	s, c := speaking(t, "dialect=entra")
	code := s.testDevice(t).text("device_code")
	s.Set(func(b *Behaviour) { b.Refusal = RefuseUser })
	// Before the person has approved, nothing is known of it.
	wantError(t, s.testPoll(t, code), errAuthorizationPending)
	for id := range s.grants.byID {
		if err := s.Approve(id, "alice"); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		c.advance(time.Minute)
		wantError(t, s.testPoll(t, code), errInvalidGrant)
	}
}

func TestTheWordsOfDialects(t *testing.T) {
	b := DefaultBehaviour()
	text := "refusal=blocked old-refresh-tokens-stay demand-pkce client-secret=x audience=y redirect-uri=http://127.0.0.1/cb user-groups=201"
	if err := b.Apply(text); err != nil {
		t.Fatal(err)
	}
	if b.Refusal != RefusePolicy || !b.OldRefreshTokensStay || !b.DemandPKCE || b.ClientSecret != "x" || b.Audience != "y" ||
		b.RedirectURI != "http://127.0.0.1/cb" || b.UserGroups != 201 {
		t.Errorf("%+v", b)
	}
	if err := b.Apply("refusal= client-secret= audience= redirect-uri= user-groups=0"); err != nil || b.Refusal != "" || b.Audience != "" {
		t.Errorf("%+v, %v", b, err)
	}
	for _, bad := range []string{"old-refresh-tokens-stay=maybe", "demand-pkce=2", "user-groups=-1", "user-groups=5001"} {
		if err := b.Apply(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
