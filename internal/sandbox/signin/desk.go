// Package signin is where people sign in: who they are, the pages on which they decide about a sign-in, and the sign-ins.
//
// In come grants that a provider begins for a client, and a person's clicks, or Approve and Deny, which stand for them. Out
// goes the decision, to the holder of the grant. People have no passwords here, but a decision must never come from a page
// elsewhere: each form is bound to the browser that it was made for.
package signin

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

// Desk is where people sign in at one sandbox.
type Desk struct {
	Users []User

	h        *harness.Harness
	pages    *template.Template
	sessions map[string]*session
	grants   map[string]*Grant // by what people know them by

	userCodes []string      // pending ones that WaitForUserCode has not given out yet
	arrived   chan struct{} // closed, and replaced, when one is added
}

// NewDesk opens one.
func NewDesk(h *harness.Harness) (*Desk, error) {
	pages, err := template.New("pages").Parse(pagesHTML)
	if err != nil {
		return nil, fmt.Errorf("parsing the pages: %w", err)
	}
	return &Desk{
		Users: users(), h: h, pages: pages, sessions: map[string]*session{}, grants: map[string]*Grant{}, arrived: make(chan struct{}),
	}, nil
}

var (
	errNoSuchCode = errors.New("there is no such code")
	errExpired    = errors.New("the code has expired")
	errDecided    = errors.New("the code was used already")
	errNoSuchUser = errors.New("there is no such user")
)

// Begin lets a person decide about a sign-in, unless the behaviour decides at once. The lock must be held.
func (d *Desk) Begin(g *Grant) error {
	d.grants[g.ID] = g
	switch name := d.h.Behaviour.AutoApprove; {
	case d.h.Behaviour.AutoDeny:
		g.Decision = Denied
	case name != "":
		u, ok := d.user(name)
		if !ok {
			return errNoSuchUser
		}
		g.Decision, g.User = Approved, u
	case g.Back == nil:
		d.userCodes = append(d.userCodes, g.ID)
		close(d.arrived)
		d.arrived = make(chan struct{})
	}
	return nil
}

// CheckBrowser reads what every request for an authorization code has to have (RFC 6749 4.1.1, RFC 7636 4.3), and sends what is
// wrong back to the client. The lock must be held.
func (d *Desk) CheckBrowser(r *http.Request, back *Back, send func(*Back, url.Values) *harness.Reply) (Challenge, *harness.Reply) {
	query := r.URL.Query()
	refuse := func(code, why string) (Challenge, *harness.Reply) {
		d.h.Unexpectedf("GET %s: %s: %s", r.URL.Path, code, why)
		return "", send(back, url.Values{"error": {code}, "error_description": {why}})
	}
	challenge, ok := ReadChallenge(query.Get("code_challenge"), query.Get("code_challenge_method"))
	switch {
	case query.Get("response_type") != "code":
		return refuse("unsupported_response_type", "only the code flow is supported")
	case back.State == "":
		return refuse("invalid_request", "state is missing")
	case !ok:
		return refuse("invalid_request", "an S256 code challenge is required")
	}
	return challenge, nil
}

// Refuse shows why a sign-in can't begin, for a request that no orderly client sends. The lock must be held.
func (d *Desk) Refuse(r *http.Request, why string) *harness.Reply {
	d.h.Unexpectedf("%s %s: %s", r.Method, r.URL.Path, why)
	return d.Problem(http.StatusBadRequest, why)
}

// open returns a sign-in that a person can still decide. The lock must be held.
func (d *Desk) open(id string) (*Grant, error) {
	g := d.grants[id]
	switch {
	case g == nil:
		return nil, errNoSuchCode
	case !d.h.Clock().Before(g.Expires):
		return nil, errExpired
	case g.Decision != Pending:
		return nil, errDecided
	}
	return g, nil
}

func (d *Desk) user(name string) (*User, bool) {
	i := slices.IndexFunc(d.Users, func(u User) bool { return u.Name == name })
	if i < 0 {
		return nil, false
	}
	return &d.Users[i], true
}

// VerificationURL is the page on which a person approves a device code. With a user code, the page is filled in.
func (d *Desk) VerificationURL(userCode string) string {
	if userCode == "" {
		return d.h.Origin() + codePath
	}
	return d.h.Origin() + codePath + "?user_code=" + userCode
}

// WaitForUserCode returns the next user code that waits for a person, each once. It waits for one until ctx ends.
func (d *Desk) WaitForUserCode(ctx context.Context) (string, error) {
	for {
		d.h.Lock()
		code, ok := d.nextUserCode()
		arrived := d.arrived
		d.h.Unlock()
		if ok {
			return code, nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return "", fmt.Errorf("waiting for a user code: %w", ctx.Err())
		}
	}
}

// nextUserCode takes the oldest code that is still undecided.
func (d *Desk) nextUserCode() (string, bool) {
	for len(d.userCodes) > 0 {
		code := d.userCodes[0]
		d.userCodes = d.userCodes[1:]
		if d.grants[code].Decision == Pending {
			return code, true
		}
	}
	return "", false
}

// Approve approves a user code in the name of a user, without the pages.
func (d *Desk) Approve(userCode, user string) error {
	d.h.Lock()
	defer d.h.Unlock()
	u, ok := d.user(user)
	if !ok {
		return fmt.Errorf("%w: %s", errNoSuchUser, user)
	}
	return d.decide(userCode, Approved, u)
}

// Deny denies a user code, without the pages.
func (d *Desk) Deny(userCode string) error {
	d.h.Lock()
	defer d.h.Unlock()
	return d.decide(userCode, Denied, nil)
}

func (d *Desk) decide(userCode string, decision State, u *User) error {
	g, err := d.open(normalUserCode(userCode))
	if err == nil {
		g.Decision, g.User = decision, u
	}
	return err
}
