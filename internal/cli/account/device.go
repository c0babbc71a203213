package account

import (
	"fmt"
	"time"

	"github.com/mdp/qrterminal/v3"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/desktop"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// showCode shows what the person is about to approve, where, and with which code; on stderr, so that it works over SSH.
func showCode(env *cli.Env, code *login.DeviceCode, identity *accessmap.Identity, o loginOptions) {
	link := code.VerificationURI
	if code.VerificationURIComplete != "" {
		link = code.VerificationURIComplete
	}
	if env.Streams.Interactive && ui.Columns(env.Streams.Err) >= 60 {
		qrterminal.GenerateHalfBlock(link, qrterminal.L, env.Streams.Err)
	}
	env.Console.Info("Sign in at %s%s.", identity.Host(), asApplication(identity))
	if code.RefusedHost != "" {
		env.Console.Warn(ui.Warning{
			ID:   "sign-in-page-foreign",
			What: "the provider also named a page on " + code.RefusedHost + ", which is not its own; it is neither shown nor opened",
		})
	}
	env.Console.Info("\n  Open   %s\n  Code   %s\n", link, code.UserCode)
	env.Console.Info("Approve only what you started yourself, and only if the page shows this code.")
	if !o.noBrowser && desktop.HasDisplay(env.Getenv) {
		env.Console.Info("Opening the browser…")
		go func() { _ = desktop.Open(env.Getenv, link) }() // a failure is no error: the link has been shown
	}
}

// countDown shows how long the code remains valid; on a terminal it counts down.
func countDown(env *cli.Env, code *login.DeviceCode) (done func()) {
	if !env.Streams.Interactive {
		env.Console.Info("Waiting for approval, at most %s.", ui.Remaining(code.Expires, env.Now()))
		return func() {}
	}
	return env.Streams.Live(time.Second, func() string {
		return fmt.Sprintf("Waiting for approval, %s left (Ctrl-C cancels)", code.Expires.Sub(env.Now()).Truncate(time.Second))
	})
}
