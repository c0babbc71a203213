//go:build linux

package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// asked is the time of the answers in the pages.
var asked = time.Date(2026, time.November, 30, 9, 0, 0, 0, time.UTC)

// TestThePageOnTheAccessMap runs each command that docs/access-map.md, docs/iam.md and docs/audit.md show in a block called console, and compares what it
// prints with what stands below it; with -update it writes that there.
func TestThePageOnTheAccessMap(t *testing.T) {
	for name, least := range map[string]int{"access-map.md": 10, "iam.md": 4, "audit.md": 5} {
		t.Run(name, func(t *testing.T) { testPage(t, name, least) })
	}
}

// testPage holds a page that has at least so many commands.
func testPage(t *testing.T, name string, least int) {
	t.Helper()
	docs, err := filepath.Abs(filepath.Join(repository, "docs"))
	if err != nil {
		t.Fatal(err)
	}
	text := page(t, "docs/"+name)
	here := t.TempDir() // where others can't write, as the map in use has to be
	for _, file := range []string{"access-map.yaml", "access-map-next.yaml", "access-map-refusal.txt"} {
		data, err := os.ReadFile(filepath.Join(docs, file))
		if err == nil {
			err = os.WriteFile(filepath.Join(here, file), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(here, "week.jsonl"), exampleRecord(), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(here)
	got, commands := "", 0
	for rest := text; ; {
		const begin, end = "```console\n", "```\n"
		before, after, found := strings.Cut(rest, begin)
		got += before
		if !found {
			break
		}
		var block string
		block, rest, _ = strings.Cut(after, end)
		got += begin
		for line := range strings.Lines(block) {
			if command, ok := strings.CutPrefix(line, "$ dbxaccess "); ok {
				got += line + answerTo(t, here, strings.Fields(command))
				commands++
			}
		}
		got += end
	}
	if commands < least {
		t.Errorf("only %d commands are found", commands)
	}
	if *update {
		if err := os.WriteFile(filepath.Join(docs, name), []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != text {
		t.Errorf("docs/%s is stale (make generate, and read the difference):\n%s", name, cmp.Diff(text, got))
	}
}

// answerTo runs a command in this process, with the example as the map in use, and returns all that it prints.
func answerTo(t *testing.T, home string, args []string) string {
	t.Helper()
	var out bytes.Buffer
	env := cli.NewEnv(cli.Process{
		Streams: &ui.Streams{In: strings.NewReader(""), Out: &out, Err: &out},
		Getenv: func(name string) string {
			return map[string]string{"DBXACCESS_MAP": filepath.Join(home, "access-map.yaml"), "HOME": home, "XDG_CONFIG_HOME": home, "AppData": home}[name]
		},
		Environ: func() []string { return nil }, Now: func() time.Time { return asked }, Arg0: "dbxaccess", Args: args, Version: cli.VersionOf(""),
	})
	cmd := commandOf(t, env, args)
	cmd.SetOut(io.Discard)
	if err := cmd.ExecuteContext(t.Context()); err != nil {
		t.Errorf("%v: %v", args, err)
	}
	return out.String()
}

// commandOf is the command that a command line begins with, ready to be run in this process.
func commandOf(t *testing.T, env *cli.Env, args []string) *cobra.Command {
	t.Helper()
	all := commands()
	i := slices.IndexFunc(all, func(c cli.Command) bool { return c.Name == args[0] })
	if i < 0 {
		t.Fatalf("there is no command %s", args[0])
	}
	cmd := all[i].New(env)
	cmd.SetArgs(args[1:])
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	return cmd
}
