package auditcmd

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/audit/chain"
	"github.com/dbxaccess/dbxaccess/internal/audit/verify"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

type verifyOptions struct {
	path   string // of a copy; "" for this machine's
	keys   []string
	heads  []string
	output string
}

// verified is the object of `audit verify -o json`.
type verified struct {
	Whole     bool   `json:"whole"` // nothing is wrong, up to a head that is known from elsewhere
	Directory string `json:"directory"`
	*verify.Report
}

func newVerify(env *cli.Env) *cobra.Command {
	var o verifyOptions
	cmd := &cobra.Command{
		Use:   "verify [PATH]",
		Short: "Say whether the record is whole, and what that proves",
		Long: `Reads the record of this machine, or a copy in PATH: a directory, or a file that audit export wrote. Names the first record that is wrong, then the others: edited,
signed by another key, missing, moved, there twice, spliced in, or cut off at the end, for which the keyring knows the head. Says
what can't be proven. Exit code 1 if anything is wrong. It is whole as far as a head that is known from elsewhere, as from the keyring.

The key is the keyring's. For a copy, and after the keyring is lost, name it: audit key prints it while it is there. A chain of
this machine's record that no such key has signed is wrong, unless it tells of workloads alone, whose keys end with them; of a copy, where
a key is named, every such chain is. audit key prints the head too: kept elsewhere, it shows later that nothing is missing.`,
		Example: "  dbxaccess audit verify\n  dbxaccess audit verify -o json | jq .findings\n  dbxaccess audit verify /mnt/laptop/audit --key 4Yd3… --head 6b1f…:212:9c0e…",
		Args:    cli.MaybeOne("path"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.path = args[0]
			}
			return runVerify(cmd.Context(), env, o)
		},
	}
	cmd.Flags().StringSliceVar(&o.keys, "key", nil, "a public `key` that is known to be the record's, as audit key prints it; more than one is allowed")
	cmd.Flags().StringSliceVar(&o.heads, "head", nil, "a `head` that the record is known to have had, as audit key prints it; more than one is allowed")
	cli.OutputFlag(cmd, &o.output)
	return cmd
}

func runVerify(ctx context.Context, env *cli.Env, o verifyOptions) error {
	known, dir, err := known(ctx, env, o)
	if err != nil {
		return err
	}
	entries := audit.ReadDir(dir)
	if o.path != "" {
		files, err := filesOf(o.path)
		if err != nil {
			return err
		}
		entries = audit.ReadFiles(files)
	}
	report, err := verify.Verify(entries, known)
	if err != nil {
		return unreadable(dir, err)
	}
	if o.output == "json" {
		err = json.NewEncoder(env.Streams.Out).Encode(verified{len(report.Findings) == 0 && report.Compared, dir, report})
	} else {
		err = printReport(env, dir, report)
	}
	if err == nil && len(report.Findings) > 0 {
		first := report.Findings[0]
		err = ui.Errorf(first.ID, ui.Failed, "the record is not as it was written: %s%s", first.What, place(first)).
			With(ui.Advice("compare it with what was sent to a sink, or with a backup; what follows in the record stays verifiable"))
	}
	return err
}

// known is what the record is held against, and where that is.
func known(ctx context.Context, env *cli.Env, o verifyOptions) (known verify.Known, dir string, err error) {
	if known.Keys, err = cli.RecordKeys(o.keys); err != nil {
		return known, "", err
	}
	for _, text := range o.heads {
		head, err := audit.ParseHead(text)
		if err != nil {
			return known, "", ui.Errorf("audit-head-invalid", ui.Usage, "--head %s: %w", ui.Clean(text), err).With(ui.Command("dbxaccess audit key"))
		}
		known.Heads = append(known.Heads, head)
	}
	if o.path != "" {
		return known, o.path, nil
	}
	if dir, err = env.RecordDir(); err != nil {
		return known, "", err
	}
	kept, err := env.RecordKnown(ctx)
	if err != nil && len(known.Keys) == 0 {
		return known, "", err
	}
	if kept.Key != nil {
		known.Keys = append(known.Keys, kept.Key)
	}
	if kept.Head != nil {
		known.Heads = append(known.Heads, *kept.Head)
	}
	known.Own = true
	known.Untold, known.Tallies = chain.Untold(dir)
	return known, dir, nil
}

// printReport prints a report for a person.
func printReport(env *cli.Env, dir string, report *verify.Report) error {
	out := env.Streams.Out
	if len(report.Chains) == 0 {
		env.Console.Info("Nothing is recorded in %s.", ui.Clean(dir))
	} else {
		var rows [][]string
		for _, c := range report.Chains {
			by := "its own word"
			if c.Proven {
				by = "known key"
			}
			rows = append(rows, []string{c.UID, strconv.Itoa(c.Records), fmt.Sprintf("%d to %d", c.First, c.Last), c.From.UTC().Format(time.DateTime), c.To.UTC().Format(time.DateTime), by})
		}
		if err := ui.PrintTable(out, []string{"CHAIN", "RECORDS", "NUMBERS", "FROM (UTC)", "TO (UTC)", "SIGNED BY"}, rows); err != nil {
			return err
		}
	}
	for _, part := range []struct {
		title string
		list  []verify.Finding
	}{{"Wrong", report.Findings}, {"Not proven", report.Unproven}} {
		if len(part.list) == 0 {
			continue
		}
		fmt.Fprintf(out, "\n%s:\n", part.title)
		for _, f := range part.list {
			fmt.Fprintf(out, "  %s\n", ui.Hang(out, ui.Clean(f.What+place(f)+" ["+string(f.ID)+"]"), 4))
		}
	}
	if report.Omitted > 0 {
		fmt.Fprintf(out, "\nand %d more\n", report.Omitted)
	}
	switch {
	case len(report.Findings) > 0 || len(report.Chains) == 0:
	case report.Compared:
		fmt.Fprintln(out, "\nThe record is whole.")
	default:
		fmt.Fprintln(out, "\nNothing wrong was found. It was not compared with a head, so that its end may be missing.")
	}
	return nil
}

// place is where a finding is, in brackets; "" where it is behind the files.
func place(f verify.Finding) string {
	if f.File == "" {
		return ""
	}
	return fmt.Sprintf(" (%s, line %d)", filepath.Base(f.File), f.Line)
}
