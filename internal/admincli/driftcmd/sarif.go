package driftcmd

import (
	"github.com/dbxaccess/dbxaccess/internal/admincli/findings"
	"github.com/dbxaccess/dbxaccess/internal/admincli/mapplace"
	"github.com/dbxaccess/dbxaccess/internal/drift"
	"github.com/dbxaccess/dbxaccess/internal/sarif"
)

// sarifOf has each finding at its line of the map.
func sarifOf(r *report, version string) sarif.Log {
	var (
		rules   []sarif.Rule
		results []sarif.Result
	)
	for _, k := range drift.Kinds() {
		rules = append(rules, sarif.Rule{ID: string(k.ID), Means: k.Means, Page: "drift.md", Level: findings.Level(k.Severity)})
	}
	uri, at := r.where.URI(), mapplace.LinesOf(r.where.File)
	for _, f := range r.Findings {
		results = append(results, sarif.Result{
			RuleID: string(f.ID), Level: findings.Level(f.Severity), Text: findings.Text(f.ARN+": "+f.What, f.Fix), URI: uri, Line: lineOf(at, f), Resource: f.ARN,
			Kind: "drift/v1", Fingerprint: sarif.Fingerprint(string(f.ID), f.ARN, f.Policy, f.What), Properties: f,
		})
	}
	return sarif.New(version, rules, results)
}

// lineOf is the line of what a finding is about, the first for the map as a whole.
func lineOf(l mapplace.Lines, f drift.Finding) int {
	line := 1
	switch {
	case len(f.Roles) > 0:
		line = l.Roles[f.Roles[0]]
	case len(f.Identities) > 0:
		line = l.Identities[f.Identities[0]]
	}
	return max(1, line)
}
