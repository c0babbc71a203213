package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// widestHelp is the longest line of help in columns, on however wide a terminal: longer ones are hard to read.
const widestHelp = 100

// printHelp is cobra's help, with paragraphs and descriptions wrapped to the terminal's width.
func printHelp(cmd *cobra.Command, _ []string) {
	out := cmd.OutOrStdout()
	columns := min(ui.Columns(out), widestHelp)
	words := cmd.Long
	if words == "" {
		words = cmd.Short
	}
	for paragraph := range strings.SplitSeq(words, "\n\n") {
		fmt.Fprintf(out, "%s\n\n", reflow(paragraph, columns))
	}
	examples := false
	for line := range strings.Lines(cmd.UsageString()) {
		line = strings.TrimSuffix(line, "\n")
		if !strings.HasPrefix(line, " ") {
			examples = line == "Examples:"
		}
		if !examples { // what is to be copied stays as it is
			line = foldEntry(line, columns)
		}
		fmt.Fprintln(out, line)
	}
}

// reflow fills the lines of a paragraph, except indented ones.
func reflow(paragraph string, columns int) string {
	if strings.HasPrefix(paragraph, " ") || strings.Contains(paragraph, "\n ") {
		return paragraph
	}
	return ui.Fold(strings.Join(strings.Fields(paragraph), " "), columns, 0)
}

// foldEntry folds the description of a command or a flag under itself. It begins after the first gap of two spaces, or
// after the first word where the name fills its column.
func foldEntry(line string, columns int) string {
	name := strings.TrimLeft(line, " ")
	gap := strings.Index(name, "  ")
	if gap < 0 {
		gap = strings.Index(name, " ")
	}
	if gap < 0 {
		return line
	}
	description := strings.TrimLeft(name[gap:], " ")
	at := len(line) - len(description)
	return line[:at] + ui.Fold(description, columns, at)
}
