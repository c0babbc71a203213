package posturecmd

import (
	"fmt"
	"io"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/admincli/findings"
	"github.com/dbxaccess/dbxaccess/internal/admincli/mapplace"
	"github.com/dbxaccess/dbxaccess/internal/posture"
	"github.com/dbxaccess/dbxaccess/internal/sarif"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func printTable(w io.Writer, r *report) error {
	var b strings.Builder
	faults, remarks := 0, 0
	for _, f := range r.Findings {
		if f.AtLeast(posture.Medium) {
			faults++
		} else {
			remarks++
		}
		printFinding(&b, w, f)
	}
	if len(r.Findings) > 0 {
		b.WriteByte('\n')
	}
	said := ui.Count(faults, "fault", "faults")
	if faults == 0 {
		said = "no fault"
	}
	if remarks > 0 {
		said += ", " + ui.Count(remarks, "remark", "remarks")
	}
	fmt.Fprintf(&b, "%s: %s, %s, %s looked at in %s\n", said, ui.Count(len(r.Datasets), "dataset", "datasets"), ui.Count(len(r.Buckets), "bucket", "buckets"),
		ui.Count(len(r.Keys), "key", "keys"), ui.Count(len(r.Accounts), "account", "accounts"))
	for _, note := range r.NotLookedAt {
		fmt.Fprintf(&b, "not looked at: %s\n", ui.Hang(w, note, len("not looked at: ")))
	}
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "note: %s\n", ui.Hang(w, ui.Clean(note), len("note: ")))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func printFinding(b *strings.Builder, w io.Writer, f posture.Finding) {
	findings.Print(b, w, findings.Finding{
		Severity: string(f.Severity), About: f.Resource + " (" + strings.Join(f.Datasets, ", ") + ")", What: f.What, ID: f.ID, Fix: f.Fix,
	})
}

// sarifOf has each finding at the line of its first dataset.
func sarifOf(r *report, version string) sarif.Log {
	var (
		rules   []sarif.Rule
		results []sarif.Result
	)
	for _, k := range posture.Kinds() {
		rules = append(rules, sarif.Rule{ID: string(k.ID), Means: k.Means, Page: "posture.md", Level: findings.Level(k.Sensitive)})
	}
	uri, at := r.where.URI(), mapplace.LinesOf(r.where.File)
	for _, f := range r.Findings {
		text := f.Resource + ": " + f.What + ": " + f.Why
		if len(f.Fix) > 0 {
			text += "\nfix: " + f.Fix.String()
		}
		results = append(results, sarif.Result{
			RuleID: string(f.ID), Level: findings.Level(f.Severity), Text: text, URI: uri, Line: at.Datasets[f.Datasets[0]], Resource: f.Resource,
			Kind: "posture/v1", Fingerprint: sarif.Fingerprint(string(f.ID), f.Resource, f.What), Properties: f,
		})
	}
	return sarif.New(version, rules, results)
}
