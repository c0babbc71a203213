package tracecmd

import (
	"errors"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/admincli/awsaccess"
	"github.com/dbxaccess/dbxaccess/internal/audit/query"
	"github.com/dbxaccess/dbxaccess/internal/audit/ship"
	"github.com/dbxaccess/dbxaccess/internal/audit/sqltext"
	"github.com/dbxaccess/dbxaccess/internal/audit/trace"
	"github.com/dbxaccess/dbxaccess/internal/audit/trace/tracesql"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/s3"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// noEngine is where no SQL is asked for.
const noEngine = "none"

// usualSince is how far back a query goes where nothing is said.
const usualSince = 30 * 24 * time.Hour

// The names of what the statements create.
const (
	recordTable, cloudTrailTable = "dbxaccess_record", "dbxaccess_cloudtrail"
	auditTable                   = "system.access.audit"
)

// sqlFlags are those of the SQL.
type sqlFlags struct {
	engine, since, until, recordAt, schema string

	run, create, yes              bool
	workgroup, results, warehouse string
	access                        *awsaccess.One
}

func (f *sqlFlags) add(env *cli.Env, cmd *cobra.Command) {
	cli.WordFlag(cmd, &f.engine, "sql", "", "print the join as SQL for `engine`: athena, over CloudTrail, or databricks, over system.access.audit",
		noEngine, string(sqltext.Athena), string(sqltext.Databricks))
	cmd.Flags().StringVar(&f.since, "since", "", "for --sql: accesses since a `time`: 24h, 7d, or a date in UTC as 2026-03-01 (default 30d)")
	cmd.Flags().StringVar(&f.until, "until", "", "for --sql: accesses before a `time`, in the same words")
	cmd.Flags().StringVar(&f.recordAt, "record-at", "", "for --sql: `place` of the record, as in s3://acme-audit/dbxaccess/, instead of that of the sink by day in the settings")
	cmd.Flags().StringVar(&f.schema, "schema", "dbxaccess", "for --sql: `name` of the database or schema, as in main.dbxaccess, that has the tables")
	cmd.Flags().BoolVar(&f.run, "run", false, "for --sql: run the query, and print its answer as -o says")
	cmd.Flags().BoolVar(&f.create, "create", false, "for --run: create the tables first where they are not there")
	cmd.Flags().BoolVar(&f.yes, "yes", false, "for --run: do it without being asked")
	cmd.Flags().StringVar(&f.workgroup, "workgroup", "", "for --run at Athena: `name` of the workgroup (default primary)")
	cmd.Flags().StringVar(&f.results, "results", "", "for --run at Athena: `place` that it puts answers in, as in s3://acme-athena/, where the workgroup has none")
	cmd.Flags().StringVar(&f.warehouse, "warehouse", "", "for --run at Databricks: `ID` of the SQL warehouse")
	f.access = awsaccess.AddOne(env, cmd)
}

// refused are flags that don't go with what is asked for.
func refused(cmd *cobra.Command, f flags) error {
	sql, run := []string{"since", "until", "record-at", "schema", "run"}, []string{"create", "yes", "workgroup", "results", "warehouse", "as", "profile"}
	for _, c := range []struct {
		names []string
		with  bool
		why   string
	}{
		{sql, f.sql.engine != noEngine, "goes with --sql"}, {run, f.sql.run, "goes with --sql and --run"},
		{[]string{"record", "resume", "databricks", "key"}, f.sql.engine == noEngine, "does not go with --sql: a query reads tables"},
		{[]string{"output"}, f.sql.engine == noEngine || f.sql.run, "does not go with --sql without --run"},
		{[]string{"workgroup", "results", "profile"}, f.sql.engine != string(sqltext.Databricks), "goes with --sql athena"},
		{[]string{"warehouse"}, f.sql.engine != string(sqltext.Athena), "goes with --sql databricks"},
	} {
		for _, name := range c.names {
			if !c.with && cmd.Flags().Changed(name) {
				return ui.Errorf("trace-sql-flag", ui.Usage, "--%s does not fit: it %s", name, c.why).With(ui.Command("dbxaccess audit trace --help"))
			}
		}
	}
	return nil
}

// printSQL prints what creates the tables, and the query. Nothing is run, and neither log nor record is read.
func printSQL(env *cli.Env, f flags) error {
	j, text, err := queryOf(env, f)
	if err != nil {
		return err
	}
	tables, err := j.Tables()
	if err != nil {
		return err
	}
	_, err = io.WriteString(env.Streams.Out, tables+"\n"+text)
	return err
}

// queryOf writes the query.
func queryOf(env *cli.Env, f flags) (j tracesql.Join, text string, err error) {
	if j, err = joinOf(env, f); err != nil {
		return j, "", err
	}
	m, err := mapFrom(env, f.mapFile)
	if err != nil {
		return j, "", err
	}
	j.Datasets = trace.DatasetsOf(m)
	text, err = j.Query()
	if errors.Is(err, tracesql.ErrTooLong) {
		err = ui.Errorf("trace-sql-long", ui.Failed, "the map has more datasets than a query has room for").
			With(ui.Advice("name a file with some of them, with --map"))
	}
	return j, text, err
}

func joinOf(env *cli.Env, f flags) (j tracesql.Join, err error) {
	j.Engine = sqltext.Engine(f.sql.engine)
	now := env.Now()
	if j.Since, err = moment("--since", f.sql.since, now, now.Add(-usualSince)); err != nil {
		return j, err
	}
	if j.Until, err = moment("--until", f.sql.until, now, now); err != nil {
		return j, err
	}
	if !j.Until.After(j.Since) {
		return j, ui.Errorf("time-invalid", ui.Usage, "nothing is before %s and since %s", j.Until.Format(time.DateTime), j.Since.Format(time.DateTime)).
			With(ui.Advice("as in: --since 2026-03-01 --until 2026-04-01"))
	}
	if f.sql.schema == "" || f.sql.schema != ui.Clean(f.sql.schema) {
		return j, ui.Errorf("trace-sql-schema", ui.Usage, "%s is no name of a schema", ui.Named(f.sql.schema)).With(ui.Advice("as in: --schema main.dbxaccess"))
	}
	j.Record, j.Log = f.sql.schema+"."+recordTable, auditTable
	if j.RecordAt, err = recordPlace(env, f.sql.recordAt); err != nil {
		return j, err
	}
	if j.Engine == sqltext.Athena {
		j.Log = f.sql.schema + "." + cloudTrailTable
		j.LogAt, err = cloudTrailPlace(f.cloudTrail)
	} else if len(f.cloudTrail) > 0 {
		err = ui.Errorf("trace-sql-flag", ui.Usage, "--cloudtrail goes with --sql athena: Databricks is asked about %s", auditTable).
			With(ui.Command("dbxaccess audit trace --sql databricks"))
	}
	return j, err
}

func moment(flag, text string, now, otherwise time.Time) (time.Time, error) {
	if text == "" {
		return otherwise.UTC().Truncate(time.Second), nil
	}
	at, err := query.Moment(text, now)
	if err != nil {
		return at, ui.Errorf("time-invalid", ui.Usage, "%s %s: %w", flag, ui.Named(text), err).With(ui.Advice("as in: " + flag + " 7d"))
	}
	return at.Truncate(time.Second), nil
}

// recordPlace is where the record lies by day: as it was named, else where the only such sink of the settings writes.
func recordPlace(env *cli.Env, named string) (string, error) {
	if named != "" {
		return place(named)
	}
	s, err := env.Settings()
	if err != nil {
		return "", err
	}
	var found []string
	for _, sink := range s.Audit.Sinks {
		if sink.Type == ship.S3 && sink.Partition == ship.ByDay {
			found = append(found, sink.URL)
		}
	}
	if len(found) != 1 {
		which := "several sinks"
		if len(found) == 0 {
			which = "no sink"
		}
		return "", ui.Errorf("trace-sql-record-none", ui.Usage, "the settings have %s of the type s3 with partition: day", which).
			With(ui.Command("dbxaccess audit trace --sql athena --record-at s3://BUCKET/PREFIX/"), ui.Advice("docs/sinks.md says how a sink gets the record by day"))
	}
	return place(found[0])
}

// cloudTrailPlace is where CloudTrail writes what it logs in one region, in directories by year, month and day.
func cloudTrailPlace(named []string) (string, error) {
	example := ui.Command("dbxaccess audit trace --sql athena --cloudtrail s3://acme-trail/AWSLogs/111122223333/CloudTrail/us-east-1/")
	if len(named) != 1 {
		return "", ui.Errorf("trace-sql-cloudtrail", ui.Usage, "a table has one place, and --cloudtrail names %d", len(named)).With(example)
	}
	at, err := place(named[0])
	if err != nil {
		return "", err
	}
	parts := strings.Split(at, "/")
	if !iam.IsRegion(parts[len(parts)-2]) {
		return "", ui.Errorf("trace-sql-cloudtrail", ui.Usage, "%s does not end with a region of AWS, below which CloudTrail has its days", at).With(example)
	}
	return at, nil
}

// place is a directory in S3, with a slash at its end. What stands in it becomes part of a table's properties, which have a meaning
// for $ and braces.
func place(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "s3" || !s3.IsBucket(u.Host) || text != "s3://"+u.Host+u.Path || !ui.IsPlain(strings.ReplaceAll(u.Path, "/", "")+"a", "-_.=") || strings.Contains(u.Path, "//") {
		return "", ui.Errorf("trace-address-invalid", ui.Usage, "%s is no place in S3", ui.Clean(text)).With(ui.Advice("write it as s3://BUCKET/PREFIX"))
	}
	return strings.TrimSuffix(text, "/") + "/", nil
}
