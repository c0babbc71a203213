// Package tracecmd is the command that joins the clouds' logs with the record.
//
// In come the record and files of logs, on this machine or in S3; out comes whose credentials each access to data was done with, as
// CSV or JSON, and what adds up, as a table or a report of HTML. It must never call the answer whole where something was not read.
package tracecmd

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/source"
	"github.com/dbxaccess/dbxaccess/internal/audit/trace"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// flags are those of the command.
type flags struct {
	cloudTrail, databricks, records, keys []string
	mapFile, resume, output               string
	sql                                   sqlFlags
}

// New is `audit trace`.
func New(env *cli.Env) *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "trace",
		Short: "Join CloudTrail and Databricks' audit log with the record: who read what",
		Long: `Reads what CloudTrail logged of S3, and Databricks' system.access.audit, and joins each access with the record: by access key, by
the key that narrower credentials were made of, by AWS's origin identity, by source identity, by session name and role; the first that
fits counts. A name that several people had at the time is joined to nobody, and so is what was done outside a credential's life, or
with a key that the record does not have, by a name of credentials whose key it has. A name tells the person, only a key the run.

As csv and json, each access to a dataset of the map or by somebody of the record is told, with person, run, machine, role, group and
bytes, or with why it was joined to nobody. The table and the HTML report, which is one file, have what adds up by person, dataset and run. Reads of
objects are data events, which CloudTrail logs only where that was turned on.

Files may be packed with gzip; of a directory, and of s3://BUCKET/PREFIX, all that end with .json or .json.gz are read. S3 is asked with what AWS
gives this machine. With --resume, what was read is kept in a file, and read on from there after an interruption, by the same record. Lines of the record that
were changed, or are not signed with the key of this machine's record or one of --key, are left out. Exit code 1 if something could not be read,
or was left out.

Where a log is too large to be fetched, --sql prints the same join as SQL, and what creates the tables that it reads: for Athena over
CloudTrail, whose place --cloudtrail names, or for Databricks over system.access.audit. The record's table lies over a bucket that
audit ship writes by day. With --run it is run, after a word on what it costs and a question: by Athena with the credentials of --as or
--profile, else with what AWS gives this machine; by a SQL warehouse as the person of --as ROLE, in that role's workspace. The answer comes
as that of a local join. Who is interrupted stops the query.`,
		Example: "  dbxaccess audit trace --cloudtrail logs/ -o csv > reads.csv\n" +
			"  dbxaccess audit trace --cloudtrail s3://acme-trail/AWSLogs/111122223333/CloudTrail/us-east-1/2026/11/ -o html > report.html\n" +
			"  dbxaccess audit trace --cloudtrail logs/ --databricks audit.csv --record ~/collected/laptop-1 --resume trace.state\n" +
			"  dbxaccess audit trace --sql athena --since 7d --cloudtrail s3://acme-trail/AWSLogs/111122223333/CloudTrail/us-east-1/ > trace.sql\n" +
			"  dbxaccess audit trace --sql databricks --run --warehouse 4a1b2c3d4e5f6071 --since 7d -o html > report.html",
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := refused(cmd, f); err != nil {
				return err
			}
			switch {
			case f.sql.run:
				return runSQL(cmd.Context(), env, cmd, f)
			case f.sql.engine != noEngine:
				return printSQL(env, f)
			}
			return run(cmd.Context(), env, f)
		},
	}
	cmd.Flags().StringSliceVar(&f.cloudTrail, "cloudtrail", nil, "read this `file` or directory, or s3://BUCKET/PREFIX; may be repeated")
	cmd.Flags().StringSliceVar(&f.databricks, "databricks", nil, "read this `file` of system.access.audit, as JSON lines or CSV; may be repeated")
	cmd.Flags().StringSliceVar(&f.records, "record", nil, "read the record in this `path` instead of this machine's: a file of audit export, or a directory of a machine's or a sink's files; may be repeated")
	cmd.Flags().StringSliceVar(&f.keys, "key", nil, "a public `key` that the record has to be signed with, as audit key prints it; more than one is allowed")
	cmd.Flags().StringVar(&f.mapFile, "map", "", "take datasets from this `file` instead of the map in use")
	cmd.Flags().StringVar(&f.resume, "resume", "", "keep in this `file` how far the work has come, and go on from there")
	f.sql.add(env, cmd)
	cli.FormatFlag(cmd, &f.output, "print a `table` of what adds up, each access as csv or json with stable field names, or a report as html", "table", "json", "csv", "html")
	return cmd
}

