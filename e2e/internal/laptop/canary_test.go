package laptop

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
)

// ending is a test whose end comes when it is told to.
type ending struct {
	testing.TB

	cleanup func()
	found   []string
}

func (e *ending) Cleanup(f func()) { e.cleanup = f }

func (e *ending) Errorf(format string, args ...any) {
	e.found = append(e.found, fmt.Sprintf(format, args...))
}

func TestCanariesAreFound(t *testing.T) {
	t.Parallel()
	l := New(t, "/bin/sh")
	test := &ending{TB: t}
	l.Canaries(test, func() []string { return []string{"canary"} }, "kept-")
	l.Write(t, "a/b", "a canary", 0o600)
	l.Write(t, "a/kept-1", "a canary", 0o600)
	l.Write(t, "say", "echo canary\n", 0o600)
	l.Write(t, "env", "echo canary; echo canary >&2\n", 0o600)
	l.Run(t, "say")
	l.Run(t, "env")
	l.Program(t, "/bin/echo", "canary") // it is not ours to keep
	test.cleanup()
	slices.Sort(test.found)
	want := []string{filepath.Join("a", "b"), "env", "say", "stderr of env", "stdout of say"}
	for i := range want {
		want[i] += " holds a secret of 6 characters"
	}
	if !slices.Equal(test.found, want) {
		t.Errorf("%q, want %q", test.found, want)
	}
}
