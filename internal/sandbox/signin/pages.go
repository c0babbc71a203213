package signin

import (
	"bytes"
	_ "embed"
	"errors"
	"net/http"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

//go:embed pages/pages.html
var pagesHTML string

//go:embed pages/style.css
var styleCSS []byte

// Paths of the pages. They are short, since people may have to type them.
const (
	codePath    = "/device"
	signInPath  = "/sign-in"
	consentPath = "/consent"
)

// page is what the templates are given. Each uses its part.
type page struct {
	FormToken string
	Problem   string // shown as an alert
	UserCode  string
	Request   string // the sign-in that the form is about
	Device    bool   // the device flow: there is a code to compare
	ClientID  string
	Users     []User
	User      *User
	Scopes    []string // in words
	Outcome   string   // approved, denied, problem or console, for programs that walk the forms

	Role        string // whose console it is, as an ARN
	Destination string // where the console would open
}

// Routes are those of the pages.
func (d *Desk) Routes() []harness.Route {
	const get, post = http.MethodGet, http.MethodPost
	return []harness.Route{
		{Endpoint: harness.Pages, Method: get, Path: codePath, Answer: d.showCodeEntry},
		{Endpoint: harness.Pages, Method: post, Path: codePath, Answer: d.takeCode},
		{Endpoint: harness.Pages, Method: post, Path: signInPath, Answer: d.takeUser},
		{Endpoint: harness.Pages, Method: post, Path: consentPath, Answer: d.takeDecision},
		{Endpoint: harness.Pages, Method: get, Path: "/style.css", Answer: func(*http.Request) *harness.Reply {
			return &harness.Reply{Status: http.StatusOK, ContentType: "text/css; charset=utf-8", Body: styleCSS}
		}},
	}
}

// showCodeEntry is the verification page (RFC 8628 3.3). A code in the URL only fills the field in: the person is to
// compare it (RFC 8628 3.3.1 and 5.4).
func (d *Desk) showCodeEntry(r *http.Request) *harness.Reply {
	return d.renderForm(r, http.StatusOK, "code", page{UserCode: normalUserCode(r.URL.Query().Get("user_code"))})
}

func (d *Desk) takeCode(r *http.Request) *harness.Reply {
	if _, refused := d.checkFormToken(r); refused != nil {
		return refused
	}
	code := normalUserCode(r.PostForm.Get("user_code"))
	g, err := d.open(code)
	if err != nil {
		return d.renderForm(r, http.StatusUnprocessableEntity, "code", page{UserCode: code, Problem: sentence(err)})
	}
	return d.signInPage(r, g)
}

// formOf returns the browser and the sign-in that a form is about.
func (d *Desk) formOf(r *http.Request) (*session, *Grant, *harness.Reply) {
	of, refused := d.checkFormToken(r)
	if refused != nil {
		return nil, nil, refused
	}
	g, err := d.open(r.PostForm.Get("request"))
	if err != nil {
		return nil, nil, d.Problem(http.StatusGone, sentence(err))
	}
	return of, g, nil
}

func (d *Desk) takeUser(r *http.Request) *harness.Reply {
	of, g, refused := d.formOf(r)
	if refused != nil {
		return refused
	}
	u, ok := d.user(r.PostForm.Get("user"))
	if !ok {
		d.h.Unexpectedf("POST %s: unknown user", r.URL.Path)
		return d.Problem(http.StatusUnprocessableEntity, sentence(errNoSuchUser))
	}
	of.user = u
	p := page{Request: g.ID, Device: g.Back == nil, ClientID: g.Client, User: u, Scopes: scopesInWords(g.Scopes)}
	return d.renderForm(r, http.StatusOK, "consent", p)
}

func (d *Desk) takeDecision(r *http.Request) *harness.Reply {
	of, g, refused := d.formOf(r)
	if refused != nil {
		return refused
	}
	if of.user == nil {
		return d.signInPage(r, g)
	}
	outcome := "approved"
	switch r.PostForm.Get("decision") {
	case "approve":
		g.Decision, g.User = Approved, of.user
	case "deny":
		g.Decision, outcome = Denied, "denied"
	default:
		d.h.Unexpectedf("POST %s: neither approved nor denied", r.URL.Path)
		return d.Problem(http.StatusUnprocessableEntity, "Choose Approve or Deny.")
	}
	// The next sign-in asks again who it is.
	of.user = nil
	if g.Back != nil {
		return g.Back.Send(g)
	}
	return d.render(http.StatusOK, "result", page{Outcome: outcome, ClientID: g.Client, User: g.User})
}

// Ask begins a sign-in by browser: it shows the page where the person signs in, or goes back at once. The lock must be held.
func (d *Desk) Ask(r *http.Request, g *Grant) *harness.Reply {
	if err := d.Begin(g); err != nil {
		return d.h.Failure(err)
	}
	if g.Decision != Pending {
		return g.Back.Send(g)
	}
	return d.signInPage(r, g)
}

func (d *Desk) signInPage(r *http.Request, g *Grant) *harness.Reply {
	return d.renderForm(r, http.StatusOK, "sign-in", page{Request: g.ID, Device: g.Back == nil, Users: d.Users})
}

// Problem is the page where a sign-in ends that can't go on.
func (d *Desk) Problem(status int, problem string) *harness.Reply {
	return d.render(status, "problem", page{Problem: problem, Outcome: "problem"})
}

// Console is the page that stands for AWS's console: whose session it is, and where it would open.
func (d *Desk) Console(role, destination string) *harness.Reply {
	return d.render(http.StatusOK, "console", page{Role: role, Destination: destination, Outcome: "console"})
}

// renderForm renders a page with a form, bound to the browser's session.
func (d *Desk) renderForm(r *http.Request, status int, name string, p page) *harness.Reply {
	of := d.sessionOf(r)
	p.FormToken = of.formToken
	a := d.render(status, name, p)
	a.Header.Set("Set-Cookie", d.cookie(of).String())
	return a
}

func (d *Desk) render(status int, name string, p page) *harness.Reply {
	var body bytes.Buffer
	if err := d.pages.ExecuteTemplate(&body, name, p); err != nil {
		return d.h.Failure(err)
	}
	return &harness.Reply{Status: status, ContentType: "text/html; charset=utf-8", Header: harness.Confined(), Body: body.Bytes()}
}

func sentence(err error) string {
	switch {
	case errors.Is(err, errNoSuchCode):
		return "No sign-in waits for this code. Check it against the one on your terminal."
	case errors.Is(err, errExpired):
		return "This code has expired. Start the sign-in again on your terminal."
	case errors.Is(err, errDecided):
		return "This code was used already. Start the sign-in again on your terminal."
	default:
		return "There is no such user here."
	}
}

func scopesInWords(scopes []string) []string {
	var words []string
	for _, known := range []struct{ scope, words string }{
		{"profile", "Your name and user name"},
		{"email", "Your e-mail address"},
		{"groups", "The groups you belong to"},
		{"offline_access", "Staying signed in until you sign out"},
		{"sso:account:access", "The AWS accounts that you are assigned"},
	} {
		if slices.Contains(scopes, known.scope) {
			words = append(words, known.words)
		}
	}
	return words
}
