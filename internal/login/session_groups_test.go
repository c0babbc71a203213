package login

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/secret"
)

func TestARenewalWithoutTheGroups(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind    string
		change  func(*Session)
		renewed string // its claims about groups
		groups  []string
		missed  bool
		seen    time.Time
	}{
		"other groups":           {"okta", nil, `,"groups":["new"]`, []string{"new"}, false, noon},
		"an empty list":          {"okta", nil, `,"groups":[]`, nil, false, noon},
		"now too many":           {"okta", nil, `,"hasgroups":true`, nil, false, time.Time{}},
		"Okta":                   {"okta", nil, "", []string{"ml", "x/y"}, true, noon.Add(-time.Hour)},
		"nobody in particular":   {"generic", nil, "", []string{"ml", "x/y"}, true, noon.Add(-time.Hour)},
		"Entra":                  {"entra", nil, "", nil, false, time.Time{}},
		"Keycloak":               {"keycloak", nil, "", nil, false, time.Time{}},
		"Auth0":                  {"auth0", nil, "", nil, false, time.Time{}},
		"Google":                 {"google", nil, "", nil, false, time.Time{}},
		"Ping":                   {"ping", nil, "", nil, false, time.Time{}},
		"Dex":                    {"dex", nil, "", nil, false, time.Time{}},
		"none before":            {"okta", func(s *Session) { s.Groups, s.GroupsPresent = nil, false }, "", nil, false, time.Time{}},
		"the second time":        {"okta", func(s *Session) { s.GroupsSeen = noon.Add(-3 * time.Hour) }, "", []string{"ml", "x/y"}, false, noon.Add(-3 * time.Hour)},
		"with the last":          {"okta", func(s *Session) { s.GroupsSeen = s.Refreshed }, "", []string{"ml", "x/y"}, true, noon.Add(-30 * time.Minute)},
		"nearly a day":           {"okta", func(s *Session) { s.GroupsSeen = noon.Add(1 - groupsGrace) }, "", []string{"ml", "x/y"}, false, noon.Add(1 - groupsGrace)},
		"a day":                  {"okta", func(s *Session) { s.GroupsSeen = noon.Add(-groupsGrace) }, "", nil, false, time.Time{}},
		"of an older build":      {"okta", func(s *Session) { s.SignedIn = noon.Add(-groupsGrace) }, "", nil, false, time.Time{}},
		"seen in the far future": {"okta", func(s *Session) { s.GroupsSeen = noon.AddDate(9, 0, 0) }, "", nil, false, time.Time{}},
	} {
		s, p := testSession(), testProvider()
		s.Refreshed, p.Kind = noon.Add(-30*time.Minute), c.kind
		if c.change != nil {
			c.change(s)
		}
		claims := claimsOf(t, `{"sub":"alice-1","exp":1772373600,"email":"alice@new.example.com","xms_edov":true`+c.renewed+`}`)
		missed := s.Update(p, claims, secret.New("id2"), noon)
		if missed != c.missed || !slices.Equal(s.Groups, c.groups) || s.GroupsPresent != (c.groups != nil || strings.Contains(c.renewed, `"groups"`)) ||
			s.GroupsOverage != strings.Contains(c.renewed, "hasgroups") || !s.GroupsSeen.Equal(c.seen) || s.Kind != c.kind || s.GroupsClaim != "groups" {
			t.Errorf("%s: missed %v, %+v", name, missed, s)
		}
		if s.Email != "alice@new.example.com" || s.Username != "alice" || s.Name != "Alice" || s.Subject != "alice-1" || s.ID != "id1" {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

func TestAnAddressThatNobodyVouchesForGivesNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		issuer, kind string
		changes      map[string]any
		want         bool
	}{
		"verified":                {issuer, "", map[string]any{"email_verified": true}, true},
		"nobody says":             {issuer, "", nil, true},
		"denied":                  {issuer, "", map[string]any{"email_verified": false}, false},
		"denied in a text":        {issuer, "", map[string]any{"email_verified": "false"}, false},
		"a list":                  {issuer, "", map[string]any{"email": []string{"a@acme.com"}, "email_verified": false}, false},
		"Entra, by its issuer":    {"https://login.microsoftonline.com/t1/v2.0", "", nil, false},
		"Entra, by the map":       {issuer, "entra", map[string]any{"email_verified": true}, false},
		"Entra, proven":           {issuer, "entra", map[string]any{"xms_edov": true}, true},
		"not Entra, says the map": {"https://login.microsoftonline.com/t1/v2.0", "generic", nil, true},
	} {
		s := &Session{Issuer: c.issuer, Kind: c.kind, IDToken: unsigned(t, c.changes)}
		for _, claim := range []string{"email", "/email"} {
			if got := s.Claim(claim); (got != nil) != c.want {
				t.Errorf("%s: %s is %q", name, claim, got)
			}
		}
		if !c.want && s.Claim("/email/0") != nil {
			t.Errorf("%s: %q", name, s.Claim("/email/0"))
		}
		if got := s.Claim("preferred_username"); !slices.Equal(got, []string{"alice"}) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// unsigned is a token that a session holds: it was verified when it came.
func unsigned(t *testing.T, changes map[string]any) secret.String {
	t.Helper()
	claims := map[string]any{"sub": "alice-1", "email": "alice@example.com", "preferred_username": "alice"}
	maps.Copy(claims, changes)
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	return secret.New("e30." + base64.RawURLEncoding.EncodeToString(payload) + ".")
}
