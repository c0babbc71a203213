package mapcmd

import (
	"fmt"
	"io"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// maxRows bounds the grants that are told to people, and maxUnseen what could not be seen; json has all.
const (
	maxRows   = 200
	maxUnseen = 40
)

// print prints the answer in the form that was asked for.
func (r *unusedReply) print(env *cli.Env, flags unusedFlags) error {
	switch flags.output {
	case "json":
		return ui.PrintJSON(env.Streams.Out, r)
	case "md":
		return r.printMarkdown(env.Streams.Out)
	}
	if err := r.printText(env.Streams.Out); err != nil || r.Patch == "" {
		return err
	}
	words := []string{"unused", "--since", flags.since, "-o", "json"}
	if flags.trace != "" {
		words = []string{"unused", "--trace", flags.trace, "-o", "json"}
	}
	_, err := io.WriteString(env.Streams.Out, "\n"+shownPatch(env, r.Patch, again(flags.file, words...)))
	return err
}

// counts are how many grants go, and how many stay.
func (r *unusedReply) counts() (goes, stays int) {
	for _, g := range r.Unused {
		if g.Goes != "" {
			goes++
		}
	}
	return goes, len(r.Unused) - goes
}

// headline is the answer in a sentence.
func (r *unusedReply) headline() string {
	switch goes, stays := r.counts(); {
	case len(r.Unused) == 0:
		return "Every grant to a group was used."
	case goes == 0:
		return fmt.Sprintf("Nobody was seen to use %s, and of none can it be said that it may go.", ui.Count(stays, "grant", "grants"))
	case r.Patch == "":
		return fmt.Sprintf("Nobody used %s; they stand beside a client_secret, so there is no patch. %d more stay.", ui.Count(goes, "grant", "grants"), stays)
	default:
		return fmt.Sprintf("Nobody used %s, which the patch takes away. %d more stay.", ui.Count(goes, "grant", "grants"), stays)
	}
}

// table has the grants, those that go first, and how many of them it leaves out.
func (r *unusedReply) table() (t table, more int) {
	t.header = []string{"GROUP", "IDENTITY", "ROLE", "DATASET", "VERB", "STANDS AT", "PATCH"}
	for _, goes := range []bool{true, false} {
		for _, g := range r.Unused {
			switch {
			case (g.Goes != "") != goes:
			case len(t.rows) == maxRows:
				more++
			default:
				patch := "takes the " + g.Goes
				if !goes {
					patch = "stays: " + g.Stays.Words()
				}
				t.add(ui.Plain, ui.Clean(g.Group), g.Identity, g.Role, ui.OrDash(g.Dataset), ui.OrDash(g.Verb), ui.OrDash(strings.Join(g.StandsAt, ", ")), patch)
			}
		}
	}
	return t, more
}

// unseen are the lines about what could not be seen.
func (r *unusedReply) unseen() (lines []string) {
	for i, u := range r.Unseen {
		if i == maxUnseen {
			return append(lines, fmt.Sprintf("and %d more, which -o json has", len(r.Unseen)-i))
		}
		lines = append(lines, ui.Clean(u.Text))
	}
	return lines
}

func (r *unusedReply) printText(out io.Writer) error {
	var b strings.Builder
	b.WriteString("Could not be seen:\n")
	for _, line := range r.unseen() {
		b.WriteString("  " + ui.Hang(out, line, 4) + "\n")
	}
	b.WriteString("\n" + ui.Hang(out, r.headline(), 0) + "\n")
	if _, err := io.WriteString(out, b.String()); err != nil || len(r.Unused) == 0 {
		return err
	}
	t, more := r.table()
	if _, err := fmt.Fprintln(out); err != nil {
		return err
	}
	if err := printTables(out, t); err != nil {
		return err
	}
	b.Reset()
	if more > 0 {
		fmt.Fprintf(&b, "and %d more, which -o json has\n", more)
	}
	if len(r.Changes) > 0 {
		b.WriteString("\nBy the patch, for " + ui.Clean(r.Map) + ":\n")
		for _, change := range firstFew(r.Changes) {
			b.WriteString("  - " + ui.Hang(out, ui.Clean(change), 4) + "\n")
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// firstFew are the first of many lines, and how many there are further.
func firstFew(lines []string) []string {
	if more := len(lines) - maxUnseen; more > 0 {
		return append(append([]string{}, lines[:maxUnseen]...), fmt.Sprintf("and %d more, which -o json has", more))
	}
	return lines
}

// printMarkdown writes the text of a pull request. Its patch is between fences that it can't end.
func (r *unusedReply) printMarkdown(out io.Writer) error {
	var b strings.Builder
	b.WriteString("### Access map: grants that nobody used\n\nCould not be seen:\n\n")
	for _, line := range r.unseen() {
		b.WriteString("- " + code(line) + "\n")
	}
	b.WriteString("\n" + r.headline() + "\n")
	if len(r.Unused) > 0 {
		t, more := r.table()
		b.WriteByte('\n')
		if err := printMarkdown(&b, t); err != nil {
			return err
		}
		if more > 0 {
			fmt.Fprintf(&b, "\nand %d more, which `-o json` has\n", more)
		}
	}
	if r.Patch != "" {
		fence := "```"
		for strings.Contains(r.Patch, fence) {
			fence += "`"
		}
		b.WriteString("\n" + fence + "diff\n" + ui.CleanLines(strings.ReplaceAll(r.Patch, "\r\n", "\n")) + fence + "\n")
	}
	_, err := io.WriteString(out, b.String())
	return err
}
