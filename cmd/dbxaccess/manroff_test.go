//go:build linux

package main

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// roff writes manual pages in the macros of man(7), which mandoc and groff read alike.
type roff struct{ strings.Builder }

// escapes are what is no plain character to roff. A hyphen is one that can be copied and searched for.
var escapes = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`)

// escape is a line of text as roff takes it; one that begins with a dot would be a request.
func escape(text string) string {
	text = escapes.Replace(text)
	if strings.HasPrefix(text, ".") {
		text = `\&` + text
	}
	return text
}

func (r *roff) section(title string)    { fmt.Fprintf(r, ".SH %s\n", title) }
func (r *roff) subsection(title string) { fmt.Fprintf(r, ".SS %s\n", escape(title)) }

// entry is a name in bold, with what it means below it.
func (r *roff) entry(name, means string) {
	fmt.Fprintf(r, ".TP\n.B %s\n%s\n", escape(name), escape(means))
}

// verbatim is what is to be copied.
func (r *roff) verbatim(lines string) {
	r.WriteString(".PP\n.nf\n")
	for line := range strings.SplitSeq(strings.Trim(lines, "\n"), "\n") {
		fmt.Fprintln(r, escape(line))
	}
	r.WriteString(".fi\n")
}

// prose is text as help has it: paragraphs are filled, names with what they mean become entries, other indented lines stay.
func (r *roff) prose(text string) {
	for paragraph := range strings.SplitSeq(strings.Trim(text, "\n"), "\n\n") {
		lines := strings.Split(paragraph, "\n")
		switch {
		case strings.HasPrefix(paragraph, " ") && everyLine(lines, isEntry):
			for _, line := range lines {
				name, means, _ := strings.Cut(strings.TrimSpace(line), "  ")
				r.entry(name, strings.TrimSpace(means))
			}
		case strings.Contains("\n"+paragraph, "\n "):
			r.verbatim(paragraph)
		default:
			fmt.Fprintf(r, ".PP\n%s\n", escape(strings.Join(strings.Fields(paragraph), " ")))
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

// options are the command's own, and no hidden ones.
func (r *roff) options(cmd *cobra.Command) {
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
		r.entry(name, usage)
	})
}

// describe is what a command does, with its options and examples, each behind what heading says of it.
func (r *roff) describe(cmd *cobra.Command, heading func(title string)) {
	words := cmd.Long
	if words == "" {
		words = sentence(cmd.Short)
	}
	r.prose(words)
	var options roff
	if options.options(cmd); options.Len() > 0 {
		heading("OPTIONS")
		r.WriteString(options.String())
	}
	if cmd.Example != "" {
		heading("EXAMPLES")
		r.verbatim(cmd.Example)
	}
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
