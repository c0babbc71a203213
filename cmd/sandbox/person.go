package main

import (
	"context"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/dbxaccess/dbxaccess/internal/desktop"
	"github.com/dbxaccess/dbxaccess/internal/sandbox"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/person"
)

// demoUser is who signs in; the story's roles are hers.
const demoUser = "alice"

// patience is how long the demo waits for the person before it approves by itself.
const patience = time.Minute

// hasBrowser reports whether a person can approve in a browser here: a terminal, a display on this machine, no CI.
func hasBrowser(getenv func(string) string, stdout io.Writer) bool {
	f, ok := stdout.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && canShow(getenv)
}

func canShow(getenv func(string) string) bool {
	return getenv("CI") == "" && desktop.HasDisplay(getenv)
}

// approver answers the sign-in that a login begins.
type approver struct {
	sandbox  *sandbox.Server
	log      *transcript
	person   bool               // present, to approve in a browser
	open     func(string) error // opens a browser
	patience time.Duration
}

// approve waits for a user code, and for the person to approve it; without a person, or after a while, it approves by itself
// through the same pages. It ends with ctx, when the login has ended.
func (a *approver) approve(ctx context.Context) error {
	code, err := a.sandbox.WaitForUserCode(ctx)
	if err != nil {
		return err
	}
	if !a.person {
		a.log.note("No browser here: the demo approves %s itself, through the pages a person uses.", code)
		return a.walk(ctx, code)
	}
	a.log.note("Your browser opens %s", a.sandbox.VerificationURL(code))
	a.log.note("Choose Alice Martin and approve. After %s the demo does it itself.", a.patience)
	// The demo opens the browser in the person's own environment: in the scratch home it would leave a profile. Opening may
	// last as long as the browser does.
	go func() {
		if err := a.open(a.sandbox.VerificationURL(code)); err != nil {
			a.log.note("The browser did not open; open the address yourself.")
		}
	}()
	select {
	case <-time.After(a.patience):
	case <-ctx.Done():
		return nil
	}
	a.log.note("The demo approves %s itself now.", code)
	if err := a.walk(ctx, code); err != nil {
		// The person may have been faster by a moment; if not, the login tells.
		a.log.note("That did not work: %v", err)
	}
	return nil
}

func (a *approver) walk(ctx context.Context, code string) error { return walk(ctx, a.sandbox, code) }

func walk(ctx context.Context, s *sandbox.Server, code string) error {
	answers := map[string]string{"user_code": code, "user": demoUser, "decision": "approve"}
	return person.Walk(ctx, s.VerificationURL(""), answers, "approved")
}

// approveAll approves each sign-in by device code as it begins, until ctx ends, and tells how that went.
func approveAll(ctx context.Context, s *sandbox.Server, told func(code string, err error)) {
	for {
		code, err := s.WaitForUserCode(ctx)
		if err != nil {
			return
		}
		told(code, walk(ctx, s, code))
	}
}

func openBrowser(address string) error { return desktop.Open(os.Getenv, address) }
