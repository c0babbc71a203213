package laptop

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// ending is a test whose end comes when it is told to.
type ending struct {
	testing.TB

	cleanup func()
}

func (e *ending) Cleanup(f func()) { e.cleanup = f }

func TestCanariesAreFound(t *testing.T) {
	t.Parallel()
	l := New(t, "/bin/sh")
	test := &ending{TB: t}
	var found []string
	l.Canaries(test, func(where, text string) {
		if strings.Contains(text, "canary") {
			found = append(found, where)
		}
	}, "kept-")
	l.Write(t, "a/b", "a canary", 0o600)
	l.Write(t, "a/kept-1", "a canary", 0o600)
	l.Write(t, "say", "echo canary\n", 0o600)
	l.Write(t, "env", "echo canary; echo canary >&2\n", 0o600)
	l.Run(t, "say")
	l.Run(t, "env")
	l.Program(t, "/bin/echo", "canary") // it is not ours to keep
	test.cleanup()
	slices.Sort(found)
	if want := []string{filepath.Join("a", "b"), "env", "say", "stderr of env", "stdout of say"}; !slices.Equal(found, want) {
		t.Errorf("%q, want %q", found, want)
	}
}
