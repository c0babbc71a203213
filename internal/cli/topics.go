package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/config/settings"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// topic is a page of help that is of no command.
type topic struct {
	name, short string
	text        func() string
}

var topics = []topic{
	{"environment", "Environment variables", environmentText},
	{"exit-codes", "Exit codes", exitCodesText},
	{"settings", "Settings", settingsText},
	{"json", "JSON output", jsonText},
}

// topicNames are the topics of help.
func topicNames() (names []string) {
	for _, t := range topics {
		names = append(names, t.name)
	}
	return names
}

// helpTopics are the topics as cobra has them: commands that do nothing.
func helpTopics() (all []*cobra.Command) {
	for _, t := range topics {
		all = append(all, &cobra.Command{Use: t.name, Short: t.short, Long: t.text()})
	}
	return all
}

// leastMeans is how many columns what a name means has at least beside it; with fewer it stands below.
const leastMeans = 32

// printTopic prints a topic: paragraphs, and indented lines of a name with what it means.
func printTopic(out io.Writer, text string, columns int) {
	for i, paragraph := range strings.Split(text, "\n\n") {
		if i > 0 {
			fmt.Fprintln(out)
		}
		if !strings.HasPrefix(paragraph, " ") {
			fmt.Fprintln(out, reflow(paragraph, columns))
			continue
		}
		below := false
		for line := range strings.SplitSeq(paragraph, "\n") {
			_, means := cutEntry(line)
			at := len(line) - len(means)
			below = below || at+ui.Width(means) > columns && columns-at < leastMeans
		}
		for line := range strings.SplitSeq(paragraph, "\n") {
			if name, means := cutEntry(line); below {
				fmt.Fprintf(out, "  %s\n      %s\n", name, ui.Fold(means, columns, 6))
			} else {
				fmt.Fprintln(out, foldEntry(line, columns))
			}
		}
	}
}

// cutEntry is a name with what it means.
func cutEntry(line string) (name, means string) {
	name, means, _ = strings.Cut(strings.TrimLeft(line, " "), "  ")
	return name, strings.TrimLeft(means, " ")
}

// entries are names with what they mean, in two columns.
func entries(rows [][2]string) string {
	widest := 0
	for _, row := range rows {
		widest = max(widest, len(row[0]))
	}
	lines := make([]string, len(rows))
	for i, row := range rows {
		lines[i] = fmt.Sprintf("  %-*s  %s", widest, row[0], row[1])
	}
	return strings.Join(lines, "\n")
}

func exitCodesText() string {
	var rows [][2]string
	for _, c := range ui.Codes() {
		rows = append(rows, [2]string{fmt.Sprint(int(c)), c.Means()})
	}
	return "Every command ends with one of these:\n\n" + entries(rows) + "\n\n" +
		"exec passes on its program's code; 126 and 127 mean that the program could not be run or does not exist. " +
		"Each kind of error has an ID besides, which dbxaccess --debug logs: docs/errors.md lists them."
}

func jsonText() string {
	return "Commands that list or report take -o json; their help says which others they print. " +
		"Field names, IDs and the words of states stay the same in later versions, and fields may be added. " +
		"Sentences for people, such as what, why and fix, may be put in other words at any time: go by id and cause.\n\n" +
		"JSON is the only thing on stdout. Errors and warnings are on stderr, and the exit code says how it ended: see dbxaccess help exit-codes. " +
		"Times are in UTC, as in 2026-11-22T09:15:00Z."
}

// variablesOfOthers are those of other programs that are honoured.
var variablesOfOthers = [][2]string{
	{"AWS_CONFIG_FILE", "where AWS profiles are"},
	{"AWS_SHARED_CREDENTIALS_FILE", "where AWS keys are"},
	{"DATABRICKS_CONFIG_FILE", "where Databricks profiles are"},
	{"AWS_CA_BUNDLE", "certificates of authorities to trust besides the system's (PEM)"},
	{"SSL_CERT_FILE", "those in place of the system's"},
	{"HTTPS_PROXY", "the proxy for requests; else ALL_PROXY"},
	{"NO_PROXY", "hosts that need none"},
	{"AWS_ENDPOINT_URL_STS", "where STS is asked, and so for other services: AWS, this machine, trusted hosts"},
	{"AWS_USE_FIPS_ENDPOINT", "ask AWS's FIPS endpoints"},
	{"AWS_USE_DUALSTACK_ENDPOINT", "ask AWS's dual-stack endpoints"},
	{"BROWSER", "the program that opens pages"},
	{"NO_COLOR", "no colours"},
}

// variables are rows of them.
func variables(all []config.Variable) (rows [][2]string) {
	for _, v := range all {
		rows = append(rows, [2]string{v.Name, v.Means})
	}
	return rows
}

func settingsText() string {
	var rows [][2]string
	for _, t := range settings.All() {
		rows = append(rows, [2]string{t.Key, t.Means + ": " + t.Legal()})
	}
	return "They stand in the file that dbxaccess config path names, and are overridden by variables: see dbxaccess help environment. " +
		"dbxaccess config list shows what applies and where it comes from, dbxaccess config set changes one.\n\n" + entries(rows)
}

func environmentText() string {
	return "Variables that override settings:\n\n" + entries(variables(config.Overriding())) +
		"\n\nVariables without a setting:\n\n" + entries(variables(config.Beside())) +
		"\n\nVariables of other programs that are honoured:\n\n" + entries(variablesOfOthers) +
		"\n\nVariables that env and exec set:\n\n" + entries(variables(config.Telling())) +
		"\n\nA value that means nothing is refused by every command."
}
