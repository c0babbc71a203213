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
	for _, f := range r.LeftOut {
		fmt.Fprintf(&b, "%s  %s\n", ui.Paint(w, ui.Faint, "· "+f.Rule), ui.Hang(w, placeOf(f.Place)+tailOf(f.Finding)+"  "+f.why(), len(f.Rule)+4))
	}
	if len(r.Findings)+len(r.LeftOut) > 0 {
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
	printStale(&b, w, r.Stale)
	printUnread(&b, w, r.NotLookedAt)
	_, err := io.WriteString(w, b.String())
	return err
}

// why is what leaves a finding out, in words.
func (l leftOut) why() string {
	if l.By == byBaseline {
		return "known from the baseline"
	}
	return "acknowledged: " + l.Allowed
}

// printStale names the first of what is in the baseline for nothing.
func printStale(b *strings.Builder, w io.Writer, list []entry) {
	if len(list) == 0 {
		return
	}
	var names []string
	for _, e := range list[:min(len(list), fewUnread)] {
		names = append(names, e.words())
	}
	more := ""
	if n := len(list) - len(names); n > 0 {
		more = fmt.Sprintf(" and %d more (-o json lists them)", n)
	}
	fmt.Fprintf(b, "gone, and still in the baseline: %s\n", ui.Hang(w, strings.Join(names, ", ")+more+"; write it again with --write-baseline", len("gone, and still in the baseline: ")))
}

func (e entry) words() string {
	return ui.Clean(e.Rule) + " in " + placeOf(statickeys.Place{File: e.File, Entry: e.Entry})
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
	result := func(f statickeys.Finding) sarif.Result {
		line, column := f.Place.Line, f.Place.Column
		if f.Place.FileLine > 0 {
			line, column = f.Place.FileLine, 0
		}
		return sarif.Result{
			RuleID: f.Rule, Level: level[f.Lesser], Text: f.Rule + " at " + placeOf(f.Place) + tailOf(f), URI: (&url.URL{Path: f.Place.File}).String(), Line: line, Column: column,
			Kind: "staticKey/v1", Fingerprint: f.Fingerprint, Properties: f,
		}
	}
	var results []sarif.Result
	for _, f := range r.Findings {
		results = append(results, result(f))
	}
	for _, f := range r.LeftOut {
		suppressed := result(f.Finding)
		suppressed.Suppressed = &sarif.Suppression{Kind: sarif.InSource, Justification: f.why()}
		if f.By == byBaseline {
			suppressed.Suppressed.Kind = sarif.External
		}
		results = append(results, suppressed)
	}
	log := sarif.New(version, rules, results)
	var notices []sarif.Notice
	for _, u := range r.NotLookedAt {
		notices = append(notices, sarif.Notice{Text: "not looked at: " + placeOf(u.Place) + ": " + string(u.Why), URI: (&url.URL{Path: u.Place.File}).String()})
	}
	for _, e := range r.Stale {
		notices = append(notices, sarif.Notice{Text: "gone, and still in the baseline: " + e.words(), URI: (&url.URL{Path: e.File}).String()})
	}
	log.Tell(r.unreadable == 0, notices)
	return log
}
