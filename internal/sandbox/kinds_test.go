package sandbox

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/person"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/kind"
)

var update = flag.Bool("update", false, "write what the providers answer to testdata/kinds")

// TestKindsAnswerAsRecorded walks through all that a client meets at each kind of provider and compares what it was told,
// word for word, with testdata/kinds: that is where what the kinds do is to be read and reviewed.
func TestKindsAnswerAsRecorded(t *testing.T) {
	for _, kind := range Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			c := newClock()
			st := &story{t: t, clock: c, kind: kind, s: startWith(t, Options{Now: c.Now})}
			st.tell()
			path := filepath.Join("testdata", "kinds", string(kind)+".txt")
			if *update {
				if err := os.WriteFile(path, []byte(st.text.String()), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			told, recorded := strings.Split(st.text.String(), "\n"), strings.Split(string(want), "\n")
			for i := range max(len(told), len(recorded)) {
				if i >= len(told) || i >= len(recorded) || told[i] != recorded[i] {
					t.Fatalf("line %d differs (if it should: make generate):\n%s\nrecorded:\n%s", i+1, strings.Join(told[min(i, len(told)):], "\n"), strings.Join(recorded[min(i, len(recorded)):], "\n"))
				}
			}
		})
	}
}

// story is one kind's: what a client asked, and what it was told.
type story struct {
	t     *testing.T
	s     *Server
	clock *clock
	kind  Kind
	text  strings.Builder
}

// behave sets the kind and what the function says, and nothing else.
func (st *story) behave(change func(*Behaviour)) {
	st.s.Set(func(b *Behaviour) {
		*b = DefaultBehaviour()
		b.Kind = st.kind
		if change != nil {
			change(b)
		}
	})
}

// scopes are those of the usual ones that the provider knows.
func (st *story) scopes() string {
	supported, _ := get(st.t, st.s.Issuer()+"/.well-known/openid-configuration").fields["scopes_supported"].([]any)
	return strings.Join(slices.DeleteFunc(strings.Fields(allScopes), func(scope string) bool { return !slices.Contains(supported, any(scope)) }), " ")
}

func (st *story) post(path string, pairs ...string) answer {
	st.t.Helper()
	form := append([]string{"client_id", st.s.ClientID()}, pairs...)
	if st.kind == "google" && !slices.Contains(pairs, "client_secret") {
		form = append(form, "client_secret", "GOCSPX-sandbox")
	}
	return post(st.t, st.s.Issuer()+path, form...)
}

func (st *story) device(pairs ...string) answer {
	st.t.Helper()
	return st.post("/device/authorize", append([]string{"scope", st.scopes()}, pairs...)...)
}

func (st *story) poll(code string, pairs ...string) answer {
	st.t.Helper()
	return st.post("/token", append([]string{"grant_type", grantDevice, "device_code", code}, pairs...)...)
}

func (st *story) refresh(token string, pairs ...string) answer {
	st.t.Helper()
	return st.post("/token", append([]string{"grant_type", grantRefresh, "refresh_token", token}, pairs...)...)
}

func (st *story) redeem(code, redirect, verifier string) answer {
	st.t.Helper()
	return st.post("/token", "grant_type", grantCode, "code", code, "redirect_uri", redirect, "code_verifier", verifier)
}

// login signs somebody in by device code.
func (st *story) login(user string) answer {
	st.t.Helper()
	a := st.device()
	if err := st.s.Approve(a.text("user_code"), user); err != nil {
		st.t.Fatal(err)
	}
	return st.poll(a.text("device_code"))
}

// browser signs somebody in by browser, who decides at once, and returns where the browser was sent.
func (st *story) browser(redirect string) (answer, url.Values) {
	st.t.Helper()
	a := get(st.t, authorizeURL(st.s, redirect, func(v url.Values) { v.Set("scope", st.scopes()) }))
	back, err := url.Parse(a.header.Get("Location"))
	if err != nil {
		st.t.Fatal(err)
	}
	return a, back.Query()
}

var (
	guids  = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	random = regexp.MustCompile(`"(jti|uti|rh|sid|pi\.sri|picture|errorId|session_state|trace_id|correlation_id)":"[^"]+"`)
	coded  = regexp.MustCompile(`"(device_code|access_token|refresh_token|id_token)":"[^"]+"`)
	typed  = regexp.MustCompile(`[B-Z]{4}(-?)[B-Z]{4}\b`)
	alert  = regexp.MustCompile(`(?s)role="alert"[^>]*>(.*?)<`)
	code   = regexp.MustCompile(`code=[\w-]+`)
)

// says notes what was told. What is different each time is left out.
func (st *story) says(what string, a answer) {
	body := a.body
	switch found := alert.FindStringSubmatch(body); {
	case a.header.Get("Location") != "":
		body = code.ReplaceAllString(a.header.Get("Location"), "code=…")
	case found != nil:
		body = "page: " + strings.TrimSpace(found[1])
	}
	st.note(what, fmt.Sprint(a.status, " ", body))
}

