// Package scancmd is the command that finds static keys in files and in the history of repositories.
//
// In come paths; out come findings, as a table, JSON or SARIF, and what was not looked at. It changes nothing but the baseline that it is
// told to write. It must never print a secret, or say that there are no keys where something could not be read.
package scancmd

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/statickeys"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// asked is what the command line says.
type asked struct {
	paths           []string
	history         bool
	all, generic    bool
	baseline, write string
	acknowledged    bool
	output          string
}

// New is `scan`.
func New(env *cli.Env) *cobra.Command {
	var a asked
	cmd := &cobra.Command{
		Use:   "scan PATH…",
		Short: "Find keys that don't expire in files and git histories",
		Long: `Looks through files, and all that is below directories, for keys that don't expire: AWS access keys, Databricks tokens, passwords of
databases, and others. Notebooks with their outputs, exports of Databricks, archives, JSON in JSON, base64 and UTF-16 are decoded
first. Links are not followed. A secret is never printed: a finding has rule and place, and the last four characters of a long one.

--git looks through each content that a commit of any branch or tag brought, too. --write-baseline keeps the findings of today, by
keyed fingerprints, and --baseline leaves them out; a comment beside a key acknowledges it: dbxaccess:allow RULE reason.

Exit code 1 if there is a finding, or something could not be read. What is over a bound, or binary, is counted and named.`,
		Example: "  dbxaccess scan notebooks jobs.json\n" +
			"  dbxaccess scan . --git\n" +
			"  dbxaccess scan . --write-baseline .dbxaccess-keys.json\n" +
			"  dbxaccess scan . --baseline .dbxaccess-keys.json -o sarif > keys.sarif",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return ui.Errorf("scan-path-missing", ui.Usage, "%s needs a file or a directory", cmd.CommandPath()).With(ui.Command("dbxaccess scan ."))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			a.paths = args
			return run(cmd.Context(), env, a)
		},
	}
	cmd.Flags().BoolVar(&a.history, "git", false, "look through the history of the repositories that the paths are in, too")
	cmd.Flags().BoolVar(&a.all, "all", false, "look for what gitleaks knows, too: some hundred other services; this takes twenty times as long")
	cmd.Flags().BoolVar(&a.generic, "generic", false, "with --all, take for a key what is long, random and named like one, as many an id is")
	cmd.Flags().StringVar(&a.baseline, "baseline", "", "leave out the findings that this `file` has")
	cmd.Flags().BoolVar(&a.acknowledged, "acknowledged", false, "list what is left out, too: what a comment acknowledges, with its reason, and what the baseline has")
	cmd.Flags().StringVar(&a.write, "write-baseline", "", "write the findings to this `file`, and end with 0")
	cli.FormatFlag(cmd, &a.output, "print a `table` for people, json with stable field names, or sarif for code scanning", "table", "json", "sarif")
	return cmd
}

// report is the answer, as -o json shows it.
type report struct {
	Findings     []statickeys.Finding `json:"findings"`
	NotLookedAt  []statickeys.Unread  `json:"not_looked_at"`
	Files        int                  `json:"files"`    // that were looked through
	Contents     int                  `json:"contents"` // of the history, that were looked through
	Bytes        int64                `json:"bytes"`
	Acknowledged int                  `json:"acknowledged"` // findings that a comment acknowledges
	Known        int                  `json:"known"`        // findings that the baseline has
	Uncounted    int                  `json:"uncounted"`    // findings beyond those that are listed
	// LeftOut are those that a comment acknowledges or the baseline has, where they were asked for.
	LeftOut []leftOut `json:"left_out,omitempty"`
	// Stale is what the baseline has and is there no more.
	Stale []entry `json:"stale,omitempty"`

	allowed, known []statickeys.Finding
	rules          []statickeys.Rule // that were looked for
	unreadable     int               // of NotLookedAt, what could not be read
}

// leftOut is a finding that is none any more; the reason is in Allowed, if one was given.
type leftOut struct {
	statickeys.Finding

	By suppressor `json:"by"`
}

// suppressor is what leaves a finding out.
type suppressor string

const (
	byComment  suppressor = "comment"
	byBaseline suppressor = "baseline"
)

