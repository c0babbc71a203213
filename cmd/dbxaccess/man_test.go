//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/admincli"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// manFiles are the files that people ask about, as FILES of dbxaccess(1) has them.
var manFiles = [][2]string{
	{"~/.config/dbxaccess/config.yaml", "your settings; $XDG_CONFIG_HOME/dbxaccess where that is set, ~/Library/Application Support/dbxaccess on macOS"},
	{"~/.config/dbxaccess/map.yaml", "the copy of the access map"},
	{"~/.config/dbxaccess/audit/", "the record of what was issued to whom"},
	{"~/.aws/config", "profiles of AWS, each of which asks dbxaccess for credentials"},
	{"~/.databrickscfg", "profiles of Databricks, as those of AWS"},
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

// pages are the manual's, by file name.
func pages(root *cobra.Command) map[string]string {
	all := map[string]string{"dbxaccess.1": rootPage(root)}
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() && c.Name() != "help" {
			all["dbxaccess-"+c.Name()+".1"] = commandPage(c)
		}
	}
	return all
}

// begin is the head of a page: nothing is hyphenated, which could not be copied. It has no date and no version: the same commands are the same pages.
func begin(r *roff, name, short string) {
	fmt.Fprintf(r, ".\\\" Written by make generate.\n.TH %s 1 \"\" dbxaccess \"User Commands\"\n.ad l\n.nh\n.SH NAME\n%s \\- %s\n",
		strings.ToUpper(escape(name)), escape(name), escape(uncapitalised(short)))
}

func rootPage(root *cobra.Command) string {
	var r roff
	begin(&r, "dbxaccess", root.Short)
	r.section("SYNOPSIS")
	r.WriteString(".B dbxaccess\n.I COMMAND\n[options]\n")
	r.section("DESCRIPTION")
	r.prose(root.Long)
	r.prose("There is no daemon and no telemetry.")
	r.section("COMMANDS")
	r.prose("Each has a page of its own, as dbxaccess-login(1).")
	for _, group := range root.Groups() {
		if group.ID == "dbxaccess-admin" {
			r.subsection("For platform engineers and auditors")
			r.prose("These are in the program dbxaccess-admin, which lies beside dbxaccess and is never typed.")
		}
		for _, c := range root.Commands() {
			if c.GroupID == group.ID && c.IsAvailableCommand() && c.Name() != "help" {
				r.entry(c.Name(), sentence(c.Short))
			}
		}
	}
	r.section("OPTIONS")
	root.InitDefaultVersionFlag()
	r.options(root)
	r.entry("--help", "help, for each command too")
	r.section("EXAMPLES")
	r.verbatim(root.Example)
	for _, topic := range []struct{ name, title string }{{"environment", "ENVIRONMENT"}, {"exit-codes", "EXIT STATUS"}} {
		found, _, err := root.Find([]string{topic.name})
		if err != nil {
			panic(err)
		}
		r.section(`"` + topic.title + `"`)
		r.prose(found.Long)
	}
	r.section("FILES")
	for _, f := range manFiles {
		r.entry(f[0], f[1])
	}
	r.prose("Sign-ins and credentials are in the keyring of the system, and in no file. dbxaccess uninstall --dry-run lists all that there is on a machine.")
	return r.String()
}

func commandPage(cmd *cobra.Command) string {
	var r roff
	name := "dbxaccess-" + cmd.Name()
	begin(&r, name, cmd.Short)
	r.section("SYNOPSIS")
	synopsis(&r, cmd)
	r.section("DESCRIPTION")
	r.describe(cmd, func(title string) { r.section(title) })
	if len(verbs(cmd)) > 0 {
		r.section("COMMANDS")
		describeVerbs(&r, cmd)
	}
	r.section("ENVIRONMENT, FILES, EXIT STATUS")
	r.prose("See dbxaccess(1).")
	r.section(`"SEE ALSO"`)
	r.prose(seeAlso(cmd.Name()))
	return r.String()
}

