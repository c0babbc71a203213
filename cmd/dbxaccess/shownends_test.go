//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/needed"
)

// shownEnd is how a command line ended: its exit code, and what of ours ended otherwise than well in it. A shell forgets that of a program in
// $(…), in <(…), or before a pipe.
type shownEnd struct {
	code   int
	failed []string
}

// noted is the file in which the ends of command lines are noted, and those of our program where it did not end well.
func (d *desk) noted() string { return filepath.Join(d.home, ".ended") }

// note puts a program first in PATH that runs ours and notes an exit code that is not 0.
func (d *desk) note() {
	d.t.Helper()
	program := filepath.Join(d.home, "bin", "dbxaccess")
	text := fmt.Sprintf(`#!/bin/sh
trap : INT TERM # is noted, too
%s "$@"
code=$?
test $code = 0 || printf 'dbxaccess %%s: %%d\n' "$(printf %%s "$*" | tr '\n' ' ')" $code >>%s
exit $code
`, program, d.noted())
	first := filepath.Join(d.home, "noting")
	if err := writeFile(filepath.Join(first, "dbxaccess"), text, 0o700); err != nil {
		d.t.Fatal(err)
	}
	d.env = append(d.env, "PATH="+first+":"+filepath.Dir(program)+":"+os.Getenv("PATH"))
}

// endsIn parts what is noted by the command line that it is of: its own end is the last.
func endsIn(noted string) map[int]shownEnd {
	ends := map[int]shownEnd{}
	var failed []string
	for line := range strings.Lines(noted) {
		number, code := 0, 0
		if _, err := fmt.Sscanf(line, "%d %d\n", &number, &code); err != nil {
			failed = append(failed, strings.TrimSuffix(line, "\n"))
			continue
		}
		ends[number] = shownEnd{code, failed}
		failed = nil
	}
	return ends
}

// What a shell forgets is seen nevertheless.
func TestAProgramThatFailsInsideALineIsSeen(t *testing.T) {
	needed.FullSpeed(t)
	t.Parallel()
	d := newDesk(t)
	d.work("empty", "")
	var runs []shownRun
	for _, line := range []string{
		`eval "$(dbxaccess env --shell x)"`, `source <(dbxaccess env --shell x)`, `dbxaccess env --shell x | cat`,
		`dbxaccess version`, `dbxaccess env --shell x`,
	} {
		runs = append(runs, shownRun{shownCommand: shownCommand{at: "x.md:1", text: line}, typed: line})
	}
	runs[4].exits = 2
	wrong := d.types(needed.Program(t, "bash"), runs, &shownTable{})
	if len(wrong) != 3 {
		t.Fatalf("%d are wrong:\n%s", len(wrong), strings.Join(wrong, "\n"))
	}
	for i, said := range wrong {
		if !strings.HasPrefix(said, "x.md:1: ended well, though not all in it: dbxaccess env --shell x: 2\n$ "+runs[i].typed+"\n") {
			t.Error(said)
		}
	}
}
