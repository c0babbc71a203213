package desktop

import (
	"github.com/dbxaccess/dbxaccess/internal/command"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// BrowserVariable names the program of a browser.
const BrowserVariable = "BROWSER"

// Open opens a checked address in the person's browser: the program that BROWSER names, else the system's. It returns when
// that has ended, which may be when the person closes it.
func Open(getenv func(string) string, address string) error {
	if name := getenv(BrowserVariable); isProgram(name) {
		return command.LetGo(name, address)
	}
	return openBySystem(address)
}

// isProgram reports whether BROWSER holds the name or path of a program, without arguments and what a shell would read.
func isProgram(name string) bool { return ui.IsPlain(name, "_./+-") && name[0] != '-' }
