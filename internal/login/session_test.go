package login

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func testSession() *Session {
	return &Session{
		ID: "id1", Issuer: testIssuer, ClientID: testClient,
		Subject: "alice-1", Username: "alice", Email: "alice@example.com", Name: "Alice",
		Groups: []string{"ml", "x/y"}, GroupsPresent: true,
		IDToken: secret.New("canary-id"), RefreshToken: secret.New("canary-refresh"), PreviousRefreshToken: secret.New("canary-previous"),
		Scope: "openid groups", IDTokenExpires: noon.Add(time.Hour), SignedIn: noon.Add(-time.Hour), Refreshed: noon,
	}
}

var compareSecrets = cmp.Comparer(func(a, b secret.String) bool { return a.Reveal() == b.Reveal() })

func TestASessionSurvivesTheKeyring(t *testing.T) {
	t.Parallel()
	for _, change := range []func(*Session){
		func(*Session) {},
		func(s *Session) { s.Groups, s.GroupsPresent, s.GroupsOverage = nil, false, true },
		func(s *Session) { s.RefreshToken, s.NoSilentRenewal = secret.String{}, true },
	} {
		want := testSession()
		change(want)
		data, err := want.encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeSession(data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, compareSecrets); diff != "" {
			t.Error(diff)
		}
	}
}

