//go:build linux

package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// manFiles are the files that people ask about, as FILES of dbxaccess(1) has them.
var manFiles = [][2]string{
	{"~/.config/dbxaccess/config.yaml", "your settings; $XDG_CONFIG_HOME/dbxaccess where that is set, ~/Library/Application Support/dbxaccess on macOS"},
	{"~/.config/dbxaccess/map.yaml", "the copy of the access map"},
	{"~/.config/dbxaccess/audit/", "the record of what was issued to whom"},
	{"~/.aws/config", "profiles of AWS, each of which asks dbxaccess for credentials"},
	{"~/.databrickscfg", "profiles of Databricks, as those of AWS"},
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
	prose(&r, root.Long)
	prose(&r, "There is no daemon and no telemetry.")
	r.section("COMMANDS")
	prose(&r, "Each has a page of its own, as dbxaccess-login(1).")
	for _, group := range root.Groups() {
		if group.ID == "dbxaccess-admin" {
			r.subsection("For platform engineers and auditors")
			prose(&r, "These are in the program dbxaccess-admin, which lies beside dbxaccess and is never typed.")
		}
		for _, c := range root.Commands() {
			if c.GroupID == group.ID && c.IsAvailableCommand() && c.Name() != "help" {
				r.entries([][2]string{{c.Name(), sentence(c.Short)}})
			}
		}
	}
	r.section("OPTIONS")
	root.InitDefaultVersionFlag()
	r.entries(append(options(root), [2]string{"--help", "help, for each command too"}))
	r.section("EXAMPLES")
	r.verbatim(root.Example)
	for _, topic := range []struct{ name, title string }{{"environment", "ENVIRONMENT"}, {"exit-codes", "EXIT STATUS"}} {
		found, _, err := root.Find([]string{topic.name})
		if err != nil {
			panic(err)
		}
		r.section(`"` + topic.title + `"`)
		prose(&r, found.Long)
	}
	r.section("FILES")
	r.entries(manFiles)
	prose(&r, "Sign-ins and credentials are in the keyring of the system, and in no file. dbxaccess uninstall --dry-run lists all that there is on a machine.")
	return r.String()
}

func commandPage(cmd *cobra.Command) string {
	var r roff
	name := "dbxaccess-" + cmd.Name()
	begin(&r, name, cmd.Short)
	r.section("SYNOPSIS")
	synopsis(&r, cmd)
	r.section("DESCRIPTION")
	describe(&r, cmd, func(title string) { r.section(strings.ToUpper(title)) })
	if len(verbs(cmd)) > 0 {
		r.section("COMMANDS")
		describeVerbs(&r, cmd)
	}
	r.section("ENVIRONMENT, FILES, EXIT STATUS")
	prose(&r, "See dbxaccess(1).")
	r.section(`"SEE ALSO"`)
	prose(&r, seeAlso(cmd.Name()))
	return r.String()
}

func describeVerbs(r *roff, cmd *cobra.Command) {
	for _, verb := range verbs(cmd) {
		r.subsection(usage(verb))
		describe(r, verb, func(title string) { fmt.Fprintf(r, ".PP\n.I %s:\n", title) })
		describeVerbs(r, verb)
	}
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

// There is a page for each command, and no other; it says what the command says of itself.
func TestManualPages(t *testing.T) {
	t.Parallel()
	want := pages(manual())
	writtenPages(t, filepath.Join(repository, "man"), want)
	for name, text := range want {
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
