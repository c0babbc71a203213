package sandbox

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/person"
)

const allScopes = "openid profile email groups offline_access"

func beginDevice(t *testing.T, s *Server, more ...string) answer {
	t.Helper()
	a := post(t, s.Origin()+deviceAuthorizationPath, append([]string{"client_id", s.ClientID(), "scope", allScopes}, more...)...)
	if a.status != http.StatusOK {
		t.Fatalf("device authorization: %d %s", a.status, a.body)
	}
	return a
}

func poll(t *testing.T, s *Server, deviceCode string, more ...string) answer {
	t.Helper()
	return post(t, s.Origin()+tokenPath,
		append([]string{"client_id", s.ClientID(), "grant_type", grantDevice, "device_code", deviceCode}, more...)...)
}

// deviceLogin signs in at once; AutoApprove must be set.
func deviceLogin(t *testing.T, s *Server) answer {
	t.Helper()
	a := poll(t, s, beginDevice(t, s).text("device_code"))
	if a.status != http.StatusOK {
		t.Fatalf("redeeming a device code: %d %s", a.status, a.body)
	}
	return a
}

func wantError(t *testing.T, a answer, code string) {
	t.Helper()
	if a.status != http.StatusBadRequest || a.text("error") != code {
		t.Errorf("got %d %s, want %s", a.status, a.body, code)
	}
}

func TestADeviceFlowThroughTheForms(t *testing.T) {
	s, c := start(t)
	begun := beginDevice(t, s)
	if begun.fields["interval"] != 1.0 || begun.fields["expires_in"] != 600.0 {
		t.Errorf("interval and lifetime: %s", begun.body)
	}
	code := begun.text("user_code")
	if waiting, err := s.WaitForUserCode(t.Context()); err != nil || waiting != code {
		t.Errorf("waiting: %q, %v, want %q", waiting, err, code)
	}

	// As people type: in small letters, without the hyphen.
	typed := strings.ToLower(strings.ReplaceAll(code, "-", " "))
	if err := approveByForm(t, begun.text("verification_uri"), typed, "alice"); err != nil {
		t.Fatal(err)
	}
	c.advance(time.Second)
	tokens := poll(t, s, begun.text("device_code"))
	claims := verified(t, s, c, tokens.text("id_token"))
	if claims["sub"] != "00u1alice7Kq" || claims["preferred_username"] != "alice" || claims["email"] != "alice@example.com" {
		t.Errorf("claims %+v", claims)
	}
	if tokens.text("refresh_token") == "" || tokens.text("token_type") != "Bearer" {
		t.Errorf("tokens: %s", tokens.body)
	}
}

func TestTheCodeInTheURLFillsTheForm(t *testing.T) {
	s, _ := start(t)
	begun := beginDevice(t, s)
	// The walker types nothing: it has no answer for the field.
	if err := person.Walk(t.Context(), begun.text("verification_uri_complete"), says("bob", "approve"), "approved"); err != nil {
		t.Fatal(err)
	}
	if a := poll(t, s, begun.text("device_code")); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestPollingTooFastIsSlowedDown(t *testing.T) {
	s, c := start(t)
	s.Set(func(b *Behaviour) { b.PollInterval = 5 * time.Second })
	code := beginDevice(t, s).text("device_code")
	for _, step := range []struct {
		after time.Duration
		want  string
	}{
		{0, errAuthorizationPending}, // the first may come at once
		{5 * time.Second, errAuthorizationPending},
		{4 * time.Second, errSlowDown},
		{9 * time.Second, errSlowDown}, // 10 s by now
		{15 * time.Second, errAuthorizationPending},
	} {
		c.advance(step.after)
		wantError(t, poll(t, s, code), step.want)
	}
	if n := s.Calls()[harness.SlowDowns]; n != 2 {
		t.Errorf("%d slow_downs counted", n)
	}
}

func TestACodeIsDecidedOnce(t *testing.T) {
	s, c := start(t)
	code, late := beginDevice(t, s).text("user_code"), beginDevice(t, s).text("user_code")
	for what, err := range map[string]error{"an unknown user": s.Approve(code, "mallory"), "an unknown code": s.Approve("BBBB-BBBB", "alice")} {
		if err == nil {
			t.Errorf("%s approved", what)
		}
	}
	if err := s.Approve(code, "alice"); err != nil {
		t.Fatal(err)
	}
	if err := s.Deny(code); err == nil {
		t.Error("decided twice")
	}
	c.advance(10 * time.Minute)
	if err := s.Approve(late, "alice"); err == nil {
		t.Error("approved when it was over")
	}
}

func TestWaitingForAUserCode(t *testing.T) {
	s, _ := start(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.WaitForUserCode(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	// Decided codes wait for nobody.
	if err := s.Deny(beginDevice(t, s).text("user_code")); err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 1)
	go func() {
		code, _ := s.WaitForUserCode(t.Context())
		got <- code
	}()
	if want, code := beginDevice(t, s).text("user_code"), <-got; code != want {
		t.Errorf("got %q, want %q", code, want)
	}
}

func TestDecisionsAtOnce(t *testing.T) {
	s := startWith(t, Options{})
	s.Set(func(b *Behaviour) { b.AutoDeny = true })
	wantError(t, poll(t, s, beginDevice(t, s).text("device_code")), errAccessDenied)
	s.Set(func(b *Behaviour) { b.AutoDeny, b.AutoApprove = false, "mallory" })
	a := post(t, s.Origin()+deviceAuthorizationPath, "client_id", s.ClientID(), "scope", "openid")
	if a.status != http.StatusInternalServerError || len(s.Unexpected()) != 1 {
		t.Errorf("%d %s, recorded %q", a.status, a.body, s.Unexpected())
	}
}
