// Package asker tells on whose behalf this process works: machine, user, and the programs that started it.
//
// In comes nothing but what the system says of this process and those above it; out come names. It must never read what programs were
// started with, which may hold secrets, nor fail: what can't be told is left out. A program chooses its own name, so nothing of this
// proves anything.
package asker

import (
	"os"
	"os/user"
	"runtime"
	"strconv"

	"github.com/dbxaccess/dbxaccess/internal/ancestors"
	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	maxParents = 8
	maxName    = 64 // runes
)

// Here is who asks. It reads a few files of the system at most.
func Here() audit.Asker {
	a := audit.Asker{OS: runtime.GOOS}
	a.Hostname, _ = os.Hostname()
	a.Hostname = name(a.Hostname)
	if id := os.Geteuid(); id >= 0 {
		a.OSUserID = strconv.Itoa(id)
	}
	if u, err := account(a.OSUserID); err == nil {
		a.OSUser, a.OSUserID = name(u.Username), u.Uid
	}
	for p := range ancestors.All(1 + maxParents) {
		if a.PID == 0 {
			a.PID, a.Process = p.PID, name(p.Name)
		} else {
			a.Parents = append(a.Parents, name(p.Name))
		}
	}
	return a
}

// account goes by the number where there is one: user.Current falls back on the environment.
func account(id string) (*user.User, error) {
	if id == "" {
		return user.Current()
	}
	return user.LookupId(id)
}

// name is what another program chose, made fit to be shown.
func name(s string) string { return ui.Cut(ui.Clean(s), maxName) }