func describeVerbs(r *roff, cmd *cobra.Command) {
	for _, verb := range verbs(cmd) {
		r.subsection(usage(verb))
		r.describe(verb, func(title string) {
			fmt.Fprintf(r, ".PP\n.I %s:\n", map[string]string{"OPTIONS": "Options", "EXAMPLES": "Examples"}[title])
		})
		describeVerbs(r, verb)
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

func synopsis(r *roff, cmd *cobra.Command) {
	if cmd.HasAvailableLocalFlags() || len(verbs(cmd)) == 0 { // a noun alone is no command
		fmt.Fprintf(r, ".B %s\n", escape(usage(cmd)))
	}
	for _, verb := range verbs(cmd) {
		fmt.Fprintf(r, ".br\n.B %s\n", escape(usage(verb)))
	}
}

// seeAlso names pages that belong to a command's.
func seeAlso(command string) string {
	names := []string{"dbxaccess(1)"}
	for _, name := range near[command] {
		names = append(names, "dbxaccess-"+name+"(1)")
	}
	return strings.Join(names, ", ")
}

// near are the commands that belong to one another.
var near = map[string][]string{
	"login": {"init", "logout", "status", "roles"}, "logout": {"login", "uninstall"}, "status": {"login", "roles", "doctor"},
	"roles": {"explain", "status", "map"}, "init": {"login", "map", "config"}, "env": {"exec", "shell-init"}, "exec": {"env", "shell-init", "agent"},
	"shell-init": {"env", "exec", "completion"}, "profiles": {"credential-process", "auth"}, "credential-process": {"auth", "profiles"},
	"auth": {"credential-process", "profiles"}, "explain": {"roles", "doctor"}, "doctor": {"status", "explain"}, "map": {"drift", "workspace", "posture"},
	"audit": {"revoke"}, "revoke": {"audit"}, "drift": {"map", "posture"}, "posture": {"map", "drift"}, "workspace": {"map"},
	"mcp": {"agent"}, "agent": {"mcp", "exec"}, "scan": {"doctor"}, "uninstall": {"logout"}, "config": {"init"}, "jupyter": {"exec"},
}

// There is a page for each command, and no other; it says what the command says of itself.
func TestManualPages(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(repository, "man")
	want := pages(manual())
	if *update {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	have, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, path := range have {
		if want[filepath.Base(path)] != "" {
			continue
		}
		if *update {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		} else {
			t.Errorf("%s is of no command: make generate", path)
		}
	}
	machines := regexp.MustCompile(`/home/|/root|/tmp/|/Users/`)
	for name, text := range want {
		path := filepath.Join(dir, name)
		if *update {
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if is, err := os.ReadFile(path); err != nil || string(is) != text {
			t.Errorf("%s is stale (%v): make generate", path, err)
		}
		if found := machines.FindString(text); found != "" {
			t.Errorf("%s names %s, which is of the machine that wrote it", name, found)
		}
		if !strings.Contains(text, `EXIT STATUS`) {
			t.Errorf("%s does not say what the exit codes mean", name)
		}
	}
	for _, other := range near {
		for _, name := range other {
			if want["dbxaccess-"+name+".1"] == "" {
				t.Errorf("a page names dbxaccess-%s(1), which there is not", name)
			}
		}
	}
}

// Homebrew alone wants each page named.
func TestTheCaskHasEveryManualPage(t *testing.T) {
	t.Parallel()
	release := page(t, ".goreleaser.yml")
	for name := range pages(manual()) {
		if !strings.Contains(release, "\n      - man/"+name+"\n") {
			t.Errorf(".goreleaser.yml does not list man/%s among the manpages of the cask", name)
		}
	}
	if named, there := strings.Count(release, "\n      - man/"), len(pages(manual())); named != there {
		t.Errorf(".goreleaser.yml lists %d manual pages, and there are %d", named, there)
	}
}
