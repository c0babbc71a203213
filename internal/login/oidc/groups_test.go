package oidc

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
)

// groupsGrace is for how long groups stay that a renewal lacks.
const groupsGrace = 24 * time.Hour

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
		until := began.Add(groupsGrace).Local().Format("2006-01-02 15:04")
		if len(f.notices) != 1 || !strings.Contains(f.notices[0], "without the groups") || !strings.Contains(f.notices[0], until) ||
			!strings.Contains(f.notices[0], "dbxaccess login --identity acme --force") {
			t.Errorf("notices %q", f.notices)
		}
		time.Sleep(time.Until(began.Add(groupsGrace))) // the ID token lives on
		asked := f.idp.Count("/token")
		session, err := f.fresh()
		if err != nil || session.GroupsPresent || len(session.Groups) > 0 || f.stored().GroupsPresent || f.idp.Count("/token") != asked+1 {
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
		f.store.FailWith("lock", logintest.ErrConnectionLost)
		if session, err := f.fresh(); err != nil || session.GroupsPresent || session.Groups != nil || !session.SameToken(kept) {
			t.Errorf("got %+v, %v", session, err)
		}
		f.store.FailWith("lock", nil)
		if session, err := f.sessions.Renew(t.Context(), testProvider(), &login.Session{}); err != nil || session.GroupsPresent || session.SameToken(kept) {
			t.Errorf("got %+v, %v", session, err)
		}
	})
}

func TestTwoIdentitiesOfOneSignIn(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.changes = map[string]any{"department": []string{"ml-scientists"}, "groups": []string{"ml"}}
		groups, departments, none := testProvider(), testProvider(), testProvider()
		departments.GroupsClaim, none.GroupsClaim = "/department", "roles"
		check := func(p login.Provider, session *login.Session, err error, want ...string) {
			f.Helper()
			if err != nil || !slices.Equal(session.Groups, want) || session.GroupsPresent != (want != nil) || session.GroupsOverage {
				f.Errorf("%s: %+v, %v", p.GroupsClaim, session, err)
			}
		}
		for _, c := range []struct {
			p    login.Provider
			want []string
		}{{groups, []string{"ml"}}, {departments, []string{"ml-scientists"}}, {none, nil}, {departments, []string{"ml-scientists"}}, {groups, []string{"ml"}}} {
			session, err := logintest.Fresh(f.Context(), f.sessions, c.p, time.Minute) // whoever is first renews
			check(c.p, session, err, c.want...)
			session, err = f.sessions.Load(f.Context(), c.p)
			check(c.p, session, err, c.want...)
			err = f.sessions.While(f.Context(), c.p, func(s *login.Session) error { session = s; return nil })
			check(c.p, session, err, c.want...)
			time.Sleep(time.Second)
			session, err = f.sessions.Renew(f.Context(), c.p, session)
			check(c.p, session, err, c.want...)
		}
		f.change(func(s *login.Session) { s.GroupsClaim = "" }) // by an older build
		session, err := f.sessions.Load(f.Context(), departments)
		check(departments, session, err, "ml")
	})
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