func (st *story) note(what, text string) {
	text = strings.ReplaceAll(strings.ReplaceAll(text, url.QueryEscape(st.s.Origin()), "ORIGIN"), st.s.Origin(), "ORIGIN")
	text = random.ReplaceAllString(coded.ReplaceAllString(text, `"$1":"…"`), `"$1":"…"`)
	text = typed.ReplaceAllString(guids.ReplaceAllString(text, "GUID"), "XXXX${1}XXXX")
	fmt.Fprintf(&st.text, "%s: %s\n", what, strings.TrimSpace(text))
}

// claims notes what an ID token says.
func (st *story) claims(what string, a answer) {
	st.t.Helper()
	if a.text("id_token") == "" {
		st.note(what, "no ID token")
		return
	}
	claims := claimsOf(st.t, a.text("id_token"))
	if groups, _ := claims["groups"].([]any); len(groups) > 9 {
		claims["groups"] = len(groups)
	}
	text, err := json.Marshal(claims)
	if err != nil {
		st.t.Fatal(err)
	}
	st.note(what, string(text))
}

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
	if err := st.s.Deny(first.text("user_code")); err != nil {
		st.t.Fatal(err)
	}
	st.clock.advance(time.Minute)
	st.says("denied", st.poll(first.text("device_code")))
	st.clock.advance(10 * time.Minute)
	st.says("expired", st.poll(second.text("device_code")))
	st.says("expired, again", st.poll(second.text("device_code")))
	st.says("unknown device code", st.poll("none"))
	third := st.device("code_challenge", testChallenge, "code_challenge_method", "S256")
	if err := st.s.Approve(third.text("user_code"), "alice"); err != nil {
		st.t.Fatal(err)
	}
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
	st.says("revoked", st.post("/revoke", "token", st.login("alice").text("refresh_token")))
}

func (st *story) tellBrowser() {
	host := "127.0.0.1"
	if st.kind == "entra" {
		host = "localhost"
	}
	redirect := "http://" + host + ":1/cb"
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
	if token := tokens.text("refresh_token"); token != "" {
		st.claims("by browser, renewed", st.refresh(token))
	}
	st.says("used code", st.redeem(back.Get("code"), redirect, testVerifier))
	st.says("unknown code", st.redeem("none", redirect, testVerifier))
	_, back = st.browser(redirect)
	st.clock.advance(10 * time.Minute)
	st.says("expired code", st.redeem(back.Get("code"), redirect, testVerifier))
	st.behave(func(b *Behaviour) { b.AutoApprove, b.Audience = "alice", "api://acme" })
	a, _ := st.browser(redirect)
	st.says("no audience by browser", a)
	st.behave(nil)
	listening, got := listenForRedirect(st.t)
	address := authorizeURL(st.s, onHost(st.t, listening, host), func(v url.Values) { v.Set("scope", st.scopes()) })
	if err := person.Walk(st.t.Context(), address, says("alice", "deny"), ""); err != nil {
		st.t.Fatal(err)
	}
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
	if unexpected := len(st.s.Unexpected()); true {
		st.note("unexpected so far", fmt.Sprint(unexpected))
	}
}

// tellRefusals is what the administrator's doing looks like, where it is first met, and by browser.
func (st *story) tellRefusals() {
	before := len(st.s.Unexpected())
	for _, refusal := range []kind.Situation{
		kind.UnknownClient, kind.PublicClient, kind.NoDeviceGrant, kind.NotAssigned, kind.Blocked, kind.SessionOver, kind.Interaction,
	} {
		st.behave(nil)
		refresh, waiting := st.login("alice").text("refresh_token"), st.device()
		if err := st.s.Approve(waiting.text("user_code"), "alice"); err != nil {
			st.t.Fatal(err)
		}
		st.behave(func(b *Behaviour) { b.AutoApprove, b.Refusal = "alice", refusal })
		for _, met := range []struct {
			at string
			a  answer
		}{{"device", st.device()}, {"code", st.poll(waiting.text("device_code"))}, {"refresh", st.refresh(refresh)}} {
			if met.a.status != http.StatusOK {
				st.says(string(refusal)+" at the "+met.at, met.a)
			}
		}
		host := "127.0.0.1"
		if st.kind == "entra" {
			host = "localhost"
		}
		if a, back := st.browser("http://" + host + ":1/cb"); !back.Has("code") {
			st.says(string(refusal)+" by browser", a)
		}
	}
	if after := len(st.s.Unexpected()); after != before {
		st.t.Errorf("refusals are no fault of the client's: %q", st.s.Unexpected()[before:])
	}
}

// onHost is a redirect by another name of this machine.
func onHost(t *testing.T, redirect, host string) string {
	t.Helper()
	u, err := url.Parse(redirect)
	if err != nil {
		t.Fatal(err)
	}
	u.Host = host + ":" + u.Port()
	return u.String()
}
