package desktop

import (
	"io"
	"os"
	"os/exec"

	"github.com/pkg/browser"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Open opens a checked address in the person's browser: the program that BROWSER names, else the system's.
func Open(getenv func(string) string, address string) error {
	if name := getenv("BROWSER"); isProgram(name) {
		return exec.Command(name, address).Run() //nolint:gosec,noctx // the person's own program; it outlives us on purpose
	}
	_ = os.Unsetenv("BROWSER") // anything else is a command line, which xdg-open would run
	browser.Stdout, browser.Stderr = io.Discard, io.Discard
	return browser.OpenURL(address)
}

// isProgram reports whether BROWSER holds the name or path of a program, without arguments and what a shell would read.
func isProgram(name string) bool { return ui.IsPlain(name, "_./+-") && name[0] != '-' }
