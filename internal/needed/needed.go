// Package needed is for tests that can't do without a program or a privilege of the machine, or without its full speed. It takes what such a test
// needs and gives back where that is. Where it is missing, the test is skipped and says so; where CI is set, which means
// that the machine is there to test everything, the test fails: nothing must go untested unnoticed.
package needed

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// programs are all that some test needs and that a machine with Go may be without. Python is that of the system, which any
// user may run.
var programs = []string{
	"/usr/bin/python3", "bash", "curl", "dash", "direnv", "fish", "git", "gpg", "gpgconf", "jq", "keyctl", "nu", "pass", "setpriv", "tcsh", "zsh",
}

// errUnlisted is a mistake in a test: its program would be missed by nobody, and the test be skipped for ever.
var errUnlisted = errors.New("it is not in the list of what tests need")

// Program finds a program in PATH, or where the end-to-end tests keep what they install.
func Program(t testing.TB, name string) (path string) {
	t.Helper()
	path, err := Look(name)
	if err != nil {
		Missing(t, err)
	}
	return path
}

// Missing ends a test for the lack of something that it needs.
func Missing(t testing.TB, err error) {
	t.Helper()
	switch {
	case Unlisted(err):
		t.Fatal(err)
	case Demanded():
		t.Fatalf("%v, and CI is set", err)
	}
	t.Skipf("SKIPPED: %v", err)
}

// FullSpeed is for a test that computes alone. The race detector, under which tests run with -short, slows it down tenfold and finds
// nothing in it; without that it runs once more.
func FullSpeed(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("it computes alone, which the race detector slows down tenfold and finds nothing in")
	}
}

// Demanded tells whether a test may not do without.
func Demanded() bool { return os.Getenv("CI") != "" }

// Unlisted reports whether it is the test that is wrong, whatever the machine has.
func Unlisted(err error) bool { return errors.Is(err, errUnlisted) }

// Look is Program for who has no test at hand.
func Look(name string) (path string, err error) {
	if !slices.Contains(programs, name) {
		return "", fmt.Errorf("%s: %w", name, errUnlisted)
	}
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	cache := os.Getenv("DBXACCESS_E2E_CACHE")
	if cache == "" {
		if dir, err := os.UserCacheDir(); err == nil {
			cache = filepath.Join(dir, "dbxaccess-e2e")
		}
	}
	// Its folder is named by its version, which e2e/internal/provision pins.
	found, err := filepath.Glob(filepath.Join(cache, "*", name))
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("%s is missing, in PATH and in %s; to install it: go run -C e2e ./prepare", name, cache)
	}
	return found[len(found)-1], nil
}
