package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

func refreshWith(t *testing.T, s *Server, token string, more ...string) answer {
	t.Helper()
	return post(t, s.Origin()+tokenPath,
		append([]string{"client_id", s.ClientID(), "grant_type", grantRefresh, "refresh_token", token}, more...)...)
}

// claimsOf reads a token without verifying it.
func claimsOf(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("not a token: %q", token)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func signedIn(t *testing.T) (s *Server, c *clock, refresh string) {
	t.Helper()
	s, c = start(t)
	s.Set(func(b *Behaviour) { b.AutoApprove = "alice" })
	return s, c, deviceLogin(t, s).text("refresh_token")
}

func TestAGracePeriodForgivesALostAnswer(t *testing.T) {
	s, c, first := signedIn(t)
	s.Set(func(b *Behaviour) { b.RefreshGrace = 30 * time.Second })
	second := refreshWith(t, s, first).text("refresh_token")
	c.advance(29 * time.Second)
	if again := refreshWith(t, s, first); again.text("refresh_token") != second {
		t.Errorf("within the grace: %d %s", again.status, again.body)
	}
	c.advance(time.Second)
	wantError(t, refreshWith(t, s, first), errInvalidGrant)
	wantError(t, refreshWith(t, s, second), errInvalidGrant)
}

func TestTheGraceIsForTheLastTokenOnly(t *testing.T) {
	s, _, first := signedIn(t)
	s.Set(func(b *Behaviour) { b.RefreshGrace = time.Hour })
	second := refreshWith(t, s, first).text("refresh_token")
	refreshWith(t, s, second)
	wantError(t, refreshWith(t, s, first), errInvalidGrant)
}

func TestAConfidentialClientProvesItself(t *testing.T) {
	s := startWith(t, Options{})
	s.Set(func(b *Behaviour) { b.Kind = "google" })
	address := s.Origin() + deviceAuthorizationPath
	if a := post(t, address, "client_id", s.ClientID(), "scope", "openid", "client_secret", "GOCSPX-sandbox"); a.status != http.StatusOK {
		t.Errorf("in the form: %d %s", a.status, a.body)
	}
	basic := request(t, http.MethodPost, address, formType, "scope=openid")
	basic.SetBasicAuth(s.ClientID(), "GOCSPX-sandbox")
	if a, err := do(t, basic); err != nil || a.status != http.StatusOK {
		t.Errorf("in the header: %d %s, %v", a.status, a.body, err)
	}
	bearer := request(t, http.MethodPost, address, formType, "scope=openid")
	bearer.Header.Set("Authorization", "Bearer x")
	if a, err := do(t, bearer); err != nil || a.status != http.StatusUnauthorized {
		t.Errorf("bearer: %d %s, %v", a.status, a.body, err)
	}
	if len(s.Unexpected()) != 1 {
		t.Errorf("recorded %q", s.Unexpected())
	}
}
