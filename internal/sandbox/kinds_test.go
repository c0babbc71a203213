package sandbox

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/kind"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write what the providers answer to testdata/kinds")

// TestKindsAnswerAsRecorded walks through all that a client meets at each kind of provider and compares what it was told,
// word for word, with testdata/kinds: that is where what the kinds do is to be read and reviewed.
func TestKindsAnswerAsRecorded(t *testing.T) {
	for _, kind := range Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			c := newClock()
			st := &story{t: t, clock: c, kind: kind, host: "127.0.0.1", s: startWith(t, Options{Now: c.Now})}
			if kind == "entra" {
				st.host = "localhost"
			}
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
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(st.text.String(), "\n")); diff != "" {
				t.Errorf("if it should differ, make generate: %s", diff)
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
	host  string // of redirects that are taken
	text  strings.Builder
}

func (st *story) check(err error) {
	st.t.Helper()
	if err != nil {
		st.t.Fatal(err)
	}
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

// scopes are those of the usual ones that the provider knows, whether or not it lists them.
func (st *story) scopes() string {
	known := kind.Of(st.kind).Scopes
	return strings.Join(slices.DeleteFunc(strings.Fields(allScopes), func(scope string) bool { return !slices.Contains(known, scope) }), " ")
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
	st.check(st.s.Approve(a.text("user_code"), user))
	return st.poll(a.text("device_code"))
}

// browser signs somebody in by browser, who decides at once, and returns where the browser was sent.
func (st *story) browser(redirect string) (answer, url.Values) {
	st.t.Helper()
	a := get(st.t, authorizeURL(st.s, redirect, func(v url.Values) { v.Set("scope", st.scopes()) }))
	back, err := url.Parse(a.header.Get("Location"))
	st.check(err)
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
	st.check(err)
	st.note(what, string(text))
}