// saveEvery is how often the state is kept during the work.
const saveEvery = 30 * time.Second

func run(ctx context.Context, env *cli.Env, f flags) error {
	if len(f.cloudTrail)+len(f.databricks) == 0 {
		return ui.Errorf("trace-logs-none", ui.Usage, "there is no log to join the record with").
			With(ui.Command("dbxaccess audit trace --cloudtrail FILE", "dbxaccess audit trace --databricks FILE"))
	}
	m, err := mapFrom(env, f.mapFile)
	if err != nil {
		return err
	}
	record, err := readRecords(ctx, env, f.records, f.keys)
	if err != nil {
		return err
	}
	files, err := filesOf(ctx, env, f)
	if err != nil {
		return err
	}
	datasets := trace.DatasetsOf(m)
	o := trace.Options{Index: record.index, Datasets: datasets, Files: files, Entries: new(atomic.Int64), SaveEvery: saveEvery}
	if err := keepState(&o, f, datasets.Digest()+" "+record.digest()); err != nil {
		return err
	}
	w := writerFor(env.Streams.Out, f.output)
	o.Row, o.Write = w.row, w.write
	var known int64
	if o.State != nil {
		known = o.State.Tally.Events
	}
	done := env.Streams.Live(time.Second, func() string { return progress(o.Entries.Load(), known, len(files)) })
	began := env.Now()
	state, err := trace.Run(ctx, o)
	done()
	if err != nil {
		return stopped(ctx, err, f.resume)
	}
	s := summaryOf(state, record)
	if err := w.end(env, s); err != nil {
		return err
	}
	if took := env.Now().Sub(began); took > time.Second {
		env.Console.Info("%s read in %s.", ui.Count(int(o.Entries.Load()), "entry", "entries"), took.Round(time.Second))
	}
	record.tell(env)
	return s.incomplete(env)
}

// mapFrom parses a named file, else the map in use.
func mapFrom(env *cli.Env, file string) (*accessmap.Map, error) {
	if file != "" {
		m, _, err := source.Load(file)
		return m, err
	}
	m, _, err := env.Map()
	return m, err
}

// stopped says how an interrupted work goes on.
func stopped(ctx context.Context, err error, resume string) error {
	if ctx.Err() == nil {
		return err
	}
	fix := ui.Advice("with --resume FILE, it would go on from there")
	if resume != "" {
		fix = ui.Advice("the same command goes on from there; add what it prints to what was printed")
	}
	return ui.Errorf("trace-interrupted", ui.Failed, "tracing was interrupted: %w", err).With(fix)
}

// incomplete is an error where something was not read, each told as a warning.
func (s *summary) incomplete(env *cli.Env) error {
	for _, p := range s.Problems {
		env.Console.Warn(ui.Warning{What: p.Text()})
	}
	if s.Forgetful {
		env.Console.Warn(ui.Warning{What: "there were more accesses than are known again: a copy of an event may have been counted as another"})
	}
	if len(s.Problems) == 0 && s.Damaged == 0 {
		return nil
	}
	return ui.Errorf("trace-incomplete", ui.Failed, "not everything could be read").
		With(ui.Advice("fetch the files that are named above again, and trace once more"), ui.Command("dbxaccess audit verify"))
}
