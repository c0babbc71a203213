package sandbox

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
)

//go:embed pages/pages.html
var pagesHTML string

//go:embed pages/style.css
var styleCSS []byte

func parsePages() (*template.Template, error) {
	t, err := template.New("pages").Parse(pagesHTML)
	if err != nil {
		return nil, fmt.Errorf("parsing the pages: %w", err)
	}
	return t, nil
}

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

// showCodeEntry is the verification page (RFC 8628 3.3). A code in the URL only fills the field in: the person is to
// compare it (RFC 8628 3.3.1 and 5.4).
func (s *Server) showCodeEntry(r *http.Request) reply {
	return s.codeEntryPage(r, http.StatusOK, page{UserCode: normalUserCode(r.URL.Query().Get("user_code"))})
}

func (s *Server) takeCode(r *http.Request) reply {
	if _, ok := s.checkFormToken(r); !ok {
		return s.staleForm()
	}
	code := normalUserCode(r.PostForm.Get("user_code"))
	g, err := s.open(code)
	if err != nil {
		p := page{UserCode: code, Problem: sentence(err)}
		return s.codeEntryPage(r, http.StatusUnprocessableEntity, p)
	}
	return s.signInPage(r, g)
}

func (s *Server) takeUser(r *http.Request) reply {
	of, ok := s.checkFormToken(r)
	if !ok {
		return s.staleForm()
	}
	g, err := s.open(r.PostForm.Get("request"))
	if err != nil {
		return s.problemPage(http.StatusGone, sentence(err))
	}
	u, ok := s.user(r.PostForm.Get("user"))
	if !ok {
		s.unexpectedf("POST %s: unknown user", r.URL.Path)
		return s.problemPage(http.StatusUnprocessableEntity, sentence(errNoSuchUser))
	}
	of.user = u
	return s.consentPage(r, g, u)
}

func (s *Server) takeDecision(r *http.Request) reply {
	of, ok := s.checkFormToken(r)
	if !ok {
		return s.staleForm()
	}
	g, err := s.open(r.PostForm.Get("request"))
	if err != nil {
		return s.problemPage(http.StatusGone, sentence(err))
	}
	if of.user == nil {
		return s.signInPage(r, g)
	}
	switch r.PostForm.Get("decision") {
	case "approve":
		g.decision, g.user = approved, of.user
	case "deny":
		g.decision = denied
	default:
		s.unexpectedf("POST %s: neither approved nor denied", r.URL.Path)
		return s.problemPage(http.StatusUnprocessableEntity, "Choose Approve or Deny.")
	}
	// The next sign-in asks again who it is.
	of.user = nil
	if g.browser != nil {
		return s.returnToClient(g)
	}
	outcome := "approved"
	if g.decision == denied {
		outcome = "denied"
	}
	return s.render(http.StatusOK, "result", page{Outcome: outcome, ClientID: s.clientOf(g), User: g.user})
}

func (s *Server) codeEntryPage(r *http.Request, status int, p page) reply {
	return s.renderForm(r, status, "code", p)
}

func (s *Server) signInPage(r *http.Request, g *grant) reply {
	return s.renderForm(r, http.StatusOK, "sign-in", page{Request: g.id, Device: g.device != nil, Users: s.users})
}

func (s *Server) consentPage(r *http.Request, g *grant, u *User) reply {
	p := page{Request: g.id, Device: g.device != nil, ClientID: s.clientOf(g), User: u, Scopes: scopesInWords(g.scopes)}
	return s.renderForm(r, http.StatusOK, "consent", p)
}

// clientOf is what the person is told who asks.
func (s *Server) clientOf(g *grant) string {
	if g.center != nil {
		return g.center.client.name
	}
	return clientID
}

func (s *Server) problemPage(status int, problem string) reply {
	return s.render(status, "problem", page{Problem: problem, Outcome: "problem"})
}

func (s *Server) staleForm() reply {
	return s.problemPage(http.StatusForbidden, "This form is out of date. Start again from the beginning.")
}

// renderForm renders a page with a form, bound to the browser's session.
func (s *Server) renderForm(r *http.Request, status int, name string, p page) reply {
	of := s.sessionOf(r)
	p.FormToken = of.formToken
	a := s.render(status, name, p)
	a.header.Set("Set-Cookie", s.cookie(of).String())
	return a
}

func (s *Server) render(status int, name string, p page) reply {
	var body bytes.Buffer
	if err := s.pages.ExecuteTemplate(&body, name, p); err != nil {
		return s.failure(err)
	}
	return reply{status: status, contentType: "text/html; charset=utf-8", header: pageHeader(), body: body.Bytes()}
}

// pageHeader confines a page to itself. Chromium applies form-action to the redirect after a form too, so the browser
// flow's way back to the client must be in it.
func pageHeader() http.Header {
	return http.Header{
		"Content-Security-Policy": {"default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; " +
			"frame-ancestors 'none'; form-action 'self' http://127.0.0.1:* http://localhost:*"},
		"Cache-Control":          {"no-store"},
		"Referrer-Policy":        {"same-origin"},
		"X-Content-Type-Options": {"nosniff"},
	}
}

func (s *Server) style(*http.Request) reply {
	return reply{status: http.StatusOK, contentType: "text/css; charset=utf-8", body: styleCSS}
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
		{scopeProfile, "Your name and user name"},
		{scopeEmail, "Your e-mail address"},
		{scopeGroups, "The groups you belong to"},
		{scopeOffline, "Staying signed in until you sign out"},
		{scopeAccounts, "The AWS accounts that you are assigned"},
	} {
		if slices.Contains(scopes, known.scope) {
			words = append(words, known.words)
		}
	}
	return words
}
