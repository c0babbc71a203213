package idcenter

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/identitycenter"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestARegistrationServesAsLongAsItHasLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		for _, c := range []struct {
			wait    time.Duration
			prepare func()
			clients int
		}{
			{0, func() {}, 1},
			{82 * 24 * time.Hour, func() {}, 1},
			{24 * time.Hour, func() {}, 2}, // a session begun now would outlive it
			{0, func() { f.center.Gone = []string{"c2"} }, 3},
			{0, func() { f.store.Items[registrationKey(testProvider(), deviceFlow)] = []byte("{") }, 4},
			{0, func() { f.store.FailWith("set", errors.New("locked")); clear(f.store.Items) }, 5}, // not kept, and used all the same
		} {
			time.Sleep(c.wait)
			c.prepare()
			if _, err := f.client.startDevice(t.Context(), testProvider()); err != nil || f.center.Clients != c.clients {
				t.Errorf("registered %d times, want %d: %v", f.center.Clients, c.clients, err)
			}
		}
		f.center.Answer = func(operation string, _ map[string]any) *logintest.Reply {
			if operation == "register" {
				return nil
			}
			r := logintest.AWSError(400, "InvalidClientException")
			return &r
		}
		before := f.center.Count("register")
		_, err := f.client.startDevice(t.Context(), testProvider())
		logintest.WantFault(t, err, ui.LoginNeeded, "no longer knows this program")
		if n := f.center.Count("register") - before; n > 2 {
			t.Errorf("registered %d times for one sign-in", n)
		}
	})
}

func TestRegistrationsAreOfOneCenterAndFlow(t *testing.T) {
	t.Parallel()
	keys := map[string]bool{}
	for _, change := range []func(*login.Provider){
		func(*login.Provider) {}, func(p *login.Provider) { p.Issuer += "/" }, func(p *login.Provider) { p.SSORegion = "eu-west-1" },
	} {
		p := testProvider()
		change(&p)
		keys[registrationKey(p, deviceFlow)], keys[registrationKey(p, browserFlow)] = true, true
	}
	if len(keys) != 6 {
		t.Errorf("%d keys", len(keys))
	}
}

func TestAClientThatIdentityCenterForgot(t *testing.T) {
	for name, c := range map[string]struct {
		flow    flow // that the session's client was registered for
		spoil   func(f *fixture)
		dropped []flow
	}{
		"by code":         {deviceFlow, func(*fixture) {}, []flow{deviceFlow}},
		"in the browser":  {browserFlow, func(*fixture) {}, []flow{browserFlow}},
		"replaced by now": {deviceFlow, func(f *fixture) { f.change(func(s *login.Session) { s.Registration.ClientID = "c0" }) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(f *fixture) {
				kept := map[flow]*identitycenter.Registration{}
				for _, flow := range []flow{deviceFlow, browserFlow} {
					r, err := f.client.register(f.Context(), testProvider(), flow)
					if err != nil {
						f.Fatal(err)
					}
					kept[flow] = r
				}
				f.change(func(s *login.Session) { s.Registration = kept[c.flow] })
				c.spoil(f)
				f.center.Ops, f.center.Gone = nil, []string{"c0", f.stored().Registration.ClientID}
				_, err := f.fresh()
				logintest.WantFault(f.T, err, ui.LoginNeeded, "no longer knows this program", "dbxaccess login --identity corp")
				if ui.IDOf(err) != "registration-unknown" {
					f.Errorf("%s: %v", ui.IDOf(err), err)
				}
				if !slices.Equal(f.center.Ops, []string{"token"}) {
					f.Errorf("did %v: no other client may renew it", f.center.Ops)
				}
				for flow := range kept {
					_, there := f.store.Items[registrationKey(testProvider(), flow)]
					if there == slices.Contains(c.dropped, flow) {
						f.Errorf("the registration for %q is kept: %v", flow, there)
					}
				}
				if f.stored().RefreshToken.Reveal() != "canary-r1" {
					f.Error("the session is gone")
				}
			})
		})
	}
}
