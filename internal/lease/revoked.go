package lease

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// All stands for every agent, also those that have asked for nothing yet.
const All = "--all"

const (
	// revokedPrefix is before the name of an agent: so no name is a path, or one that a system keeps for itself.
	revokedPrefix = "revoked-"
	allRevoked    = "all-revoked"
	maxName       = 64
)

// IsName reports whether a text can be an agent's name: see package agent.
func IsName(s string) bool { return s != "" && len(s) <= maxName && ui.IsPlain(s, "._-") }

// canonical is a name as it is kept: it is the same agent however it writes itself, as in the access map.
func canonical(agent string) string { return strings.ToLower(agent) }

// Same reports whether two names are of one agent.
func Same(a, b string) bool { return canonical(a) == canonical(b) }

// revocation is the file that revokes an agent, or All.
func (l Ledger) revocation(agent string) string {
	name := revokedPrefix + canonical(agent)
	if agent == All {
		name = allRevoked
	}
	return filepath.Join(l.Dir, Folder, name)
}

// Allowed is nil for an agent that is not revoked. That it can't be told is an error too.
func (l Ledger) Allowed(agent string) error {
	for _, name := range []string{All, agent} {
		since, err := l.revokedSince(name)
		switch {
		case err != nil:
			return ui.Errorf("agent-revocations-unreadable", ui.Refused, "whether the agent %s was revoked can't be told: %w", ui.Clean(agent), err).
				With(ui.Advice("make " + ui.Clean(filepath.Join(l.Dir, Folder)) + " a directory that you may read"))
		case !since.IsZero():
			return revokedError(agent, name, since)
		}
	}
	return nil
}

func revokedError(agent, by string, since time.Time) error {
	what := "the agent " + ui.Clean(agent) + " was revoked"
	if by == All {
		what = "all agents were revoked, " + ui.Clean(agent) + " with them,"
	}
	return ui.Errorf("agent-revoked", ui.Refused, "%s at %s: it is issued nothing until the person allows it again, and what it was issued ends by itself", what, since.Local().Format("2006-01-02 15:04:05")).
		With(ui.Command("dbxaccess agent allow " + by))
}

// revokedSince is when an agent, or All, was revoked; zero if it is not. It is one look at the file system.
func (l Ledger) revokedSince(agent string) (time.Time, error) {
	info, err := os.Lstat(l.revocation(agent))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return time.Time{}, nil
	case err != nil:
		return time.Time{}, err
	}
	return info.ModTime(), nil
}

// Revoke keeps an agent, or All, from being issued anything from now on, and reports whether it was not so before.
func (l Ledger) Revoke(agent string) (changed bool, err error) {
	since, err := l.revokedSince(agent)
	if err != nil || !since.IsZero() {
		return false, err
	}
	return true, atomicfile.WriteOwn(l.revocation(agent), []byte("\n"), 0o600)
}

// Allow takes a revocation back, that of All with those of each, and reports whether there was one. An agent that All revokes can't be
// allowed alone.
func (l Ledger) Allow(agent string) (changed bool, err error) {
	if agent != All {
		if since, err := l.revokedSince(All); err != nil || !since.IsZero() {
			if err == nil {
				err = ui.Errorf("agent-all-revoked", ui.Failed, "all agents are revoked, since %s: one alone can't be allowed", since.Local().Format("2006-01-02 15:04:05")).
					With(ui.Command("dbxaccess agent allow --all"), ui.Advice("revoke again those that shall stay so"))
			}
			return false, err
		}
		return l.allow(agent)
	}
	revoked, err := l.Revoked()
	for name := range revoked {
		if _, failed := l.allow(name); failed != nil {
			err = errors.Join(err, failed)
		}
	}
	return len(revoked) > 0, err
}

func (l Ledger) allow(agent string) (changed bool, err error) {
	err = os.Remove(l.revocation(agent))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Revoked are the agents that are revoked, All among them, and since when.
func (l Ledger) Revoked() (map[string]time.Time, error) {
	entries, err := os.ReadDir(filepath.Join(l.Dir, Folder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	revoked := map[string]time.Time{}
	for _, entry := range entries {
		name, ok := strings.CutPrefix(entry.Name(), revokedPrefix)
		if entry.Name() == allRevoked {
			name, ok = All, true
		}
		if info, err := entry.Info(); ok && err == nil && (name == All || IsName(name)) {
			revoked[canonical(name)] = info.ModTime()
		}
	}
	return revoked, nil
}

// Names are those of agents that hold something, are served or revoked, sorted.
func Names(leases []Lease, servers []Server, revoked map[string]time.Time) []string {
	names := []string{}
	for _, l := range leases {
		names = append(names, l.Agent)
	}
	for _, s := range servers {
		names = append(names, s.Agent)
	}
	for name := range revoked {
		if name != All {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
