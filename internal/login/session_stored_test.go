package login

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dbxaccess/dbxaccess/internal/identitycenter"
	"github.com/dbxaccess/dbxaccess/internal/secret"
)

func TestASessionSurvivesTheKeyring(t *testing.T) {
	t.Parallel()
	for _, change := range []func(*Session){
		func(*Session) {},
		func(s *Session) { s.Groups, s.GroupsPresent, s.GroupsOverage = nil, false, true },
		func(s *Session) { s.Groups, s.GroupsShape, s.Unasked = nil, "a list of objects", []string{"groups"} },
		func(s *Session) { s.RefreshToken, s.NoSilentRenewal = secret.String{}, true },
		func(s *Session) { s.Key, s.Ends = "tenant+object", noon.Add(8*time.Hour) },
		func(s *Session) { s.Kind, s.GroupsClaim, s.GroupsSeen = "okta", "/a/b", noon.Add(-time.Hour) },
		func(s *Session) {
			s.Authentication = Authentication{Time: noon.Add(-time.Hour), ACR: []string{"phr"}, AMR: []string{"hwk", "pin"}}
		},
		atCenter,
		func(s *Session) { atCenter(s); s.Subject, s.RefreshToken, s.Registration = "", secret.String{}, nil },
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

// atCenter makes a session one of Identity Center.
func atCenter(s *Session) {
	s.Issuer, s.ClientID, s.IDToken, s.AccessToken = "https://acme.awsapps.com/start", "", secret.String{}, secret.New("canary-access")
	s.SSORegion = "us-east-1"
	s.Registration = &identitycenter.Registration{ClientID: "c1", ClientSecret: secret.New("canary-client"), Expires: noon.Add(time.Hour)}
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

// What is added to the format must be passed over by builds that don't know it, or refused by them as damage.
func TestWhatWasAddedToTheFormat(t *testing.T) {
	t.Parallel()
	s := testSession()
	s.Key, s.Ends = "tenant+object", noon.Add(8*time.Hour)
	s.Kind, s.GroupsClaim, s.GroupsSeen = "entra", "roles", noon
	data, err := s.encode()
	for _, member := range []string{
		`"key":"tenant+object"`, `"ends":"2026-03-01T20:00:00Z"`, `"dialect":"entra","groups_claim":"roles","groups_seen":"2026-03-01T12:00:00Z"`,
	} {
		if err != nil || !strings.Contains(string(data), member) {
			t.Errorf("%s is not in %s, %v", member, data, err)
		}
	}
	atCenter(s)
	data, err = s.encode()
	for _, member := range []string{
		`"version":1`, `"client_id":""`, `"id_token":""`, `"access_token":"canary-access"`, `"sso_region":"us-east-1"`,
		`"registration":{"client_id":"c1","client_secret":"canary-client","expires":"2026-03-01T13:00:00Z"}`,
	} {
		if err != nil || !strings.Contains(string(data), member) {
			t.Errorf("%s is not in %s, %v", member, data, err)
		}
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
		"newer":                       {change(`"version":1`, `"version":2`), errNewerSession},
		"newer, of other form":        {`{"version":9,"id":[5]}`, errNewerSession},
		"no version":                  {change(`"version":1,`, ``), errDamagedSession},
		"version 0":                   {change(`"version":1`, `"version":0`), errDamagedSession},
		"no issuer":                   {change(issuer, ""), errDamagedSession},
		"no client":                   {change(`"cli"`, `""`), errDamagedSession},
		"no id":                       {change(`"id":"id1",`, ``), errDamagedSession},
		"no subject":                  {change(`"alice-1"`, `""`), errDamagedSession},
		"no ID token":                 {change(`"canary-id"`, `""`), errDamagedSession},
		"both kinds of token":         {change(`"scope"`, `"access_token":"x","sso_region":"y","client_id":"","scope"`), errDamagedSession},
		"an access token of a client": {change(`"id_token":"canary-id"`, `"access_token":"x","sso_region":"y"`), errDamagedSession},
		"no region":                   {change(`"id_token":"canary-id"`, `"access_token":"x","client_id":""`), errDamagedSession},
		"an impossible year":          {change("2026-03-01T13", "99999-03-01T13"), errDamagedSession},
		"cut":                         {string(good[:len(good)/2]), errDamagedSession},
		"empty":                       {"", errDamagedSession},
		"null":                        {"null", errDamagedSession},
	} {
		if _, err := decodeSession([]byte(c.data)); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

func FuzzSession(f *testing.F) {
	good, err := testSession().encode()
	if err != nil {
		f.Fatal(err)
	}
	center := testSession()
	atCenter(center)
	other, err := center.encode()
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{string(good), string(other), `{"version":2}`, `{"version":1e9}`, "null", "", string(good[:40])} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := decodeSession(data)
		if err != nil {
			return
		}
		person := s.ClientID != "" && s.Subject != "" && !s.IDToken.IsZero()
		if s.Issuer == "" || s.ID == "" || person == (s.ClientID == "" && !s.AccessToken.IsZero()) {
			t.Fatalf("%q became %+v", data, s)
		}
		_ = s.Fresh(noon, time.Minute)
		_, _ = s.EndsAt()
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
