package desktop

import (
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/pkg/browser"
)

// Open opens a checked address in the person's browser: the program that BROWSER names, else the system's choice.
func Open(getenv func(string) string, address string) error {
	if name := getenv("BROWSER"); isProgram(name) {
		return exec.Command(name, address).Run() //nolint:gosec,noctx // the person's own program; it outlives us on purpose
	}
	_ = os.Unsetenv("BROWSER") // anything else in it is a command line, which xdg-open would run
	browser.Stdout, browser.Stderr = io.Discard, io.Discard
	return browser.OpenURL(address)
}

// isProgram reports whether BROWSER holds what it may: the name or path of a program, no arguments, nothing a shell
// would read.
func isProgram(name string) bool {
	return name != "" && name[0] != '-' && strings.IndexFunc(name, func(r rune) bool {
		return !strings.ContainsRune("_./+-", r) && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) < 0
}
