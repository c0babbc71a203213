package driftcmd

import (
	"fmt"
	"io"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/admincli/findings"
	"github.com/dbxaccess/dbxaccess/internal/drift"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func printTable(w io.Writer, r *report) error {
	summary := "no drift"
	if len(r.Findings) > 0 {
		summary = ui.Count(len(r.Findings), "finding", "findings")
	}
	a := findings.Answer{NotLookedAt: r.NotLookedAt, Notes: r.Notes, Summary: fmt.Sprintf("%s: %s, %s compared in %s",
		summary, ui.Count(len(r.Roles), "role", "roles"), ui.Count(len(r.Providers), "provider", "providers"), ui.Count(len(r.Accounts), "account", "accounts"))}
	for _, f := range r.Findings {
		a.Findings = append(a.Findings, shown(f))
	}
	return a.Print(w)
}

func shown(f drift.Finding) findings.Finding {
	about := f.ARN
	if len(f.Roles) > 0 {
		about += " (" + strings.Join(f.Roles, ", ") + ")"
	}
	if f.Policy != "" {
		about += ", " + f.Policy
	}
	return findings.Finding{Severity: string(f.Severity), About: about, What: f.What, ID: f.ID, Fix: f.Fix}
}
