package sandbox

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"
)

// browser keeps cookies and shows pages as they are.
type browser struct {
	t      *testing.T
	client *http.Client
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, &http.Client{
		Jar:           jar,
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (b *browser) open(r *http.Request) *document {
	b.t.Helper()
	d, err := load(b.client, r)
	if err != nil {
		b.t.Fatal(err)
	}
	return d
}

func (b *browser) get(address string) *document {
	b.t.Helper()
	return b.open(request(b.t, http.MethodGet, address, "", ""))
}

// submit presses the button that fits the answers; change may tamper with the form.
func (b *browser) submit(d *document, answers map[string]string, change func(url.Values)) *document {
	b.t.Helper()
	if d.form == nil {
		b.t.Fatalf("no form on a page with status %d, problem %q", d.status, d.problem)
	}
	action, values, err := d.form.fill(d.base, answers)
	if err != nil {
		b.t.Fatal(err)
	}
	if change != nil {
		change(values)
	}
	return b.open(request(b.t, http.MethodPost, action.String(), formType, values.Encode()))
}

func TestFormsAreBoundToTheirBrowser(t *testing.T) {
	s := startWith(t, Options{})
	code := beginDevice(t, s).text("user_code")
	answers := map[string]string{"user_code": code, "user": "alice", "decision": "approve"}
	person, attacker := newBrowser(t), newBrowser(t)
	stolen := attacker.get(s.VerificationURL("")).form.fields[0]
	if stolen.name != "form_token" || !stolen.hidden {
		t.Fatalf("the first field is %+v", stolen)
	}
	for name, tamper := range map[string]func(url.Values){
		"another's token": func(v url.Values) { v.Set("form_token", stolen.value) },
		"no token":        func(v url.Values) { v.Del("form_token") },
		"empty token":     func(v url.Values) { v.Set("form_token", "") },
	} {
		signIn := person.submit(person.get(s.VerificationURL(code)), answers, nil)
		consent := person.submit(signIn, answers, nil)
		for _, page := range []*document{person.get(s.VerificationURL(code)), signIn, consent} {
			if d := person.submit(page, answers, tamper); d.status != http.StatusForbidden || d.outcome != "problem" {
				t.Errorf("%s: %s took a forged form: status %d", name, page.form.action, d.status)
			}
		}
	}
	if _, err := s.open(code); err != nil {
		t.Errorf("the forged forms decided: %v", err)
	}
}

func TestNobodyApprovesWithoutSigningIn(t *testing.T) {
	s, _ := start(t)
	code := beginDevice(t, s).text("user_code")
	b := newBrowser(t)
	// The code entry page's form, turned into a consent form.
	d := b.get(s.VerificationURL(code))
	d.form.action = consentPath
	d = b.submit(d, nil, func(v url.Values) { v.Set("request", code); v.Set("decision", "approve") })
	if d.form == nil || d.form.action != signInPath {
		t.Errorf("status %d, outcome %q, not the sign-in page", d.status, d.outcome)
	}
}

func TestProblemsOnThePagesAreTold(t *testing.T) {
	c := newClock()
	s := startWith(t, Options{Now: c.Now})
	b := newBrowser(t)
	enter := func(code string) *document {
		return b.submit(b.get(s.VerificationURL("")), map[string]string{"user_code": code}, nil)
	}
	if d := enter("BBBB-BBBB"); !strings.Contains(d.problem, "No sign-in waits") || d.form == nil {
		t.Errorf("unknown code: %q", d.problem)
	}
	decided := beginDevice(t, s).text("user_code")
	if err := s.Deny(decided); err != nil {
		t.Fatal(err)
	}
	if d := enter(decided); !strings.Contains(d.problem, "used already") {
		t.Errorf("decided code: %q", d.problem)
	}
	code := beginDevice(t, s).text("user_code")
	signIn := enter(code)
	alice := map[string]string{"user": "alice"}
	if d := b.submit(signIn, alice, func(v url.Values) { v.Set("user", "mallory") }); !strings.Contains(d.problem, "no such user") {
		t.Errorf("unknown user: %q", d.problem)
	}
	consent := b.submit(signIn, alice, nil)
	approve := map[string]string{"decision": "approve"}
	if d := b.submit(consent, approve, func(v url.Values) { v.Del("decision") }); !strings.Contains(d.problem, "Choose") {
		t.Errorf("no decision: %q", d.problem)
	}
	c.advance(10 * time.Minute)
	for name, page := range map[string]*document{"sign-in": signIn, "consent": consent} {
		answers := map[string]string{"user": "alice", "decision": "approve"}
		if d := b.submit(page, answers, nil); d.status != http.StatusGone || !strings.Contains(d.problem, "expired") {
			t.Errorf("%s, expired: %d %q", name, d.status, d.problem)
		}
	}
	if d := enter(code); !strings.Contains(d.problem, "expired") {
		t.Errorf("expired code: %q", d.problem)
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
	if style := get(t, s.origin()+stylePath); !strings.HasPrefix(style.header.Get("Content-Type"), "text/css") {
		t.Errorf("the style sheet is %q", style.header.Get("Content-Type"))
	}
	if icon := get(t, s.origin()+"/favicon.ico"); icon.status != http.StatusNotFound {
		t.Errorf("icon: %d", icon.status)
	}
}

func TestTheWalkerTellsWhereItEnded(t *testing.T) {
	s := startWith(t, Options{})
	code := beginDevice(t, s).text("user_code")
	err := ApproveByForm(t.Context(), nil, s.VerificationURL(""), "BBBB-BBBB", "alice")
	if err == nil || !strings.Contains(err.Error(), "No sign-in waits") {
		t.Errorf("unknown code: %v", err)
	}
	err = ApproveByForm(t.Context(), nil, s.VerificationURL(""), code, "mallory")
	if err == nil || !strings.Contains(err.Error(), "no button") {
		t.Errorf("unknown user: %v", err)
	}
	err = AuthorizeByForm(t.Context(), nil, authorizeURL(s, "https://evil.example/", nil), "alice")
	if err == nil || !strings.Contains(err.Error(), "not to this machine") {
		t.Errorf("bad redirect: %v", err)
	}
	if err := ApproveByForm(t.Context(), nil, "http://[", code, "alice"); err == nil {
		t.Error("a broken address was opened")
	}
}

func TestManyBrowsersDoNotPileUp(t *testing.T) {
	s, _ := start(t)
	r := request(t, http.MethodGet, s.VerificationURL(""), "", "")
	s.mu.Lock()
	defer s.mu.Unlock()
	for range maxSessions + 1 {
		s.sessionOf(r)
	}
	if n := len(s.sessions); n > maxSessions {
		t.Errorf("%d sessions are kept", n)
	}
}
