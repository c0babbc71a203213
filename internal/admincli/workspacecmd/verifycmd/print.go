package verifycmd

import (
	"fmt"
	"io"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/admincli/findings"
	"github.com/dbxaccess/dbxaccess/internal/sarif"
	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/workspace/verify"
)

// mostIdentities is how many identities are named; -o json has them all.
const mostIdentities = 10

func printTable(w io.Writer, r *report) error {
	var b strings.Builder
	for i, f := range r.Findings {
		// What mends the next one too is said once, at the last of them.
		same := i+1 < len(r.Findings) && r.Findings[i+1].ID == f.ID && r.Findings[i+1].Fix.String() == f.Fix.String()
		printFinding(&b, w, f, !same)
	}
	if len(r.Findings) > 0 {
		b.WriteByte('\n')
	}
	b.WriteString(r.line() + "\n")
	for i, one := range r.RunsAs {
		if i == mostIdentities {
			fmt.Fprintf(&b, "runs as: %d further identities, in -o json\n", len(r.RunsAs)-i)
			break
		}
		text := fmt.Sprintf("%s (%s): %s", ui.Clean(one.Name), strings.ReplaceAll(string(one.Kind), "-", " "), ui.Count(one.Objects, "object", "objects"))
		if one.AsCreator > 0 {
			text += fmt.Sprintf(", %d as who created them", one.AsCreator)
		}
		fmt.Fprintf(&b, "runs as: %s\n", ui.Hang(w, text, len("runs as: ")))
	}
	for _, note := range r.notes() {
		fmt.Fprintf(&b, "note: %s\n", ui.Hang(w, ui.Clean(note), len("note: ")))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func printFinding(b *strings.Builder, w io.Writer, f verify.Finding, fix bool) {
	about := f.Object.String()
	if f.Where != "" {
		about += ", " + f.Where
	}
	shown := findings.Finding{Severity: string(f.Severity), About: about, What: f.What, ID: f.ID}
	if fix {
		shown.Fix = f.Fix
	}
	findings.Print(b, w, shown)
}

// sarifOf names each object as a file below the workspace's name: code scanning wants one.
func sarifOf(r *report, version string) sarif.Log {
	var (
		rules   []sarif.Rule
		results []sarif.Result
	)
	for _, k := range verify.Kinds() {
		rules = append(rules, sarif.Rule{ID: string(k.ID), Means: k.Means, Page: "verify.md", Level: findings.Level(k.Severity)})
	}
	for _, f := range r.Findings {
		text := f.Object.String() + ": " + f.What
		if f.Where != "" {
			text = f.Object.String() + ", " + f.Where + ": " + f.What
		}
		results = append(results, sarif.Result{
			RuleID: string(f.ID), Level: findings.Level(f.Severity), Text: findings.Text(text, f.Fix), URI: uriOf(r.Host, f), Resource: f.Object.String(), Kind: "verify/v1",
			Fingerprint: sarif.Fingerprint(string(f.ID), r.Host, r.WorkspaceID, f.Object.Type, f.Object.ID, f.Object.Name, f.Where, f.Rule, f.Profile), Properties: f,
		})
	}
	return sarif.New(version, rules, results)
}

// uriOf is a relative reference, of characters that mean nothing else in one.
func uriOf(host string, f verify.Finding) string {
	name := f.Object.Name
	if f.Object.ID != "" {
		name = f.Object.ID
	}
	var b strings.Builder
	for _, c := range []byte(ui.Host(host) + "/" + string(f.Part) + "/" + strings.TrimPrefix(name, "/")) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-._~/", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
