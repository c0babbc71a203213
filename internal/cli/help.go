package cli

import (
	"fmt"
	"slices"
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
	if cmd.IsAdditionalHelpTopicCommand() {
		printTopic(out, words, columns)
		return
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

// newHelp is `help`: of a command, or of a topic. An unknown one is wrong usage.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND|TOPIC]", Short: "Help about a command or a topic",
		Long:    "Shows the help of a command, as --help does, or of a topic: " + strings.Join(topicNames(), ", ") + ".",
		Example: "  dbxaccess help login\n  dbxaccess help environment",
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) (names []cobra.Completion, _ cobra.ShellCompDirective) {
			found, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			for _, c := range found.Commands() {
				if c.IsAvailableCommand() || c.IsAdditionalHelpTopicCommand() {
					names = append(names, cobra.CompletionWithDesc(c.Name(), c.Short))
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, err := cmd.Root().Find(args)
			if err != nil {
				return err
			}
			if len(rest) > 0 && found.HasAvailableSubCommands() {
				return unknownHelp(found, rest[0])
			}
			found.InitDefaultHelpFlag()
			return found.Help()
		},
	}
}

// unknownHelp is wrong usage: there is no such command or topic behind a command.
func unknownHelp(after *cobra.Command, name string) error {
	near, program := suggestion(after, name), after.Root().Name()
	if near == "" && !after.HasParent() {
		if topic := ui.Nearest(name, slices.Values(topicNames())); topic != "" {
			near = program + " " + topic
		}
	}
	fix := ui.Command(strings.TrimSpace(program + " help" + strings.TrimPrefix(after.CommandPath(), program)))
	if near != "" {
		fix = ui.Advice("did you mean: " + program + " help" + strings.TrimPrefix(near, program))
	}
	return ui.Errorf("help-unknown", ui.Usage, "no help about %s", ui.Named(name)).With(fix)
}

// reflow fills the lines of a paragraph, except indented ones.
func reflow(paragraph string, columns int) string {
	if strings.HasPrefix(paragraph, " ") || strings.Contains(paragraph, "\n ") {
		return paragraph
	}
	return ui.Fold(strings.Join(strings.Fields(paragraph), " "), columns, 0)
}

// foldEntry folds the description of a command or a flag under itself. It begins after the first gap of two spaces, or
// after the first word where the name fills its column. On a narrow terminal it stands below the name, further to the left.
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
	if columns < 2*at {
		const below = 8
		return strings.TrimRight(line[:at], " ") + "\n" + strings.Repeat(" ", below) + ui.Fold(description, columns, below)
	}
	return line[:at] + ui.Fold(description, columns, at)
}
