package login

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/secret"
)

func TestARenewalWithoutTheGroups(t *testing.T) {
	t.Parallel()
	present := func(groups ...string) Identity { return Identity{Groups: groups, GroupsPresent: true} }
	for name, c := range map[string]struct {
		kind    string
		change  func(*Session)
		renewed Identity
		groups  []string
		missed  bool
		seen    time.Time
	}{
		"other groups":           {"okta", nil, present("new"), []string{"new"}, false, noon},
		"an empty list":          {"okta", nil, present(), nil, false, noon},
		"now too many":           {"okta", nil, Identity{GroupsOverage: true}, nil, false, time.Time{}},
		"Okta":                   {"okta", nil, Identity{}, []string{"ml", "x/y"}, true, noon.Add(-time.Hour)},
		"nobody in particular":   {"generic", nil, Identity{}, []string{"ml", "x/y"}, true, noon.Add(-time.Hour)},
		"Entra":                  {"entra", nil, Identity{}, nil, false, time.Time{}},
		"Keycloak":               {"keycloak", nil, Identity{}, nil, false, time.Time{}},
		"Auth0":                  {"auth0", nil, Identity{}, nil, false, time.Time{}},
		"Google":                 {"google", nil, Identity{}, nil, false, time.Time{}},
		"Ping":                   {"ping", nil, Identity{}, nil, false, time.Time{}},
		"Dex":                    {"dex", nil, Identity{}, nil, false, time.Time{}},
		"none before":            {"okta", func(s *Session) { s.Groups, s.GroupsPresent = nil, false }, Identity{}, nil, false, time.Time{}},
		"the second time":        {"okta", func(s *Session) { s.GroupsSeen = noon.Add(-3 * time.Hour) }, Identity{}, []string{"ml", "x/y"}, false, noon.Add(-3 * time.Hour)},
		"with the last":          {"okta", func(s *Session) { s.GroupsSeen = s.Refreshed }, Identity{}, []string{"ml", "x/y"}, true, noon.Add(-30 * time.Minute)},
		"nearly a day":           {"okta", func(s *Session) { s.GroupsSeen = noon.Add(1 - groupsGrace) }, Identity{}, []string{"ml", "x/y"}, false, noon.Add(1 - groupsGrace)},
		"a day":                  {"okta", func(s *Session) { s.GroupsSeen = noon.Add(-groupsGrace) }, Identity{}, nil, false, time.Time{}},
		"of an older build":      {"okta", func(s *Session) { s.SignedIn = noon.Add(-groupsGrace) }, Identity{}, nil, false, time.Time{}},
		"seen in the far future": {"okta", func(s *Session) { s.GroupsSeen = noon.AddDate(9, 0, 0) }, Identity{}, nil, false, time.Time{}},
	} {
		s, p := testSession(), testProvider()
		s.Refreshed, p.Kind = noon.Add(-30*time.Minute), c.kind
		if c.change != nil {
			c.change(s)
		}
		c.renewed.Expires = noon.Add(2 * time.Hour)
		c.renewed.Email = "alice@new.example.com"
		missed := s.adopt(p, &c.renewed, secret.New("id2"), noon)
		if missed != c.missed || !slices.Equal(s.Groups, c.groups) || s.GroupsPresent != (c.groups != nil || c.renewed.GroupsPresent) ||
			s.GroupsOverage != c.renewed.GroupsOverage || !s.GroupsSeen.Equal(c.seen) || s.Kind != c.kind || s.GroupsClaim != "groups" {
			t.Errorf("%s: missed %v, %+v", name, missed, s)
		}
		if s.Email != "alice@new.example.com" || s.Username != "alice" || s.Name != "Alice" || s.Subject != "alice-1" || s.ID != "id1" {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

func TestGroupsThatStayAreToldOnceAndGoAfterADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.changes = map[string]any{"groups": nil}
		began := time.Now()
		for n := range 23 {
			time.Sleep(time.Hour + time.Second)
			session, err := f.fresh()
			if err != nil || !slices.Equal(session.Groups, []string{"ml"}) || !f.stored().GroupsPresent {
				t.Fatalf("renewal %d: %+v, %v", n+1, session, err)
			}
		}
		until := began.Add(groupsGrace).Local().Format(toTheMinute)
		if len(f.notices) != 1 || !strings.Contains(f.notices[0], "without the groups") || !strings.Contains(f.notices[0], until) ||
			!strings.Contains(f.notices[0], "dbxaccess login --identity acme --force") {
			t.Errorf("notices %q", f.notices)
		}
		time.Sleep(time.Until(began.Add(groupsGrace))) // the ID token lives on
		asked := f.idp.count("/token")
		session, err := f.fresh()
		if err != nil || session.GroupsPresent || len(session.Groups) > 0 || f.stored().GroupsPresent || f.idp.count("/token") != asked+1 {
			t.Errorf("got %+v, %v", session, err)
		}
		f.changes = nil
		time.Sleep(time.Hour + time.Second)
		if session, err := f.fresh(); err != nil || !slices.Equal(session.Groups, []string{"ml"}) {
			t.Errorf("they come back: %+v, %v", session, err)
		}
	})
}