// The stored format is a promise to other builds: this text was written by version 1 and must stay readable.
func TestTheStoredFormatOfVersion1(t *testing.T) {
	t.Parallel()
	const stored = `{"version":1,"id":"id1","issuer":"https://idp.example.com","client_id":"cli","subject":"alice-1","username":"alice",` +
		`"email":"alice@example.com","name":"Alice","groups":["ml","x/y"],"groups_present":true,"id_token":"canary-id",` +
		`"refresh_token":"canary-refresh","previous_refresh_token":"canary-previous","scope":"openid groups",` +
		`"id_token_expires":"2026-03-01T13:00:00Z","signed_in":"2026-03-01T11:00:00Z","refreshed":"2026-03-01T12:00:00Z"`
	got, err := decodeSession([]byte(stored + `,"added_later":{"x":1}}`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(testSession(), got, compareSecrets); diff != "" {
		t.Error(diff)
	}
	if data, err := testSession().encode(); err != nil || string(data) != stored+"}" {
		t.Errorf("written as %s, %v", data, err)
	}
}

func TestSessionsThatCantBeUsed(t *testing.T) {
	t.Parallel()
	good, err := testSession().encode()
	if err != nil {
		t.Fatal(err)
	}
	change := func(old, updated string) string { return strings.Replace(string(good), old, updated, 1) }
	for name, c := range map[string]struct {
		data string
		want error
	}{
		"newer":                {change(`"version":1`, `"version":2`), errNewerSession},
		"newer, of other form": {`{"version":9,"id":[5]}`, errNewerSession},
		"no version":           {change(`"version":1,`, ``), errDamagedSession},
		"version 0":            {change(`"version":1`, `"version":0`), errDamagedSession},
		"no issuer":            {change(testIssuer, ""), errDamagedSession},
		"no client":            {change(`"cli"`, `""`), errDamagedSession},
		"no id":                {change(`"id":"id1",`, ``), errDamagedSession},
		"no subject":           {change(`"alice-1"`, `""`), errDamagedSession},
		"no ID token":          {change(`"canary-id"`, `""`), errDamagedSession},
		"an impossible year":   {change("2026-03-01T13", "99999-03-01T13"), errDamagedSession},
		"cut":                  {string(good[:len(good)/2]), errDamagedSession},
		"empty":                {"", errDamagedSession},
		"null":                 {"null", errDamagedSession},
	} {
		if _, err := decodeSession([]byte(c.data)); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

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
		if got := s.fresh(noon, c.minLife); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestARenewalThatSaysLessTakesNothingAway(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		renewed Identity
		groups  []string
		kept    bool
	}{
		"other groups":    {Identity{Groups: []string{"new"}, GroupsPresent: true}, []string{"new"}, false},
		"an empty list":   {Identity{Groups: []string{}, GroupsPresent: true}, []string{}, false},
		"no claim":        {Identity{}, []string{"ml", "x/y"}, true},
		"now too many":    {Identity{GroupsOverage: true}, nil, false},
		"no claim before": {Identity{}, nil, false},
	} {
		s := testSession()
		if name == "no claim before" {
			s.Groups, s.GroupsPresent = nil, false
		}
		c.renewed.Expires = noon.Add(2 * time.Hour)
		c.renewed.Email = "alice@new.example.com"
		kept := s.adopt(&c.renewed, secret.New("id2"), noon)
		if kept != c.kept || !slices.Equal(s.Groups, c.groups) || s.GroupsOverage != c.renewed.GroupsOverage {
			t.Errorf("%s: kept %v, groups %q", name, kept, s.Groups)
		}
		if s.Email != "alice@new.example.com" || s.Username != "alice" || s.Name != "Alice" || s.Subject != "alice-1" || s.ID != "id1" {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

func TestTokensAreNeverPrinted(t *testing.T) {
	t.Parallel()
	var logged bytes.Buffer
	tokens := &Tokens{IDToken: secret.New("canary-i"), AccessToken: secret.New("canary-a"), RefreshToken: secret.New("canary-r")}
	device := &DeviceCode{Code: secret.New("canary-device")}
	provider := Provider{ClientSecret: secret.New("canary-client")}
	for _, value := range []any{testSession(), tokens, device, provider} {
		plain, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		slog.New(slog.NewJSONHandler(&logged, nil)).Info("", "value", value)
		slog.New(slog.NewTextHandler(&logged, nil)).Info("", "value", value)
		if out := fmt.Sprintf("%v %+v %#v %s", value, value, value, plain) + logged.String(); strings.Contains(out, "canary") {
			t.Errorf("%T: %s", value, out)
		}
	}
}

func TestASessionOfAnotherProviderUnderThisKeyIsNone(t *testing.T) {
	t.Parallel()
	for _, change := range []func(*Session){
		func(s *Session) { s.Issuer = "https://evil.example.net" },
		func(s *Session) { s.ClientID = "other" },
	} {
		foreign := testSession()
		change(foreign)
		data, err := foreign.encode()
		if err != nil {
			t.Fatal(err)
		}
		keyring := newMemStore()
		keyring.items[SessionKey(testProvider())] = data
		sessions := &Sessions{Client: &Client{}, Store: keyring}
		if _, err := sessions.Load(t.Context(), testProvider()); ui.CodeOf(err) != ui.LoginNeeded {
			t.Errorf("got %v", err)
		}
		if all, err := sessions.All(t.Context()); err != nil || len(all) != 1 || all[0].Issuer != foreign.Issuer {
			t.Errorf("All lists it: %v, %v", all, err)
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
	if got := SessionKey(testProvider()); got != SessionKey(Provider{Name: "other", Issuer: testIssuer, ClientID: testClient}) ||
		!strings.HasPrefix(got, "session/") || strings.Trim(got, "abcdefghijklmnopqrstuvwxyz234567/") != "" {
		t.Errorf("got %q", got)
	}
}

func FuzzSession(f *testing.F) {
	good, err := testSession().encode()
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{string(good), `{"version":2}`, `{"version":1e9}`, "null", "", string(good[:40])} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := decodeSession(data)
		if err != nil {
			return
		}
		if s.Issuer != testIssuer || s.ClientID != testClient || s.Subject == "" || s.IDToken.IsZero() {
			t.Fatalf("%q became %+v", data, s)
		}
		_ = s.fresh(noon, time.Minute)
		again, err := s.encode()
		if err != nil {
			t.Fatal(err)
		}
		reread, err := decodeSession(again)
		if err != nil {
			t.Fatalf("%q became %q: %v", data, again, err)
		}
		if diff := cmp.Diff(s, reread, compareSecrets, cmp.Transformer("", func(g []string) int { return len(g) })); diff != "" {
			t.Fatal(diff)
		}
	})
}
