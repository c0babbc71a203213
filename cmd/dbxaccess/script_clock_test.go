package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
)

// clockFile names, in the environment of a test's programs, the file that says by how much the test's clock is ahead of the machine's,
// or at which time it stands still. Programs and sandboxes go by it, so that an end comes when the test says so, however slow the
// machine is. The early answer, which comes before a test could say what time it is, leaves a start with a variable of ours that it
// does not know to main; so only tests that let time pass have one.
const clockFile = "DBXACCESS_TEST_CLOCK"

// clockOf is the clock of a file: the machine's, where there is none.
func clockOf(file string) func() time.Time {
	return func() time.Time {
		text, err := os.ReadFile(file)
		if err != nil {
			return time.Now()
		}
		if still, err := time.Parse(time.RFC3339, string(text)); err == nil {
			return still
		}
		return time.Now().Add(ahead(text))
	}
}

func ahead(text []byte) time.Duration {
	d, err := time.ParseDuration(string(text))
	if err != nil {
		panic(err)
	}
	return d
}

// pass lets time go by. Those who read the clock meanwhile read the time before or after.
func pass(file string, d time.Duration) error {
	if text, err := os.ReadFile(file); err == nil {
		d += ahead(text)
	}
	return atomicfile.Write(file, []byte(d.String()), 0o600)
}

// scriptOwnClock gives a script a clock of its own: `own-clock`.
func scriptOwnClock(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Setenv(clockFile, clockIn(ts.Getenv("WORK")))
}

// scriptStopClock gives a script a clock of its own that stands still, for what is about a moment ago: `stop-clock`.
func scriptStopClock(ts *testscript.TestScript, neg bool, args []string) {
	scriptOwnClock(ts, neg, args)
	now := []byte(time.Now().UTC().Format(time.RFC3339Nano))
	ts.Check(atomicfile.Write(ts.Getenv(clockFile), now, 0o600))
}

// clockIn is the file of the clock of a script, which is there once time has passed.
func clockIn(workDir string) string { return filepath.Join(workDir, ".clock") }

// timePasses is pass as a program, for scripts and what they run: `exec time-passes 1h`.
func timePasses() {
	d, err := time.ParseDuration(os.Args[1])
	if os.Getenv(clockFile) == "" {
		err = errors.New("the script has no own-clock")
	}
	if err == nil {
		err = pass(os.Getenv(clockFile), d)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// scriptSoon puts a time of the near future, in whole seconds, into a variable: `soon END 10m`.
func scriptSoon(ts *testscript.TestScript, _ bool, args []string) {
	left, err := time.ParseDuration(args[1])
	ts.Check(err)
	ts.Setenv(args[0], clockOf(ts.Getenv(clockFile))().Add(left+time.Second).UTC().Format(time.RFC3339))
}

// scriptAwait lets time go by until the time in a variable has come: `await END`.
func scriptAwait(ts *testscript.TestScript, _ bool, args []string) {
	end, err := time.Parse(time.RFC3339, ts.Getenv(args[0]))
	ts.Check(err)
	file := ts.Getenv(clockFile)
	if left := end.Sub(clockOf(file)()); left >= 0 {
		ts.Check(pass(file, left+time.Second))
	}
}