// list puts what was left out into the report. A reason is anybody's text, and may have other keys in it.
func (r *report) list() {
	for _, f := range r.allowed {
		f.Allowed = ui.Cut(statickeys.WithoutKeys(ui.Clean(f.Allowed)), maxReason)
		r.LeftOut = append(r.LeftOut, leftOut{f, byComment})
	}
	for _, f := range r.known {
		r.LeftOut = append(r.LeftOut, leftOut{f, byBaseline})
	}
	slices.SortStableFunc(r.LeftOut, func(a, b leftOut) int { return byPlace(a.Finding, b.Finding) })
}

// maxReason is how much of a reason is shown, in characters.
const maxReason = 300

func run(ctx context.Context, env *cli.Env, a asked) error {
	known, err := readBaseline(a)
	if err != nil {
		return err
	}
	for _, path := range a.paths {
		if _, err := os.Lstat(path); err != nil {
			return ui.Errorf("scan-path-unknown", ui.Usage, "there is no %s: %w", ui.Named(path), err).With(ui.Advice("name a file or a directory that is there"))
		}
	}
	scanner := &statickeys.Scanner{Salt: known.salt()}
	rules := statickeys.Rules()
	if a.all || a.generic {
		more, others, err := gitleaks(a.generic)
		if err != nil {
			return err
		}
		scanner.More, rules = more, append(rules, others...)
	}
	w := newWork(env, scanner)
	done := env.Streams.Live(progressAfter, w.progress)
	err = w.all(ctx, a)
	done()
	if err != nil {
		return err
	}
	r := w.report()
	r.rules = rules
	if a.write != "" {
		if err := writeBaseline(a.write, known.salt(), a.history, r); err != nil {
			return err
		}
		env.Console.Info("Wrote %s to %s.", ui.Count(len(r.Findings), "finding", "findings"), ui.Clean(a.write))
		return unreadable(r)
	}
	known.leaveOut(r, a)
	if a.baseline == "" { // by a salt of this run alone
		for _, list := range [][]statickeys.Finding{r.Findings, r.allowed} {
			for n := range list {
				list[n].Fingerprint = ""
			}
		}
	}
	if a.acknowledged {
		r.list()
	}
	if err := r.print(env, a.output); err != nil {
		return err
	}
	if n := len(r.Findings) + r.Uncounted; n > 0 {
		return ui.Errorf("scan-found", ui.Failed, "%s", ui.Count(n, "static key was found", "static keys were found")).
			With(ui.Advice("do what each rule says under fix; a key that was revoked is acknowledged by a comment, dbxaccess:allow RULE reason, or by a baseline"))
	}
	return unreadable(r)
}

// unreadable is the error of a scan that found nothing where it could read.
func unreadable(r *report) error {
	if r.unreadable == 0 {
		return nil
	}
	return ui.Errorf("scan-unreadable", ui.Failed, "it is not known whether there are static keys: %s", ui.Count(r.unreadable, "place could not be read", "places could not be read")).
		With(ui.Advice("make readable what stands under not looked at, or leave it out of the paths"))
}

func (r *report) print(env *cli.Env, output string) error {
	switch output {
	case "json":
		return ui.PrintJSON(env.Streams.Out, r)
	case "sarif":
		return ui.PrintJSON(env.Streams.Out, sarifOf(r, env.Version.Number))
	}
	return printTable(env.Streams.Out, r)
}

// looked is what was looked through, in words.
func (r *report) looked() string {
	text := ui.Count(r.Files, "file", "files")
	if r.Contents > 0 {
		text += " and " + ui.Count(r.Contents, "content", "contents") + " of the history"
	}
	return fmt.Sprintf("%s, %s", text, size(r.Bytes))
}

func size(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d bytes", n)
	case n < 1_000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	case n < 1_000_000_000:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(n)/1e9)
}

// present are the rules that findings are of, the package's own first.
func (r *report) present() []statickeys.Rule {
	seen := make(map[string]bool)
	for _, f := range r.Findings {
		seen[f.Rule] = true
	}
	return slices.DeleteFunc(slices.Clone(r.rules), func(rule statickeys.Rule) bool { return !seen[rule.ID] })
}
