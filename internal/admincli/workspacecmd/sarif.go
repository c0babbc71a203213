package workspacecmd

import (
	"github.com/dbxaccess/dbxaccess/internal/admincli/findings"
	"github.com/dbxaccess/dbxaccess/internal/admincli/mapplace"
	"github.com/dbxaccess/dbxaccess/internal/sarif"
	"github.com/dbxaccess/dbxaccess/internal/workspace/plan"
)

// sarifOf has each finding at the first of its roles in the map. The workspace is part of the fingerprint: one map has several.
func sarifOf(r driftReport, where mapplace.Place, version string) sarif.Log {
	var (
		rules   []sarif.Rule
		results []sarif.Result
	)
	for _, k := range plan.FindingKinds() {
		rules = append(rules, sarif.Rule{ID: string(k.ID), Means: k.Means, Page: "workspace.md", Level: findings.Level(k.Severity)})
	}
	uri, at := where.URI(), mapplace.LinesOf(where.File)
	for _, f := range r.Findings {
		about := (&plan.Object{Kind: f.Kind, Name: f.Name}).Title()
		text, line := about+" in "+r.called()+": "+f.What, 1
		if len(f.Roles) > 0 {
			line = at.Roles[f.Roles[0]]
		}
		results = append(results, sarif.Result{
			RuleID: string(f.ID), Level: findings.Level(f.Severity), Text: findings.Text(text, f.Fix), URI: uri, Line: line, Resource: about,
			Kind: "workspace-drift/v1", Fingerprint: sarif.Fingerprint(string(f.ID), r.Host, r.AccountID, about, f.What), Properties: f,
		})
	}
	return sarif.New(version, rules, results)
}
