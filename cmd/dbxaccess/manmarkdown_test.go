//go:build linux

package main

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// markdown writes the pages of docs/commands. Names in prose are set as code, and those of commands lead to their pages.
type markdown struct {
	strings.Builder
	paths map[string]string // of commands as they are typed, the page and the place in it
}

var (
	// typed is what in prose is typed or read by a program: a command, an option, a variable, a key, a file, a place.
	typed = regexp.MustCompile("`[^`]+`" + `|\bdbxaccess(?: [a-z][a-z-]*)+(?: [A-Z]+)*(?: --?[a-z][a-z-]*)*` +
		`|--[a-z][a-z-]*(?:…|=[A-Z]+)?|\B-o\b(?: (?:csv|github|html|json|md|ocsf|sarif|table|text|chart)\b)?` +
		`|\$?\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b|\b[a-z]+(?:_[a-z]+)+\b|\B\$[A-Z]+\b|(?:~/|\b(?:s3://|arn:))[\w./:*-]*[\w/]`)
	plain = strings.NewReplacer(`\`, `\\`, "*", `\*`, "_", `\_`, "<", `\<`, ">", `\>`, "[", `\[`, "]", `\]`, "|", `\|`)
)

// inline is one line of prose.
func (m *markdown) inline(text string) string {
	var b strings.Builder
	for text != "" {
		at := typed.FindStringIndex(text)
		if at == nil {
			break
		}
		b.WriteString(plain.Replace(text[:at[0]]))
		b.WriteString(m.code(text[at[0]:at[1]]))
		text = text[at[1]:]
	}
	return b.String() + plain.Replace(text)
}

// code is what is typed. A command leads to its page; words behind it that are neither arguments nor options are prose again.
func (m *markdown) code(words string) string {
	quoted := strings.HasPrefix(words, "`")
	words = strings.Trim(words, "`")
	command, rest := words, ""
	for strings.HasPrefix(words, "dbxaccess ") && m.paths[command] == "" {
		i := strings.LastIndexByte(command, ' ')
		if i < 0 && !quoted {
			return plain.Replace(words) // the program, and no command of it
		}
		if i < 0 {
			break
		}
		command = command[:i]
	}
	place := m.paths[command]
	if rest = words[len(command):]; rest != "" && !quoted && !regexp.MustCompile(`^ [A-Z-]`).MatchString(rest) {
		words = command
	} else {
		rest = ""
	}
	out := "`" + strings.ReplaceAll(words, "|", `\|`) + "`"
	if place != "" {
		out = "[" + out + "](" + place + ")"
	}
	return out + plain.Replace(rest)
}

func (m *markdown) heading(level int, title string) {
	fmt.Fprintf(m, "\n%s %s\n", strings.Repeat("#", level), title)
}

func (m *markdown) paragraph(text string) { fmt.Fprintf(m, "\n%s\n", m.inline(text)) }

func (m *markdown) entries(rows [][2]string) {
	m.WriteString("\n")
	for _, row := range rows {
		fmt.Fprintf(m, "- `%s`: %s\n", row[0], m.inline(row[1]))
	}
}

// hasColumns is found in lines that are a table or a list, as of what each shell evaluates, and no commands. A comment may stand apart, and a
// command go on below.
var hasColumns = regexp.MustCompile(`\S {2,}[^# ]|[^\\]\n {4,}\S`)

func (m *markdown) verbatim(lines string) {
	language := "sh"
	if hasColumns.MatchString(lines) {
		language = "text"
	}
	fmt.Fprintf(m, "\n```%s\n", language)
	for line := range strings.SplitSeq(strings.Trim(lines, "\n"), "\n") {
		fmt.Fprintln(m, strings.TrimPrefix(line, "  "))
	}
	m.WriteString("```\n")
}

func (m *markdown) synopsis(cmd *cobra.Command) {
	fmt.Fprintf(m, "\n```text\n%s\n```\n", usage(cmd))
}

// places are the page and the heading of each command, by what is typed.
func places(root *cobra.Command) map[string]string {
	all := map[string]string{}
	var add func(page string, cmd *cobra.Command)
	add = func(page string, cmd *cobra.Command) {
		for _, verb := range verbs(cmd) {
			all[verb.CommandPath()] = page + "#" + strings.ReplaceAll(verb.CommandPath(), " ", "-")
			add(page, verb)
		}
	}
	for _, cmd := range verbs(root) {
		if cmd.HasAvailableSubCommands() || cmd.Runnable() {
			all[cmd.CommandPath()] = cmd.Name() + ".md"
			add(cmd.Name()+".md", cmd)
		}
	}
	return all
}

// isNoun reports whether a command only holds others.
func isNoun(cmd *cobra.Command) bool { return len(verbs(cmd)) > 0 && !cmd.HasAvailableLocalFlags() }

func commandMarkdown(cmd *cobra.Command, paths map[string]string) string {
	m := &markdown{paths: paths}
	fmt.Fprintf(m, "%s# %s\n\n%s\n", generated, cmd.CommandPath(), m.inline(sentence(cmd.Short)))
	if !isNoun(cmd) {
		m.synopsis(cmd)
	}
	heading := func(level int) func(string) { return func(title string) { m.heading(level, title) } }
	describe(m, cmd, heading(2))
	var under func(cmd *cobra.Command)
	under = func(cmd *cobra.Command) {
		for _, verb := range verbs(cmd) {
			m.heading(2, verb.CommandPath())
			m.synopsis(verb)
			describe(m, verb, func(title string) { fmt.Fprintf(m, "\n**%s**\n", title) })
			under(verb)
		}
	}
	under(cmd)
	m.heading(2, "Exit codes")
	var codes []string
	for _, code := range ui.Codes() {
		codes = append(codes, fmt.Sprintf("%d %s", int(code), code.Means()))
	}
	fmt.Fprintf(m, "\n%s ([more](../reference.md#exit-codes)).\n", plain.Replace(strings.Join(codes, " · ")))
	m.heading(2, "See also")
	var also []string
	for _, name := range near[cmd.Name()] {
		also = append(also, fmt.Sprintf("[`dbxaccess %s`](%s.md)", name, name))
	}
	for _, page := range further[cmd.Name()] {
		title, _, _ := strings.Cut(page, "#")
		also = append(also, fmt.Sprintf("[%s](../%s)", title, page))
	}
	fmt.Fprintf(m, "\n%s\n", strings.Join(append(also, "[all commands](README.md)"), ", "))
	return m.String()
}

// further are the pages of docs that say more than a command's help.
var further = map[string][]string{
	"agent": {"agents.md"}, "audit": {"audit.md", "evidence.md", "sinks.md", "trace.md"}, "auth": {"clients.md#databricks"},
	"config": {"reference.md#settings", "rollout.md"}, "credential-process": {"clients.md#aws", "data.md"}, "databricks-cli": {"clients.md#databricks"},
	"doctor": {"findings.md", "troubleshooting.md", "static-keys.md"}, "drift": {"iam.md#drift", "drift.md"}, "env": {"shell.md", "data.md"},
	"exec": {"long-runs.md", "clients.md", "containers.md", "data.md"}, "explain": {"access-map.md", "troubleshooting.md"}, "init": {"publishing.md"}, "jupyter": {"recipes.md"},
	"login": {"providers/README.md"}, "map": {"map.md", "access-map.md", "lints.md", "iam.md"}, "mcp": {"mcp.md", "agents.md"}, "posture": {"posture.md"},
	"profiles": {"clients.md"}, "revoke": {"revoke.md"}, "scan": {"static-keys.md"}, "shell-init": {"shell.md"}, "uninstall": {"installing.md"},
	"version": {"installing.md"}, "workspace": {"workspace.md"},
}

// commandIndex is the list of all commands, with those below a noun under it.
func commandIndex(root *cobra.Command, paths map[string]string) string {
	m := &markdown{paths: paths}
	fmt.Fprintf(m, "%s# Commands\n\nEvery command of dbxaccess, for whoever types one: what it does, with a page each for its options, defaults and examples.\n", generated)
	m.paragraph("`dbxaccess --help`, `dbxaccess COMMAND --help` and `man dbxaccess-COMMAND` say the same at a terminal. `dbxaccess` alone says how things " +
		"stand, and the one command that comes next.")
	m.WriteString("\nSettings, variables and exit codes, which are the same for all commands: [reference.md](../reference.md).\n")
	for _, group := range root.Groups() {
		m.heading(2, map[bool]string{true: "For platform engineers and auditors", false: "For everybody"}[group.ID == "dbxaccess-admin"])
		m.WriteString("\n| command | what it does |\n|---|---|\n")
		var row func(cmd *cobra.Command)
		row = func(cmd *cobra.Command) {
			name := strings.TrimPrefix(cmd.CommandPath(), "dbxaccess ")
			fmt.Fprintf(m, "| [`%s`](%s) | %s |\n", name, paths[cmd.CommandPath()], m.inline(strings.TrimSuffix(cmd.Short, ".")))
			for _, verb := range verbs(cmd) {
				row(verb)
			}
		}
		for _, cmd := range verbs(root) {
			if cmd.GroupID == group.ID && paths[cmd.CommandPath()] != "" {
				row(cmd)
			}
		}
	}
	return m.String()
}

// There is a page for each command in docs/commands, and an index; they say what the commands say of themselves.
func TestCommandPages(t *testing.T) {
	t.Parallel()
	root := manual()
	paths := places(root)
	want := map[string]string{"README.md": commandIndex(root, paths)}
	for _, cmd := range verbs(root) {
		if paths[cmd.CommandPath()] != "" {
			want[cmd.Name()+".md"] = commandMarkdown(cmd, paths)
		}
	}
	writtenPages(t, filepath.Join(repository, "docs", "commands"), want)
	for command := range further {
		if want[command+".md"] == "" {
			t.Errorf("there are further pages for a command %s, which there is not", command)
		}
	}
}
