package auditcmd

import (
	"bufio"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/audit/query"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// The formats of records.
const (
	formatTable = "table"
	formatJSON  = "json"
	formatCSV   = "csv"
	formatOCSF  = "ocsf"
)

// usualLast is how many records a table has at most, and maxLast how many may be asked for: they are kept until the last is known.
const (
	usualLast = 100
	maxLast   = 10_000
)

func newList(env *cli.Env) *cobra.Command {
	var flags filterFlags
	var output string
	last := usualLast
	cmd := &cobra.Command{
		Use:   "list [FILE...]",
		Short: "List who signed in and what was issued to whom",
		Long: `Lists the record of this machine, the newest last: sign-ins, what roles they gave, every credential that was issued, handed
out or refused. With FILE it is the record in these files, or directories of them, as of another machine.

A table has the last 100 that fit the flags, json, csv and ocsf have all; with --last N they have the last N. json is an object with the list records; ocsf are the
lines of the record as they are, events of OCSF 1.8.0, one a line. Times are in UTC.

A line that is no record, or was changed, is told on stderr, and the exit code is 1 then. dbxaccess audit verify says whether anything is
missing.`,
		Example: "  dbxaccess audit list --since 7d --outcome refused\n  dbxaccess audit list --person alice@example.com --role ml-trainer -o csv\n" +
			"  dbxaccess audit list --since 2026-03-01 --until 2026-04-01 --run churn-7",
		RunE: func(cmd *cobra.Command, args []string) error {
			if last < 1 || last > maxLast {
				return ui.Errorf("last-out-of-range", ui.Usage, "--last %d is not from 1 to %d", last, maxLast).
					With(ui.Command("dbxaccess audit export -o csv"))
			}
			p := printerOf(env, output, last)
			if output != formatTable && cmd.Flags().Changed("last") {
				p = &lastPrinter{p, lastEntries{most: last}}
			}
			return run(env, args, flags, p)
		},
	}
	cli.FormatFlag(cmd, &output, "print a `table` for people, json, csv or ocsf", formatTable, formatJSON, formatCSV, formatOCSF)
	cmd.Flags().IntVar(&last, "last", usualLast, "how many `records` to print at most, the last ones; without it json, csv and ocsf have all")
	flags.add(env, cmd)
	return cmd
}

func newExport(env *cli.Env) *cobra.Command {
	var flags filterFlags
	var output string
	cmd := &cobra.Command{
		Use:   "export [FILE...]",
		Short: "Write records for other programs",
		Long: `Writes the records that fit the flags to stdout, one a line: as ocsf, which is how they stand in the record, with their place in the
chain and the signature, so that audit verify takes a whole export; as json, with the names of audit list -o json and without OCSF; or as
csv, in which no cell is a formula to a spreadsheet.`,
		Example: "  dbxaccess audit export --since 2026-03-01 --until 2026-04-01 > march.jsonl\n  dbxaccess audit export -o csv > record.csv",
		RunE: func(_ *cobra.Command, args []string) error {
			p := printerOf(env, output, 0)
			if output == formatJSON {
				p = &linesPrinter{to: bufio.NewWriter(env.Streams.Out)}
			}
			return run(env, args, flags, p)
		},
	}
	cli.FormatFlag(cmd, &output, "write `ocsf`, json or csv", formatOCSF, formatJSON, formatCSV)
	flags.add(env, cmd)
	return cmd
}

// run prints the records that fit.
func run(env *cli.Env, files []string, flags filterFlags, to printer) error {
	filter, err := flags.filter(env.Now())
	if err != nil {
		return err
	}
	r, err := open(env, files)
	if err != nil {
		return err
	}
	defer env.Console.Progress("reading the record")()
	people, err := r.people(filter.Person != "" || to.namesAtOnce())
	if err != nil {
		return err
	}
	for e, err := range r.entries(true) {
		if err != nil {
			return err
		}
		learn(people, e)
		if filter.Takes(e, people) {
			if err := to.print(e, people); err != nil {
				return err
			}
		}
	}
	if err := to.end(people); err != nil {
		return err
	}
	return r.whole()
}

// printer prints entries one after the other.
type printer interface {
	// namesAtOnce reports whether print names people: at the end, all that the record names are known.
	namesAtOnce() bool
	print(e *audit.Entry, people *query.People) error
	end(people *query.People) error
}
