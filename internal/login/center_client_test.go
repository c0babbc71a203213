package login

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/identitycenter"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestARegistrationServesAsLongAsItHasLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newCenterFixture(t)
		for _, c := range []struct {
			wait    time.Duration
			prepare func()
			clients int
		}{
			{0, func() {}, 1},
			{82 * 24 * time.Hour, func() {}, 1},
			{24 * time.Hour, func() {}, 2}, // a session begun now would outlive it
			{0, func() { f.center.gone = []string{"c2"} }, 3},
			{0, func() { f.store.items[registrationKey(centerProvider(), deviceFlow)] = []byte("{") }, 4},
			{0, func() { f.store.fail["set"] = errLocked; clear(f.store.items) }, 5}, // not kept, and used all the same
		} {
			time.Sleep(c.wait)
			c.prepare()
			if _, err := f.sessions.startCenterDevice(t.Context(), centerProvider()); err != nil || f.center.clients != c.clients {
				t.Errorf("registered %d times, want %d: %v", f.center.clients, c.clients, err)
			}
		}
		f.center.answer = func(operation string, _ map[string]any) *reply {
			if operation == "register" {
				return nil
			}
			r := awsError(400, "InvalidClientException")
			return &r
		}
		before := f.center.count("register")
		_, err := f.sessions.startCenterDevice(t.Context(), centerProvider())
		wantFault(t, err, ui.LoginNeeded, "no longer knows this program")
		if n := f.center.count("register") - before; n > 2 {
			t.Errorf("registered %d times for one sign-in", n)
		}
	})
}

func TestRegistrationsAreOfOneCenterAndFlow(t *testing.T) {
	t.Parallel()
	keys := map[string]bool{}
	for _, change := range []func(*Provider){
		func(*Provider) {}, func(p *Provider) { p.Issuer += "/" }, func(p *Provider) { p.SSORegion = "eu-west-1" },
	} {
		p := centerProvider()
		change(&p)
		keys[registrationKey(p, deviceFlow)], keys[registrationKey(p, browserFlow)] = true, true
	}
	if len(keys) != 6 {
		t.Errorf("%d keys", len(keys))
	}
}

func TestWithoutAClientForIt(t *testing.T) {
	t.Parallel()
	f := newCenterFixture(t)
	s := &Sessions{Client: newIDP().client(), Store: f.store}
	ctx, p := t.Context(), centerProvider()
	_, err := s.SignIn(ctx, p, codeScreen(func(*DeviceCode) { t.Error("shown") }))
	_, browsed := s.SignIn(ctx, p, browserScreen(func(string) { t.Error("shown") }))
	_, listed := s.Assignments(ctx, p, testSession().IDToken)
	for _, err := range []error{err, browsed, listed} {
		wantFault(t, err, ui.Failed, "acme.awsapps.com", "IAM Identity Center")
	}
}

func TestAClientThatIdentityCenterForgot(t *testing.T) {
	for name, c := range map[string]struct {
		flow    centerFlow // that the session's client was registered for
		spoil   func(f *centerFixture)
		dropped []centerFlow
	}{
		"by code":         {deviceFlow, func(*centerFixture) {}, []centerFlow{deviceFlow}},
		"in the browser":  {browserFlow, func(*centerFixture) {}, []centerFlow{browserFlow}},
		"replaced by now": {deviceFlow, func(f *centerFixture) { f.change(func(s *Session) { s.Registration.ClientID = "c0" }) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			centerBubble(t, func(f *centerFixture) {
				kept := map[centerFlow]*identitycenter.Registration{}
				for _, flow := range []centerFlow{deviceFlow, browserFlow} {
					r, err := f.sessions.register(f.Context(), centerProvider(), flow)
					if err != nil {
						f.Fatal(err)
					}
					kept[flow] = r
				}
				f.change(func(s *Session) { s.Registration = kept[c.flow] })
				c.spoil(f)
				f.center.ops, f.center.gone = nil, []string{"c0", f.stored().Registration.ClientID}
				_, err := f.fresh()
				wantFault(f.T, err, ui.LoginNeeded, "no longer knows this program", "dbxaccess login --identity corp")
				if !slices.Equal(f.center.ops, []string{"token"}) {
					f.Errorf("did %v: no other client may renew it", f.center.ops)
				}
				for flow := range kept {
					_, there := f.store.items[registrationKey(centerProvider(), flow)]
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
