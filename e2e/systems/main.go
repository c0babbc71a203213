// Command systems judges a module as go vet does on each system that it is for, and costs a fraction: go vet has all dependencies
// compiled for each, hundreds of packages to code that nothing runs.
//
// In come a module's folder and systems; out goes what is wrong, and nothing else. Everything is type-checked from its source, tests
// too, the bodies of functions only where they are the module's own, and then those go through go vet's analyzers. What these can't
// know here is which functions of other modules pass their arguments on to fmt; the linters do, on the system that they run on. It
// must never compile.
//
//	go run ./systems -C .. linux/arm64 darwin/arm64
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"

	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/analysis/suite/vet"
	"golang.org/x/tools/go/packages"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	dir := flag.String("C", ".", "the module's folder")
	flag.Parse()
	if flag.NArg() == 0 {
		return errors.New("usage: systems [-C FOLDER] GOOS/GOARCH…")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	from := &sources{}
	for _, name := range flag.Args() { // one by one: each takes the types of a thousand packages
		goos, arch, ok := strings.Cut(name, "/")
		if !ok {
			return fmt.Errorf("%s is no GOOS/GOARCH", name)
		}
		s := system{goos, arch}
		if err := s.judge(ctx, *dir, from); err != nil {
			return fmt.Errorf("%s:\n%w", name, err)
		}
		fmt.Fprintln(os.Stderr, name)
	}
	return nil
}

// system is what files and types depend on.
type system struct{ os, arch string }

// judge is all of it for one system.
func (s system) judge(ctx context.Context, dir string, from *sources) error {
	all, err := s.list(ctx, dir)
	if err != nil {
		return err
	}
	ours, err := s.check(from, all)
	if err != nil {
		return err
	}
	return analyze(ours)
}

// command is one of Go's, for the system. Without cgo, as what is released is built.
func (s system) command(ctx context.Context, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...) //nolint:gosec // our own words
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	cmd.Env = append(os.Environ(), "GOOS="+s.os, "GOARCH="+s.arch, "CGO_ENABLED=0")
	return cmd
}

// analyze runs go vet's analyzers. Its error is all that they found, a line each.
func analyze(ours []*packages.Package) error {
	found, err := checker.Analyze(vet.Suite, ours, nil)
	if err != nil {
		return err
	}
	var lines []string
	for action := range found.All() {
		if action.Err != nil {
			return fmt.Errorf("%s: %w", action, action.Err)
		}
		for _, d := range action.Diagnostics {
			if action.IsRoot {
				lines = append(lines, fmt.Sprintf("%s: %s", action.Package.Fset.Position(d.Pos), d.Message))
			}
		}
	}
	return told(lines)
}
