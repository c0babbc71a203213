package cli

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/mdp/qrterminal/v3"
	"github.com/pkg/browser"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
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
	if a.streams.Interactive && ui.Columns(a.streams.Err) >= 60 {
		qrterminal.GenerateHalfBlock(link, qrterminal.L, a.streams.Err)
	}
	a.say("Sign in at %s%s.", placeOf(identity), a.asApplication(identity))
	if code.RefusedHost != "" {
		a.warn("the provider also named a page on " + code.RefusedHost + ", which is not its own; it is neither shown nor opened")
	}
	a.say("\n  Open   %s\n  Code   %s\n", link, code.UserCode)
	a.say("Approve only what you started yourself, and only if the page shows this code.")
	if !o.noBrowser && hasDisplay(a.getenv) {
		a.say("Opening the browser…")
		go func() { _ = a.openBrowser(link) }() // its failure is no error: the link has been shown
	}
}

// withClock polls until the approval; on a terminal it counts down what is left of the code's life.
func withClock[T any](a *app, code *login.DeviceCode, poll func() (T, error)) (T, error) {
	if !a.streams.Interactive {
		a.say("Waiting for the approval, for at most %s.", left(code.Expires, a.now()))
		return poll()
	}
	defer a.streams.Live(time.Second, func() string {
		return fmt.Sprintf("Waiting for the approval, %s left (Ctrl-C gives up)", code.Expires.Sub(a.now()).Truncate(time.Second))
	})()
	return poll()
}

// hasDisplay reports whether a browser opened here would be seen by the person: not over SSH, not without a display.
func hasDisplay(getenv func(string) string) bool {
	if getenv("SSH_CONNECTION") != "" || getenv("SSH_TTY") != "" {
		return false
	}
	switch runtime.GOOS {
	case "windows", "darwin":
		return true
	}
	return getenv("DISPLAY") != "" || getenv("WAYLAND_DISPLAY") != ""
}

// isProgram reports whether BROWSER holds what it may: the name or path of a program, no arguments, nothing a shell
// would read.
func isProgram(name string) bool {
	return name != "" && name[0] != '-' && strings.IndexFunc(name, func(r rune) bool {
		return !strings.ContainsRune("_./+-", r) && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) < 0
}

// openBrowser opens a checked address. It never writes to our streams or takes the terminal.
func (a *app) openBrowser(address string) error {
	if name := a.getenv("BROWSER"); isProgram(name) {
		return exec.Command(name, address).Run() //nolint:gosec,noctx // the person's own program; it outlives us on purpose
	}
	_ = os.Unsetenv("BROWSER") // anything else in it is a command line, which xdg-open would run
	browser.Stdout, browser.Stderr = io.Discard, io.Discard
	return browser.OpenURL(address)
}
