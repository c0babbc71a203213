package cli

import (
	"fmt"
	"time"

	"github.com/mdp/qrterminal/v3"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/desktop"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// showCode tells the person what they are about to approve, where, and with which code. It goes to stderr, which the
// terminal shows, also over SSH.
func (a *app) showCode(code *login.DeviceCode, identity *accessmap.Identity, o loginOptions) {
	link := code.VerificationURI
	if code.VerificationURIComplete != "" {
		link = code.VerificationURIComplete
	}
	if a.Streams.Interactive && ui.Columns(a.Streams.Err) >= 60 {
		qrterminal.GenerateHalfBlock(link, qrterminal.L, a.Streams.Err)
	}
	a.Console.Info("Sign in at %s%s.", identity.Host(), a.asApplication(identity))
	if code.RefusedHost != "" {
		a.warn("the provider also named a page on " + code.RefusedHost + ", which is not its own; it is neither shown nor opened")
	}
	a.Console.Info("\n  Open   %s\n  Code   %s\n", link, code.UserCode)
	a.Console.Info("Approve only what you started yourself, and only if the page shows this code.")
	if !o.noBrowser && desktop.HasDisplay(a.Getenv) {
		a.Console.Info("Opening the browser…")
		go func() { _ = desktop.Open(a.Getenv, link) }() // its failure is no error: the link has been shown
	}
}

// countDown tells how long an approval is waited for; on a terminal it counts down what is left of the code's life.
func (a *app) countDown(code *login.DeviceCode) (done func()) {
	if !a.Streams.Interactive {
		a.Console.Info("Waiting for the approval, for at most %s.", ui.Remaining(code.Expires, a.Now()))
		return func() {}
	}
	return a.Streams.Live(time.Second, func() string {
		return fmt.Sprintf("Waiting for the approval, %s left (Ctrl-C gives up)", code.Expires.Sub(a.Now()).Truncate(time.Second))
	})
}
