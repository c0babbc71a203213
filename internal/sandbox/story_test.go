package sandbox

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/kind"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/person"
)

func (st *story) tell() {
	st.behave(nil)
	st.says("discovery", get(st.t, st.s.Issuer()+"/.well-known/openid-configuration"))
	st.tellDevice()
	st.tellRefresh()
	st.tellBrowser()
	st.tellClient()
	st.tellRefusals()
}

func (st *story) tellDevice() {
	first, second := st.device(), st.device()
	st.says("device", first)
	st.says("pending", st.poll(first.text("device_code")))
	st.says("too fast", st.poll(first.text("device_code")))
	st.check(st.s.Deny(first.text("user_code")))
	st.clock.advance(time.Minute)
	st.says("denied", st.poll(first.text("device_code")))
	st.clock.advance(10 * time.Minute)
	st.says("expired", st.poll(second.text("device_code")))
	st.says("expired, again", st.poll(second.text("device_code")))
	st.says("unknown device code", st.poll("none"))
	third := st.device("code_challenge", testChallenge, "code_challenge_method", "S256")
	st.check(st.s.Approve(third.text("user_code"), "alice"))
	st.says("no verifier", st.poll(third.text("device_code")))
	st.clock.advance(time.Minute)
	st.says("wrong verifier", st.poll(third.text("device_code"), "code_verifier", strings.Repeat("x", 43)))
	st.clock.advance(time.Minute)
	tokens := st.poll(third.text("device_code"), "code_verifier", testVerifier)
	st.says("tokens", tokens)
	st.claims("alice", tokens)
	st.says("used device code", st.poll(third.text("device_code"), "code_verifier", testVerifier))
	st.claims("carol", st.login("carol"))
	for _, n := range []int{200, 201} {
		st.behave(func(b *Behaviour) { b.UserGroups = n })
		st.claims(fmt.Sprint(n, " groups"), st.login("bob"))
	}
	st.behave(func(b *Behaviour) { b.DemandPKCE = true })
	st.says("no challenge", st.device())
	st.behave(func(b *Behaviour) { b.Audience = "api://acme" })
	st.says("no audience", st.device())
}

func (st *story) tellRefresh() {
	st.behave(nil)
	first := st.login("alice").text("refresh_token")
	renewed := st.refresh(first)
	st.says("renewed", renewed)
	st.claims("renewed", renewed)
	st.claims("renewed, with scopes", st.refresh(st.login("alice").text("refresh_token"), "scope", st.scopes()))
	st.says("replaced refresh token", st.refresh(first))
	st.clock.advance(time.Minute)
	st.says("replaced refresh token, later", st.refresh(first))
	if next := renewed.text("refresh_token"); next != "" {
		st.says("its successor", st.refresh(next))
	}
	st.says("unknown refresh token", st.refresh("none"))
	st.says("no refresh token", st.refresh(""))
	st.claims("narrower scope", st.refresh(st.login("alice").text("refresh_token"), "scope", "openid profile"))
	st.says("wider scope", st.refresh(st.login("alice").text("refresh_token"), "scope", "openid everything"))
	st.says("spelt scope", st.refresh(st.login("alice").text("refresh_token"), "scope", st.login("alice").text("scope")))
	st.behave(func(b *Behaviour) { b.KeepRefreshToken = true })
	st.says("kept", st.refresh(st.login("alice").text("refresh_token")))
	last := st.login("alice").text("refresh_token")
	st.says("revoked", st.post("/revoke", "token", last))
	st.note("renewed after that", fmt.Sprint(st.refresh(last).status))
}

func (st *story) tellBrowser() {
	redirect := "http://" + st.host + ":1/cb"
	for _, other := range []string{"http://127.0.0.1:1/cb", "http://localhost:1/cb", "https://evil.example/cb"} {
		st.behave(func(b *Behaviour) { b.AutoApprove = "alice" })
		a, _ := st.browser(other)
		st.says("back to "+other, a)
	}
	_, back := st.browser(redirect)
	st.says("another redirect", st.redeem(back.Get("code"), redirect+"/x", testVerifier))
	st.says("code without its verifier", st.redeem(back.Get("code"), redirect, ""))
	tokens := st.redeem(back.Get("code"), redirect, testVerifier)
	st.claims("by browser", tokens)
	renewed := st.refresh(tokens.text("refresh_token"))
	st.claims("by browser, renewed", renewed)
	st.says("used code", st.redeem(back.Get("code"), redirect, testVerifier))
	st.note("renewed after that", fmt.Sprint(st.refresh(cmp.Or(renewed.text("refresh_token"), tokens.text("refresh_token"))).status))
	st.says("unknown code", st.redeem("none", redirect, testVerifier))
	_, back = st.browser(redirect)
	st.clock.advance(10 * time.Minute)
	st.says("expired code", st.redeem(back.Get("code"), redirect, testVerifier))
	st.behave(func(b *Behaviour) { b.AutoApprove, b.Audience = "alice", "api://acme" })
	a, _ := st.browser(redirect)
	st.says("no audience by browser", a)
	st.behave(nil)
	listening, got := listenForRedirect(st.t)
	listening = strings.Replace(listening, "127.0.0.1", st.host, 1)
	address := authorizeURL(st.s, listening, func(v url.Values) { v.Set("scope", st.scopes()) })
	st.check(person.Walk(st.t.Context(), address, says("alice", "deny"), ""))
	st.note("denied by browser", (<-got).Encode())
}

func (st *story) tellClient() {
	st.says("unknown scope", st.post("/device/authorize", "scope", "openid everything"))
	st.says("unknown client", post(st.t, st.s.Issuer()+"/token", "client_id", "other", "grant_type", grantDevice))
	if st.kind == "google" {
		st.says("no secret at the device endpoint", post(st.t, st.s.Issuer()+"/device/authorize", "client_id", st.s.ClientID(), "scope", "openid"))
		st.says("no secret", st.poll("none", "client_secret", ""))
		st.says("wrong secret", st.poll("none", "client_secret", "x"))
	}
	st.note("unexpected so far", fmt.Sprint(len(st.s.Unexpected())))
}

// tellRefusals is what the administrator's doing looks like, where it is first met, and by browser.
func (st *story) tellRefusals() {
	before := len(st.s.Unexpected())
	for _, refusal := range []kind.Situation{
		kind.UnknownClient, kind.PublicClient, kind.NoDeviceGrant, kind.NotAssigned, kind.Blocked, kind.SessionOver, kind.Interaction,
	} {
		st.behave(nil)
		refresh, waiting := st.login("alice").text("refresh_token"), st.device()
		st.check(st.s.Approve(waiting.text("user_code"), "alice"))
		st.behave(func(b *Behaviour) { b.AutoApprove, b.Refusal = "alice", refusal })
		for _, met := range []struct {
			at string
			a  answer
		}{{"device", st.device()}, {"code", st.poll(waiting.text("device_code"))}, {"refresh", st.refresh(refresh)}} {
			if met.a.status != http.StatusOK {
				st.says(string(refusal)+" at the "+met.at, met.a)
			}
		}
		if a, back := st.browser("http://" + st.host + ":1/cb"); !back.Has("code") {
			st.says(string(refusal)+" by browser", a)
		}
	}
	if after := len(st.s.Unexpected()); after != before {
		st.t.Errorf("refusals are no fault of the client's: %q", st.s.Unexpected()[before:])
	}
}
