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
	var b strings.Builder
	for _, f := range r.Findings {
		printFinding(&b, w, f)
	}
	if len(r.Findings) > 0 {
		b.WriteByte('\n')
	}
	compared := fmt.Sprintf("%s, %s compared in %s", ui.Count(len(r.Roles), "role", "roles"), ui.Count(len(r.Providers), "provider", "providers"),
		ui.Count(len(r.Accounts), "account", "accounts"))
	summary := ui.Count(len(r.Findings), "finding", "findings")
	if len(r.Findings) == 0 {
		summary = "no drift"
	}
	fmt.Fprintf(&b, "%s: %s\n", summary, compared)
	for _, note := range r.NotLookedAt {
		fmt.Fprintf(&b, "not looked at: %s\n", ui.Hang(w, ui.Clean(note), len("not looked at: ")))
	}
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "note: %s\n", ui.Hang(w, ui.Clean(note), len("note: ")))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func printFinding(b *strings.Builder, w io.Writer, f drift.Finding) {
	about := f.ARN
	if len(f.Roles) > 0 {
		about += " (" + strings.Join(f.Roles, ", ") + ")"
	}
	if f.Policy != "" {
		about += ", " + f.Policy
	}
	findings.Print(b, w, findings.Finding{Severity: string(f.Severity), About: about, What: f.What, ID: f.ID, Fix: f.Fix})
}
