package cli

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// A helper is made alone and is quiet, wherever flags stand; what a person types is not.
func TestTheNamedCommandIsMadeAlone(t *testing.T) {
	for line, want := range map[string]struct {
		made  []string
		quiet bool
	}{
		"helper":         {[]string{"helper"}, true},
		"--debug helper": {[]string{"helper"}, true},
		"helper --debug": {[]string{"helper"}, true},
		"typed":          {[]string{"typed"}, false},
		"--debug typed":  {[]string{"typed"}, false},
		"help typed":     {[]string{"helper", "typed"}, false},
	} {
		var made []string
		quiet := false
		command := func(name string) Command {
			return Command{Name: name, ForSDKs: name == "helper", New: func(env *Env) *cobra.Command {
				made = append(made, name)
				return &cobra.Command{Use: name, Run: func(*cobra.Command, []string) { _, quiet = env.Console.(ui.Quiet) }}
			}}
		}
		code := Main(append([]string{"dbxaccess"}, strings.Fields(line)...), "", []Command{command("helper"), command("typed")})
		if code != 0 || !slices.Equal(made, want.made) || quiet != want.quiet {
			t.Errorf("%s: exit code %d, made %q, quiet %v", line, code, made, quiet)
		}
	}
}

// A noun may have verbs in both programs.
func TestWhatTheOtherProgramIsAskedFor(t *testing.T) {
	t.Parallel()
	commands := []Command{{Name: "audit", AdminVerbs: []string{"ship"}}, ForAdmins("drift", "")}
	for line, want := range map[string]bool{
		"drift": true, "--debug drift x": true, "help drift": true, "__complete drift ": true, "map drift": false,
		"audit": false, "audit verify": false, "audit --help": false, "audit verify ship": false, "help audit": false, "ship": false,
		"audit ship": true, "audit --debug ship --follow": true, "--debug audit ship": true, "help audit ship": true,
		"__complete audit ship ": true, "__complete audit ship": false, "__complete audit ": false, "__complete audit verify ": false,
	} {
		if got := forAdmin(commands, strings.Split(line, " ")); got != want {
			t.Errorf("%s: %v", line, got)
		}
	}
}

// Windows has no way to become another program: a program that is waited for has met Ctrl-C, too, and its exit code is the answer.
func TestAnInterruptedProgramHasItsOwnExitCode(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		err  error
		code ui.Code
		said string
	}{
		{Ended(5), 5, ""},
		{errors.New("cut short"), ui.Interrupted, "dbxaccess: interrupted\n"},
		{nil, 0, ""},
	} {
		var stderr strings.Builder
		env := NewEnv(Process{Streams: &ui.Streams{Err: &stderr}, Getenv: func(string) string { return "" }})
		if code := exitCode(ctx, env, c.err); code != c.code || stderr.String() != c.said {
			t.Errorf("%v: exit code %d, %q", c.err, code, stderr.String())
		}
	}
}
