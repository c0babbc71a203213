// Package desktop is the person's own machine around this program: whether somebody sits at it, their browser, and whose
// program comes back to a port here.
//
// In come the environment and addresses that were checked; out come answers and a browser that opens. It never writes to
// our streams or takes the terminal, never runs a command line that stands in a variable, and never shows a secret link
// in a list of processes.
package desktop

import (
	"os"
	"runtime"
)

// HasDisplay reports whether a browser opened here would be seen by the person: not over SSH, not without a display.
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

// SitsHere reports whether a browser opened here is the person's own and finds a port of this machine.
func SitsHere(getenv func(string) string) bool {
	return HasDisplay(getenv) && !inContainer(getenv) && !inWSL(getenv)
}

// Peer tells whether a browser that comes back is this person's own, by both ends of its connection. It is nil where that
// can't be told.
func Peer(getenv func(string) string) func(remote, local string) bool {
	if inWSL(getenv) {
		return nil
	}
	return peerIsOurs
}

// inWSL reports whether this is Linux under Windows. The browser there is that of Windows, which finds a port of ours or
// not, by how the two are joined, and whose connections look like somebody else's here.
func inWSL(getenv func(string) string) bool { return getenv("WSL_DISTRO_NAME") != "" }

// inContainer reports whether a browser of the person's machine would look for this program's port in vain: containers
// and remote workspaces have a loopback of their own, also where a display is passed through.
func inContainer(getenv func(string) string) bool {
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
