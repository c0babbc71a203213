package sandbox

import (
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/person"
)

// browser is a person's, whose pages a test looks at.
type browser struct {
	t *testing.T
	*person.Browser
}

func newBrowser(t *testing.T) browser {
	t.Helper()
	b, err := person.NewBrowser()
	if err != nil {
		t.Fatal(err)
	}
	return browser{t, b}
}

func (b browser) get(address string) *person.Page {
	b.t.Helper()
	p, err := b.Open(b.t.Context(), address)
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

// submit answers a page's form.
func (b browser) submit(p *person.Page, answers map[string]string) *person.Page {
	b.t.Helper()
	if p.Form == nil {
		b.t.Fatalf("no form on a page with status %d, problem %q", p.Status, p.Problem)
	}
	next, err := b.Submit(b.t.Context(), p, answers)
	if err != nil {
		b.t.Fatal(err)
	}
	return next
}

func TestFormsAreBoundToTheirBrowser(t *testing.T) {
	s := startWith(t, Options{})
	code := beginDevice(t, s).text("user_code")
	alice, attacker := newBrowser(t), newBrowser(t)
	for _, forged := range []string{attacker.get(s.VerificationURL("")).Form.Fields["form_token"], "x", ""} {
		answers := says("alice", "approve")
		signIn := alice.submit(alice.get(s.VerificationURL(code)), answers)
		consent := alice.submit(signIn, answers)
		answers["form_token"] = forged
		for _, page := range []*person.Page{alice.get(s.VerificationURL(code)), signIn, consent} {
			if p := alice.submit(page, answers); p.Status != http.StatusForbidden || p.Outcome != "problem" {
				t.Errorf("%q: %s took a forged form: status %d", forged, page.Form.Action, p.Status)
			}
		}
	}
	if err := s.Approve(code, "alice"); err != nil {
		t.Errorf("the forged forms decided: %v", err)
	}
}

func TestNobodyApprovesWithoutSigningIn(t *testing.T) {
	s, _ := start(t)
	code := beginDevice(t, s).text("user_code")
	b := newBrowser(t)
	// The code entry page's form, turned into a consent form.
	p := b.get(s.VerificationURL(code))
	p.Form.Action, p.Form.Fields["request"], p.Form.Fields["decision"] = "/consent", code, "approve"
	if p = b.submit(p, nil); p.Form == nil || p.Form.Action != "/sign-in" {
		t.Errorf("status %d, outcome %q, not the sign-in page", p.Status, p.Outcome)
	}
}

func TestProblemsOnThePagesAreTold(t *testing.T) {
	c := newClock()
	s := startWith(t, Options{Now: c.Now})
	b := newBrowser(t)
	enter := func(code string) *person.Page {
		return b.submit(b.get(s.VerificationURL("")), map[string]string{"user_code": code})
	}
	// press presses a button that the form does not have.
	press := func(p person.Page, name, value string) *person.Page {
		fields := maps.Clone(p.Form.Fields)
		fields[name] = value
		p.Form = &person.Form{Action: p.Form.Action, Fields: fields, Buttons: []person.Button{{}}}
		return b.submit(&p, nil)
	}
	if p := enter("BBBB-BBBB"); !strings.Contains(p.Problem, "No sign-in waits") || p.Form == nil {
		t.Errorf("unknown code: %q", p.Problem)
	}
	decided := beginDevice(t, s).text("user_code")
	if err := s.Deny(decided); err != nil {
		t.Fatal(err)
	}
	if p := enter(decided); !strings.Contains(p.Problem, "used already") {
		t.Errorf("decided code: %q", p.Problem)
	}
	code := beginDevice(t, s).text("user_code")
	signIn := enter(code)
	if p := press(*signIn, "user", "mallory"); !strings.Contains(p.Problem, "no such user") {
		t.Errorf("unknown user: %q", p.Problem)
	}
	consent := b.submit(signIn, says("alice", ""))
	if p := press(*consent, "decision", ""); !strings.Contains(p.Problem, "Choose") {
		t.Errorf("no decision: %q", p.Problem)
	}
	c.advance(10 * time.Minute)
	for name, page := range map[string]*person.Page{"sign-in": signIn, "consent": consent} {
		if p := b.submit(page, says("alice", "approve")); p.Status != http.StatusGone || !strings.Contains(p.Problem, "expired") {
			t.Errorf("%s, expired: %d %q", name, p.Status, p.Problem)
		}
	}
	if p := enter(code); !strings.Contains(p.Problem, "expired") {
		t.Errorf("expired code: %q", p.Problem)
	}
}

func TestPagesAreConfined(t *testing.T) {
	s, _ := start(t)
	a := get(t, s.VerificationURL(`"><script>alert(1)</script>`))
	if strings.Contains(strings.ToLower(a.body), "<script") {
		t.Error("the code of the URL came back unescaped")
	}
	policy := a.header.Get("Content-Security-Policy")
	for _, directive := range []string{"default-src 'none'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
		if !strings.Contains(policy, directive) {
			t.Errorf("the policy %q lacks %q", policy, directive)
		}
	}
	cookie := a.header.Get("Set-Cookie")
	if !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Lax") {
		t.Errorf("cookie %q", cookie)
	}
	if strings.Contains(a.body, "http://") || strings.Contains(a.body, "https://") {
		t.Error("the page points elsewhere")
	}
	if style := get(t, s.Origin()+"/style.css"); !strings.HasPrefix(style.header.Get("Content-Type"), "text/css") {
		t.Errorf("the style sheet is %q", style.header.Get("Content-Type"))
	}
	if icon := get(t, s.Origin()+"/favicon.ico"); icon.status != http.StatusNotFound {
		t.Errorf("icon: %d", icon.status)
	}
}

func TestAWalkTellsWhereItEnded(t *testing.T) {
	s := startWith(t, Options{})
	code := beginDevice(t, s).text("user_code")
	redirect, _ := listenForRedirect(t)
	approves := map[string]string{"user_code": "BBBB-BBBB", "user": "alice", "decision": "approve"}
	for _, c := range []struct {
		start, outcome string
		answers        map[string]string
		want           string
	}{
		{s.VerificationURL(""), "approved", approves, "No sign-in waits"},
		{s.VerificationURL(code), "approved", says("mallory", "approve"), "no button"},
		{s.VerificationURL(code), "approved", says("alice", "deny"), `outcome "denied"`},
		{authorizeURL(s, "https://evil.example/", nil), "", approves, "not to this machine"},
		{authorizeURL(s, "http://127.0.0.1:1/cb", nil), "", approves, "connection refused"},
		{authorizeURL(s, redirect, nil), "approved", approves, `outcome ""`},
		{s.Origin() + "/favicon.ico", "", approves, "status 404"},
		{"http://[", "", approves, "opening the page"},
	} {
		if err := person.Walk(t.Context(), c.start, c.answers, c.outcome); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.start, err, c.want)
		}
	}
}
