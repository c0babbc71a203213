package account

import (
	"fmt"
	"io"
	"strings"
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
	if env.Streams.Interactive {
		_, _ = io.WriteString(env.Streams.Err, qrCode(env.Streams.Err, link))
	}
	env.Console.Info("Sign in at %s%s.", identity.Host(), asApplication(identity))
	if code.RefusedHost != "" {
		env.Console.Warn(ui.Warning{
			ID:   "sign-in-page-foreign",
			What: "the provider also named a page on " + code.RefusedHost + ", which is not its own; it is neither shown nor opened",
		})
	}
	env.Console.Info("\n  Open   %s\n  Code   %s\n", ui.Link(env.Streams.Err, link), code.UserCode)
	env.Console.Info("Approve only what you started yourself, and only if the page shows this code.")
	if !o.noBrowser && desktop.HasDisplay(env.Getenv) {
		env.Console.Info("Opening the browser…")
		go func() { _ = desktop.Open(env.Getenv, link) }() // a failure is no error: the link has been shown
	}
}

// besideCode is how many rows stand under the QR code of a sign-in, folded at 60 columns.
const besideCode = 10

// qrCode draws a link where all of it fits on the screen, with what stands under it: a code without its top can't be read.
func qrCode(w io.Writer, link string) string {
	var drawn strings.Builder
	qrterminal.GenerateHalfBlock(link, qrterminal.L, &drawn)
	rows, columns := 0, 0
	for line := range strings.Lines(drawn.String()) {
		rows, columns = rows+1, max(columns, ui.Width(strings.TrimSpace(line)))
	}
	if columns > ui.Columns(w) || rows+besideCode > ui.Rows(w) {
		return ""
	}
	return drawn.String()
}

// countDown says what is waited for, and how long still; on a terminal it counts down.
func countDown(env *cli.Env, what string, until time.Time) (done func()) {
	if !env.Streams.Interactive {
		env.Console.Info("Waiting for %s, at most %s.", what, ui.Remaining(until, env.Now()))
		return func() {}
	}
	return env.Streams.Live(time.Second, func() string {
		return fmt.Sprintf("Waiting for %s, %s left (Ctrl-C cancels)", what, until.Sub(env.Now()).Truncate(time.Second))
	})
}
