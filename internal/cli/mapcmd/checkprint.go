package mapcmd

import (
	"bufio"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/sarif"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// printLines prints a line for each of the rows that are not acknowledged: a large map has thousands, and each by itself would be a write.
func printLines(w io.Writer, rows []checkProblem, line func(checkProblem) string) error {
	lines := bufio.NewWriterSize(w, 64<<10)
	for _, row := range rows {
		if row.Reason == "" {
			fmt.Fprintln(lines, line(row))
		}
	}
	return lines.Flush()
}

// printProblems prints each in the form that editors recognise, FILE:LINE:COLUMN: SEVERITY: MESSAGE [ID]: in one line, or on a terminal
// in as many as it takes.
func printProblems(w io.Writer, rows []checkProblem) error {
	styles := map[string]ui.Style{"error": ui.Bad, "warning": ui.Caution, "note": ui.Faint}
	return printLines(w, rows, func(row checkProblem) string {
		place := fmt.Sprintf("%s:%d:%d:", ui.Clean(row.File), row.Line, row.Column)
		id := ""
		if row.ID != "" {
			id = " [" + row.ID + "]"
		}
		text := ui.Hang(w, place+" "+row.Severity+": "+ui.Clean(row.Message)+id, 2)
		if before, after, found := strings.Cut(text[len(place):], row.Severity+":"); found && strings.HasPrefix(text, place) {
			text = place + before + ui.Paint(w, styles[row.Severity], row.Severity+":") + after
		}
		for _, step := range row.Fix.Clean() {
			text += "\n  " + step.Text
		}
		return text
	})
}

// printAnnotations prints each as GitHub Actions shows it beside the line. A command of a workflow ends with its line, and its properties
// at a colon or comma: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
func printAnnotations(w io.Writer, rows []checkProblem) error {
	inText := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	inProperty := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	kinds := map[string]string{"error": "error", "warning": "warning", "note": "notice"}
	return printLines(w, rows, func(row checkProblem) string {
		title := ""
		if row.ID != "" {
			title = ",title=" + inProperty.Replace(row.ID)
		}
		return fmt.Sprintf("::%s file=%s,line=%d,col=%d%s::%s", kinds[row.Severity], inProperty.Replace(ui.Clean(row.File)),
			row.Line, row.Column, title, inText.Replace(row.text()))
	})
}

// text is what is so, and what mends it.
func (p checkProblem) text() string {
	text := ui.Clean(p.Message)
	if len(p.Fix) > 0 {
		text += "\nfix: " + p.Fix.Clean().String()
	}
	return text
}

// The rules of what has no ID.
const (
	ruleError = "map-error"
	ruleNote  = "map-note"
)

// sarifOf is all as code scanning takes it, what is acknowledged as suppressed in the source.
func sarifOf(rows []checkProblem, version string) sarif.Log {
	levels := map[string]sarif.Level{"error": sarif.Error, "warning": sarif.Warning, "note": sarif.Note}
	rules := []sarif.Rule{
		{ID: ruleError, Means: "what makes an access map wrong: it can't be used", Page: "map.md", Level: sarif.Error},
		{ID: ruleNote, Means: "what is worth knowing of an access map, and nothing to change", Page: "access-map.md", Level: sarif.Note},
	}
	known := map[string]bool{ruleError: true, ruleNote: true}
	for _, kind := range accessmap.Kinds() {
		rules = append(rules, sarif.Rule{ID: string(kind.ID), Means: kind.Means, Page: "lints.md", Level: sarif.Warning})
		known[string(kind.ID)] = true
	}
	results := make([]sarif.Result, 0, len(rows))
	for _, row := range rows {
		id := row.ID
		switch {
		case id == "" && row.Severity == "error":
			id = ruleError
		case id == "":
			id = ruleNote
		case !known[id]: // of a token
			rules = append(rules, sarif.Rule{
				ID: id, Means: "what an ID token is not, held against the access map", Page: "findings.md", Level: levels[row.Severity],
			})
			known[id] = true
		}
		one := sarif.Result{
			RuleID: id, Level: levels[row.Severity], Text: row.text(), URI: (&url.URL{Path: row.File}).String(), Line: row.Line, Column: row.Column,
			Kind: "accessMap/v1", Fingerprint: sarif.Fingerprint(id, row.Message), Properties: row,
		}
		if row.Reason != "" {
			one.Suppressed = &sarif.Suppression{Kind: sarif.InSource, Justification: ui.Clean(row.Reason)}
		}
		results = append(results, one)
	}
	return sarif.New(version, rules, results)
}
