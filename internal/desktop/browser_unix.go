//go:build unix

package desktop

import (
	"errors"
	"os"
	"os/exec"
	"runtime"

	"github.com/dbxaccess/dbxaccess/internal/command"
)

// openBySystem has the system's own opener find the browser.
func openBySystem(address string) error {
	_ = os.Unsetenv("BROWSER") // no program's name, but a command line, which xdg-open would run
	if runtime.GOOS == "darwin" {
		return command.LetGo("open", address)
	}
	for _, opener := range []string{"xdg-open", "x-www-browser"} {
		if _, err := exec.LookPath(opener); err == nil {
			return command.LetGo(opener, address)
		}
	}
	return errors.New("neither xdg-open nor x-www-browser is installed")
}
