package login

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/secret"
)

const (
	issuer   = "https://idp.example.com"
	clientID = "cli"
)

func testProvider() Provider { return Provider{Name: "acme", Issuer: issuer, ClientID: clientID} }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func testSession() *Session {
	return &Session{
		ID: "id1", Issuer: issuer, ClientID: clientID,
		Subject: "alice-1", Username: "alice", Email: "alice@example.com", Name: "Alice",
		Groups: []string{"ml", "x/y"}, GroupsPresent: true,
		IDToken: secret.New("canary-id"), RefreshToken: secret.New("canary-refresh"), PreviousRefreshToken: secret.New("canary-previous"),
		Scope: "openid groups", IDTokenExpires: noon.Add(time.Hour), SignedIn: noon.Add(-time.Hour), Refreshed: noon,
	}
}

var compareSecrets = cmp.Comparer(func(a, b secret.String) bool { return a.Reveal() == b.Reveal() })

func TestFreshness(t *testing.T) {
	t.Parallel()
	never := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		change  func(*Session)
		minLife time.Duration
		want    bool
	}{
		"an hour left":            {func(*Session) {}, time.Hour, true},
		"less than an hour":       {func(*Session) {}, time.Hour + 1, false},
		"ended":                   {func(s *Session) { s.IDTokenExpires = noon }, 0, false},
		"no end":                  {func(s *Session) { s.IDTokenExpires = time.Time{} }, 0, false},
		"no end, never refreshed": {func(s *Session) { s.IDTokenExpires, s.Refreshed = never, time.Time{} }, 0, false},
		"refreshed in year 9999":  {func(s *Session) { s.IDTokenExpires, s.Refreshed = never, never }, 0, false},
		"endless, of today":       {func(s *Session) { s.IDTokenExpires = never }, time.Hour, true},
		"endless, of yesterday":   {func(s *Session) { s.IDTokenExpires, s.Refreshed = never, noon.Add(-25*time.Hour) }, 0, false},
		"endless, not to be renewed": {func(s *Session) {
			s.IDTokenExpires, s.Refreshed, s.RefreshToken = noon.Add(time.Hour), noon.Add(-25*time.Hour), secret.String{}
		}, time.Hour, true},
	} {
		s := testSession()
		c.change(s)
		if got := s.Fresh(noon, c.minLife); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestSessionKeys(t *testing.T) {
	t.Parallel()
	keys := map[string]bool{}
	for _, p := range []Provider{
		{Issuer: "https://a", ClientID: "b"}, {Issuer: "https://ab"}, {Issuer: "https://a/", ClientID: "b"}, {Issuer: "https://a", ClientID: "c"},
	} {
		keys[SessionKey(p)] = true
	}
	if len(keys) != 4 {
		t.Errorf("keys collide: %v", keys)
	}
	if got := SessionKey(testProvider()); got != SessionKey(Provider{Name: "other", Issuer: issuer, ClientID: clientID}) ||
		!strings.HasPrefix(got, "session/") || strings.Trim(got, "abcdefghijklmnopqrstuvwxyz234567/") != "" {
		t.Errorf("got %q", got)
	}
}

func TestWhenASessionEnds(t *testing.T) {
	t.Parallel()
	later := noon.Add(8 * time.Hour)
	for name, c := range map[string]struct {
		change  func(*Session)
		told    time.Duration
		rotated bool
		want    time.Time
		known   bool
	}{
		"nobody says":                     {func(*Session) {}, 0, false, time.Time{}, false},
		"the provider says":               {func(*Session) {}, 8 * time.Hour, true, later, true},
		"it said so before":               {func(s *Session) { s.Ends = later }, 0, false, later, true},
		"another token, of unknown life":  {func(s *Session) { s.Ends = later }, 0, true, time.Time{}, false},
		"a token that moves the end":      {func(s *Session) { s.Ends = noon }, 8 * time.Hour, true, later, true},
		"there is no refresh token":       {func(s *Session) { s.RefreshToken = secret.String{} }, 8 * time.Hour, false, noon.Add(time.Hour), true},
		"renewals bring nothing":          {func(s *Session) { s.NoSilentRenewal = true }, 8 * time.Hour, false, noon.Add(time.Hour), true},
		"a machine has no sign-in to end": {func(s *Session) { s.Token, s.RefreshToken = &idp.TokenSource{From: idp.FromEnv}, secret.String{} }, 0, false, time.Time{}, false},
	} {
		s := testSession()
		c.change(s)
		s.Limit(c.told, c.rotated, noon)
		if ends, known := s.EndsAt(); !ends.Equal(c.want) || known != c.known {
			t.Errorf("%s: %s, %v", name, ends, known)
		}
	}
	old := testSession() // stored by a build that kept no end
	old.RefreshToken = secret.String{}
	if ends, known := old.EndsAt(); !known || !ends.Equal(old.IDTokenExpires) {
		t.Errorf("got %s, %v", ends, known)
	}
}

func TestWhatProvesASession(t *testing.T) {
	t.Parallel()
	workload := func(from string) *Session {
		return &Session{IDToken: secret.New("id"), Token: &idp.TokenSource{From: from}}
	}
	for name, c := range map[string]struct {
		session *Session
		want    Proof
	}{
		"a person":        {&Session{IDToken: secret.New("id")}, IDToken{secret.New("id")}},
		"Identity Center": {&Session{AccessToken: secret.New("access"), SSORegion: "us-east-1"}, PortalToken{secret.New("access"), "us-east-1"}},
		"a job":           {workload(idp.FromGitHub), IDToken{secret.New("id")}},
		"a machine":       {workload(idp.FromAWS), Ambient{}},
	} {
		if diff := cmp.Diff(c.want, c.session.Proof(), compareSecrets); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
