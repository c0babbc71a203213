package scancmd

import (
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/sarif"
	"github.com/dbxaccess/dbxaccess/internal/statickeys"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// fewUnread is how many places that were not looked at are listed for people; -o json has them all.
const fewUnread = 20

// page is where the rules are explained.
const page = "static-keys.md"

func printTable(w io.Writer, r *report) error {
	var b strings.Builder
	for _, f := range r.Findings {
		sign, style := "✗", ui.Bad
		if f.Lesser {
			sign, style = "-", ui.Faint
		}
		fmt.Fprintf(&b, "%s  %s\n", ui.Paint(w, style, sign+" "+f.Rule), ui.Hang(w, placeOf(f.Place)+tailOf(f), len(f.Rule)+4))
	}
	if len(r.Findings) > 0 {
		b.WriteByte('\n')
	}
	for _, rule := range r.present() {
		fmt.Fprintf(&b, "%s: %s\n", rule.ID, ui.Hang(w, rule.Title+". "+capital(rule.Why)+".", len(rule.ID)+2))
		fmt.Fprintf(&b, "  fix  %s\n", ui.Hang(w, rule.Remedy, 7))
	}
	if len(r.Findings) > 0 {
		b.WriteByte('\n')
	}
	summary := ui.Count(len(r.Findings)+r.Uncounted, "static key", "static keys")
	if len(r.Findings) == 0 {
		summary = "no static keys"
		if len(r.NotLookedAt) > 0 {
			summary += " in what was looked through"
		}
	}
	fmt.Fprintf(&b, "%s: %s looked through\n", summary, r.looked())
	if r.Known > 0 || r.Acknowledged > 0 {
		fmt.Fprintf(&b, "left out: %d known from the baseline, %d acknowledged\n", r.Known, r.Acknowledged)
	}
	printUnread(&b, w, r.NotLookedAt)
	_, err := io.WriteString(w, b.String())
	return err
}

// printUnread counts what was not looked at by reason, and names the first of each.
func printUnread(b *strings.Builder, w io.Writer, list []statickeys.Unread) {
	var order []statickeys.Why
	by := make(map[statickeys.Why][]string)
	for _, u := range list {
		if by[u.Why] == nil {
			order = append(order, u.Why)
		}
		by[u.Why] = append(by[u.Why], placeOf(u.Place))
	}
	for _, why := range order {
		names := by[why]
		more := ""
		if len(names) > fewUnread {
			names, more = names[:fewUnread], fmt.Sprintf(" and %d more (-o json lists them)", len(names)-fewUnread)
		}
		fmt.Fprintf(b, "not looked at: %s\n", ui.Hang(w, fmt.Sprintf("%s: %s%s", why, strings.Join(names, ", "), more), len("not looked at: ")))
	}
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// placeOf is a place as people and editors read it: file!entry:line, cell.
func placeOf(p statickeys.Place) string {
	text := p.File
	if p.Entry != "" {
		text += "!" + p.Entry
	}
	if p.Cell > 0 {
		text += fmt.Sprintf(", cell %d, line %d", p.Cell, p.Line)
	} else if p.Line > 0 {
		text += fmt.Sprintf(":%d", p.Line)
	}
	if p.Path != "" {
		text += " " + p.Path
	}
	if p.Commit != "" {
		text += " (commit " + p.Commit[:min(len(p.Commit), 12)] + ")"
	}
	return ui.Clean(text)
}

func tailOf(f statickeys.Finding) string {
	if f.Tail == "" {
		return ""
	}
	return "  …" + ui.Clean(f.Tail)
}

func sarifOf(r *report, version string) sarif.Log {
	level := map[bool]sarif.Level{false: sarif.Error, true: sarif.Note}
	var rules []sarif.Rule
	for _, rule := range r.rules {
		rules = append(rules, sarif.Rule{ID: rule.ID, Means: rule.Title + ": " + rule.Why, Page: page, Level: level[rule.Lesser]})
	}
	var results []sarif.Result
	for _, f := range r.Findings {
		line, column := f.Place.Line, f.Place.Column
		if f.Place.FileLine > 0 {
			line, column = f.Place.FileLine, 0
		}
		results = append(results, sarif.Result{
			RuleID: f.Rule, Level: level[f.Lesser], Text: f.Rule + " at " + placeOf(f.Place) + tailOf(f), URI: (&url.URL{Path: f.Place.File}).String(), Line: line, Column: column,
			Kind: "staticKey/v1", Fingerprint: f.Fingerprint, Properties: f,
		})
	}
	log := sarif.New(version, rules, results)
	var notices []sarif.Notice
	for _, u := range r.NotLookedAt {
		notices = append(notices, sarif.Notice{Text: "not looked at: " + placeOf(u.Place) + ": " + string(u.Why), URI: (&url.URL{Path: u.Place.File}).String()})
	}
	log.Tell(r.unreadable == 0, notices)
	return log
}