// A provider that can't be reached must not make groups last longer.
func TestGroupsThatStayGoWithoutARenewalToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.changes = map[string]any{"groups": nil, "exp": time.Now().Add(72 * time.Hour).Unix()}
		time.Sleep(time.Hour + time.Second)
		kept, err := f.fresh()
		if err != nil || !kept.GroupsPresent {
			t.Fatalf("got %+v, %v", kept, err)
		}
		time.Sleep(groupsGrace - time.Hour)
		f.store.fail["lock"] = errConnectionLost
		if session, err := f.fresh(); err != nil || session.GroupsPresent || session.Groups != nil || !session.sameToken(kept) {
			t.Errorf("got %+v, %v", session, err)
		}
		delete(f.store.fail, "lock")
		if session, err := f.sessions.Renew(t.Context(), testProvider(), &Session{}); err != nil || session.GroupsPresent || session.sameToken(kept) {
			t.Errorf("got %+v, %v", session, err)
		}
	})
}

func TestTwoIdentitiesOfOneSignIn(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.changes = map[string]any{"department": []string{"ml-scientists"}, "groups": []string{"ml"}}
		groups, departments, none := testProvider(), testProvider(), testProvider()
		departments.GroupsClaim, none.GroupsClaim = "/department", "roles"
		check := func(p Provider, session *Session, err error, want ...string) {
			f.Helper()
			if err != nil || !slices.Equal(session.Groups, want) || session.GroupsPresent != (want != nil) || session.GroupsOverage {
				f.Errorf("%s: %+v, %v", p.groupsClaim(), session, err)
			}
		}
		for _, c := range []struct {
			p    Provider
			want []string
		}{{groups, []string{"ml"}}, {departments, []string{"ml-scientists"}}, {none, nil}, {departments, []string{"ml-scientists"}}, {groups, []string{"ml"}}} {
			session, err := f.sessions.Fresh(f.Context(), c.p, time.Minute) // whoever is first renews
			check(c.p, session, err, c.want...)
			session, err = f.sessions.Load(f.Context(), c.p)
			check(c.p, session, err, c.want...)
			err = f.sessions.While(f.Context(), c.p, func(s *Session) error { session = s; return nil })
			check(c.p, session, err, c.want...)
			time.Sleep(time.Second)
			session, err = f.sessions.Renew(f.Context(), c.p, session)
			check(c.p, session, err, c.want...)
		}
		f.change(func(s *Session) { s.GroupsClaim = "" }) // by an older build
		session, err := f.sessions.Load(f.Context(), departments)
		check(departments, session, err, "ml")
	})
}

func TestTwoIdentitiesOfOneMachine(t *testing.T) {
	t.Parallel()
	f := newMachineFixture(t)
	f.give = func() (secret.String, error) {
		return f.token(map[string]any{"groups": []string{"a"}, "teams": []string{"b"}, "email": "x@acme.com"}), nil
	}
	teams, entra, other := f.provider, f.provider, f.provider
	teams.GroupsClaim, entra.Kind = "teams", "keycloak"
	for _, c := range []struct {
		p     Provider
		group string
		kind  string
	}{{f.provider, "a", "generic"}, {teams, "b", "generic"}, {entra, "a", "keycloak"}, {other, "a", "generic"}} {
		session, err := f.sessions.Load(t.Context(), c.p)
		if err != nil || !slices.Equal(session.Groups, []string{c.group}) || session.Kind != c.kind {
			t.Errorf("%s of %s: %+v, %v", c.p.groupsClaim(), c.p.Kind, session, err)
		}
	}
	if f.asked != 3 {
		t.Errorf("asked %d times", f.asked)
	}
}

func TestAnAddressThatNobodyVouchesForGivesNothing(t *testing.T) {
	t.Parallel()
	i := newIDP()
	for name, c := range map[string]struct {
		issuer, kind string
		changes      map[string]any
		want         bool
	}{
		"verified":                {testIssuer, "", map[string]any{"email_verified": true}, true},
		"nobody says":             {testIssuer, "", nil, true},
		"denied":                  {testIssuer, "", map[string]any{"email_verified": false}, false},
		"denied in a text":        {testIssuer, "", map[string]any{"email_verified": "false"}, false},
		"a list":                  {testIssuer, "", map[string]any{"email": []string{"a@acme.com"}, "email_verified": false}, false},
		"Entra, by its issuer":    {"https://login.microsoftonline.com/t1/v2.0", "", nil, false},
		"Entra, by the map":       {testIssuer, "entra", map[string]any{"email_verified": true}, false},
		"Entra, proven":           {testIssuer, "entra", map[string]any{"xms_edov": true}, true},
		"not Entra, says the map": {"https://login.microsoftonline.com/t1/v2.0", "generic", nil, true},
	} {
		s := &Session{Issuer: c.issuer, Kind: c.kind, IDToken: i.idToken(c.changes)}
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

// What was believed once must not stay: by an older build, by another kind in the map, or as the provider then said.
func TestAnAddressIsTakenBack(t *testing.T) {
	bubble(t, func(f *fixture) {
		if f.stored().Email != "alice@example.com" {
			f.Fatalf("stored %+v", f.stored())
		}
		entra := testProvider()
		entra.Kind = "entra"
		if session, err := f.sessions.Load(f.Context(), entra); err != nil || session.Email != "" || session.Claim("email") != nil || session.Display() != "alice" {
			f.Errorf("got %+v, %v", session, err)
		}
		f.changes = map[string]any{"email_verified": false}
		if session, err := f.fresh(); err != nil || session.Email != "" || f.stored().Email != "" {
			f.Errorf("got %+v, %v", session, err)
		}
	})
}
