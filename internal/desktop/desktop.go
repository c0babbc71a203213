// Package desktop is the person's own machine: whether they sit at it, their browser, what the desktop gives to the programs
// that it starts, and whose program connects to a port here.
//
// In come the environment and addresses that were checked; out come answers and a browser that opens. It must never
// write to our streams or take the terminal, never run a command line from a variable, and never show a secret link in
// the list of processes.
package desktop

import (
	"os"
	"runtime"

	"github.com/dbxaccess/dbxaccess/internal/peer"
)

// HasDisplay reports whether the person would see a browser that is opened here: not over SSH, not without a display.
func HasDisplay(getenv func(string) string) bool {
	if getenv("SSH_CONNECTION") != "" || getenv("SSH_TTY") != "" {
		return false
	}
	switch runtime.GOOS {
	case "windows", "darwin":
		return true
	}
	return getenv("DISPLAY") != "" || getenv("WAYLAND_DISPLAY") != ""
}

// BrowserIsLocal reports whether a browser that is opened here is the person's own and reaches a port of this machine.
func BrowserIsLocal(getenv func(string) string) bool {
	return HasDisplay(getenv) && !InContainer(getenv) && !inWSL(getenv)
}

// PeerCheck returns what reports, by both ends of a connection, whether it comes from this person's programs; nil where that
// is unknown.
func PeerCheck(getenv func(string) string) func(remote, local string) bool {
	if inWSL(getenv) {
		return nil
	}
	return peer.IsOurs
}

// inWSL reports whether this is Linux under Windows. The browser is then that of Windows, which may not reach a port of
// ours, and whose connections look like another user's.
func inWSL(getenv func(string) string) bool { return getenv("WSL_DISTRO_NAME") != "" }

// InContainer reports whether this is a container or a remote workspace. The person's browser can't reach a port of this program there: they
// have a loopback of their own, also where a display is passed through.
func InContainer(getenv func(string) string) bool {
	for _, name := range []string{"container", "KUBERNETES_SERVICE_HOST", "REMOTE_CONTAINERS", "CODESPACES"} {
		if getenv(name) != "" {
			return true
		}
	}
	if runtime.GOOS != "linux" {
		return false
	}
	for _, mark := range []string{"/.dockerenv", "/run/.containerenv"} {
		if _, err := os.Stat(mark); err == nil {
			return true
		}
	}
	return false
}
