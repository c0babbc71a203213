package main

import "testing"

// starters are what starts a program, by the package's own name.
var starters = map[string][]string{
	"os/exec":                  {"Command", "CommandContext"},
	"os":                       {"StartProcess"},
	"syscall":                  {"Exec", "ForkExec", "StartProcess", "CreateProcess"},
	"golang.org/x/sys/unix":    {"Exec"},
	"golang.org/x/sys/windows": {"ShellExecute", "CreateProcess"},
	"github.com/pkg/browser":   {"OpenURL", "OpenFile", "OpenReader"},
}

// mayStart are the places that start programs, and why they may.
var mayStart = map[string]string{
	"internal/command/command.go":           "the one runner, with bounds",
	"internal/become/become_unix.go":        "the program takes our place: there is nobody to bound it",
	"internal/become/become_windows.go":     "as above: it is started in a job by the runner",
	"internal/desktop/browser_windows.go":   "Windows opens the browser; no program of ours is started",
	"internal/store/storetest/storetest.go": "for tests",
	"internal/store/storetest/security.go":  "tests build a double",
	"cmd/sandbox/demo.go":                   "the demo runs the product, and nothing else",
	"cmd/sandbox/shell.go":                  "the person's own shell, which lasts until they leave it",
}

// A program that is started anywhere else has no bounds, and outlives us.
func TestProgramsAreStartedByTheRunner(t *testing.T) {
	t.Parallel()
	usedOnlyIn(t, mayStart, starters, "starts programs", "internal/command does, with bounds")
}
