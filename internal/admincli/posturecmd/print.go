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
	a := findings.Answer{NotLookedAt: r.NotLookedAt, Notes: r.Notes}
	faults, remarks := 0, 0
	for _, f := range r.Findings {
		if f.AtLeast(posture.Medium) {
			faults++
		} else {
			remarks++
		}
		a.Findings = append(a.Findings, findings.Finding{
			Severity: string(f.Severity), About: f.Resource + " (" + strings.Join(f.Datasets, ", ") + ")", What: f.What, ID: f.ID, Fix: f.Fix,
		})
	}
	said := ui.Count(faults, "fault", "faults")
	if faults == 0 {
		said = "no fault"
	}
	if remarks > 0 {
		said += ", " + ui.Count(remarks, "remark", "remarks")
	}
	a.Summary = fmt.Sprintf("%s: %s, %s, %s looked at in %s", said, ui.Count(len(r.Datasets), "dataset", "datasets"), ui.Count(len(r.Buckets), "bucket", "buckets"),
		ui.Count(len(r.Keys), "key", "keys"), ui.Count(len(r.Accounts), "account", "accounts"))
	return a.Print(w)
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
		results = append(results, sarif.Result{
			RuleID: string(f.ID), Level: findings.Level(f.Severity), Text: findings.Text(f.Resource+": "+f.What+": "+f.Why, f.Fix), URI: uri, Line: at.Datasets[f.Datasets[0]], Resource: f.Resource,
			Kind: "posture/v1", Fingerprint: sarif.Fingerprint(string(f.ID), f.Resource, f.What), Properties: f,
		})
	}
	return sarif.New(version, rules, results)
}
