//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dbxaccess/dbxaccess/internal/admincli"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// pageWriter is the format of pages that are written from what commands say of themselves: roff for man, Markdown for docs/commands.
type pageWriter interface {
	paragraph(text string)
	entries(rows [][2]string)
	verbatim(lines string)
}

// manual is the root of both programs' commands, as one person sees them.
func manual() *cobra.Command {
	env := cli.NewEnv(cli.Process{Streams: &ui.Streams{}})
	root := cli.Tree(env, commands())
	for _, c := range admincli.Commands() {
		whole := c.New(env)
		shown, _, err := root.Find([]string{c.Name})
		if err != nil {
			panic(err)
		}
		if shown.GroupID == "dbxaccess-admin" {
			whole.GroupID = shown.GroupID
			root.RemoveCommand(shown)
			root.AddCommand(whole)
			continue
		}
		for _, verb := range whole.Commands() {
			if there, _, err := shown.Find([]string{verb.Name()}); err == nil && there != shown {
				shown.RemoveCommand(there)
			}
			shown.AddCommand(verb)
		}
	}
	return root
}

// prose is text as help has it: paragraphs are filled, names with what they mean become entries, other indented lines stay.
func prose(w pageWriter, text string) {
	for paragraph := range strings.SplitSeq(strings.Trim(text, "\n"), "\n\n") {
		lines := strings.Split(paragraph, "\n")
		switch {
		case strings.HasPrefix(paragraph, " ") && everyLine(lines, isEntry):
			var rows [][2]string
			for _, line := range lines {
				name, means, _ := strings.Cut(strings.TrimSpace(line), "  ")
				rows = append(rows, [2]string{name, strings.TrimSpace(means)})
			}
			w.entries(rows)
		case strings.Contains("\n"+paragraph, "\n "):
			w.verbatim(paragraph)
		default:
			w.paragraph(strings.Join(strings.Fields(paragraph), " "))
		}
	}
}

func everyLine(lines []string, is func(string) bool) bool {
	for _, line := range lines {
		if !is(line) {
			return false
		}
	}
	return true
}

// isEntry reports whether an indented line is one name, and behind a gap what it means.
func isEntry(line string) bool {
	name, means, found := strings.Cut(strings.TrimSpace(line), "  ")
	return found && strings.TrimSpace(means) != "" && !strings.Contains(name, " ")
}

// `--role strings` says nothing that `--role` doesn't.
func TestOptionsSayWhatTheirValueIs(t *testing.T) {
	t.Parallel()
	seen, bare := 0, []string{"string", "stringSlice", "stringArray", "stringToString", "int", "uint", "duration"}
	var look func(cmd *cobra.Command)
	look = func(cmd *cobra.Command) {
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			seen++
			if !f.Hidden && slices.Contains(bare, f.Value.Type()) && !strings.Contains(f.Usage, "`") {
				t.Errorf("%s --%s: no word of its help is between backquotes, so its value is called %s", cmd.CommandPath(), f.Name, f.Value.Type())
			}
		})
		for _, verb := range cmd.Commands() {
			if !verb.Hidden {
				look(verb)
			}
		}
	}
	look(manual())
	if seen < 200 {
		t.Errorf("only %d options are seen", seen)
	}
}

// options are the command's own, and no hidden ones.
func options(cmd *cobra.Command) (rows [][2]string) {
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		if value != "" {
			name += " " + value
		}
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "[]" && f.DefValue != "0" && f.DefValue != "0s" {
			usage += fmt.Sprintf(" (default %s)", f.DefValue)
		}
		rows = append(rows, [2]string{name, usage})
	})
	return rows
}

// describe is what a command does, with its options and examples, each behind what heading says of it.
func describe(w pageWriter, cmd *cobra.Command, heading func(title string)) {
	words := cmd.Long
	if words == "" {
		words = sentence(cmd.Short)
	}
	prose(w, words)
	if rows := options(cmd); len(rows) > 0 {
		heading("Options")
		w.entries(rows)
	}
	if cmd.Example != "" {
		heading("Examples")
		w.verbatim(cmd.Example)
	}
}

func verbs(cmd *cobra.Command) []*cobra.Command {
	return slices.DeleteFunc(slices.Clone(cmd.Commands()), func(c *cobra.Command) bool { return !c.IsAvailableCommand() || c.Name() == "help" })
}

// usage is what is typed.
func usage(cmd *cobra.Command) string {
	line := strings.TrimSuffix(cmd.UseLine(), " [flags]")
	if !cmd.HasAvailableLocalFlags() || strings.Contains(line, "[options]") {
		return line
	}
	own, program, found := strings.Cut(line, " [-- ") // what stands behind is another program's
	if own += " [options]"; found {
		own += " [-- " + program
	}
	return own
}

func sentence(short string) string {
	if short == "" || strings.HasSuffix(short, ".") {
		return short
	}
	return short + "."
}

// uncapitalised is a short description as it stands behind a name; words such as AWS stay.
func uncapitalised(short string) string {
	runes := []rune(short)
	if len(runes) > 1 && unicode.IsUpper(runes[0]) && unicode.IsLower(runes[1]) {
		runes[0] = unicode.ToLower(runes[0])
	}
	return string(runes)
}

// near are the commands that belong to one another.
var near = map[string][]string{
	"login": {"init", "logout", "status", "roles"}, "logout": {"login", "uninstall"}, "status": {"login", "roles", "doctor"},
	"roles": {"explain", "status", "map"}, "init": {"login", "map", "config"}, "env": {"exec", "shell-init"}, "exec": {"env", "shell-init", "agent"},
	"shell-init": {"env", "exec", "completion"}, "profiles": {"credential-process", "auth"}, "credential-process": {"auth", "profiles"},
	"auth": {"credential-process", "profiles"}, "explain": {"roles", "doctor"}, "doctor": {"status", "explain"}, "map": {"drift", "workspace", "posture"},
	"audit": {"revoke"}, "revoke": {"audit"}, "drift": {"map", "posture"}, "posture": {"map", "drift"}, "workspace": {"map"},
	"mcp": {"agent"}, "agent": {"mcp", "exec"}, "scan": {"doctor"}, "uninstall": {"logout"}, "config": {"init"}, "jupyter": {"exec"},
	"console": {"roles", "exec"}, "completion": {"shell-init"}, "version": {"uninstall"}, "databricks-cli": {"shell-init", "auth"},
}

// writtenPages holds a folder against the pages that belong there, by their names, and no others; with -update it writes them.
func writtenPages(t *testing.T, dir string, want map[string]string) {
	t.Helper()
	machines := regexp.MustCompile(`/home/|/root|/tmp/|/Users/`)
	have, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, path := range have {
		if want[filepath.Base(path)] != "" {
			continue
		}
		if !*update {
			t.Errorf("%s is of no command: make generate", path)
		} else if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range want {
		path := filepath.Join(dir, name)
		if *update {
			if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
				t.Fatal(err)
			}
		}
		if is, err := os.ReadFile(path); err != nil || string(is) != text {
			t.Errorf("%s is stale (%v): make generate", path, err)
		}
		if found := machines.FindString(text); found != "" {
			t.Errorf("%s names %s, which is of the machine that wrote it", name, found)
		}
	}
}
