package auditcmd

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/audit/cost"
	"github.com/dbxaccess/dbxaccess/internal/audit/query"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// The further format of sums.
const formatChart = "chart"

// usualSince is how far back a bill goes where nothing is said.
const usualSince = 30 * 24 * time.Hour

// maxBy bounds what is counted by at once.
const maxBy = 4

// costOptions are the flags of cost.
type costOptions struct {
	filterFlags

	by, table, tag string
	output, svg    string
	engine         string
}

// noEngine is where no query is asked for.
const noEngine = "none"

func newCost(env *cli.Env) *cobra.Command {
	var o costOptions
	cmd := &cobra.Command{
		Use:   "cost [FILE...]",
		Short: "Sum up credentials and hours by role, team, cost center or run",
		Long: `Sums up the record by role, person, run, group, agent, workspace, or a tag of the role in the access map: team and cost-center by these
names, others as tag:KEY. Several stand with commas between them. ISSUED counts credentials and tokens, HANDED OUT how often one was
given to a program, from the cache too, REFUSED how often none was.

HOURS is for how long there was a living credential, of each person, role, run and machine by itself: no time of use, and no money.
What it cost at the cloud, its own bill says: --sql prints a query that asks it about the same people, roles and runs, of Databricks'
system.billing.usage by list prices, or of AWS's Cost and Usage Report 2.0 by Athena. Nothing is run. The query holds names of the record.

The chart is drawn in the width of the terminal; --svg writes it to a file.`,
		Example: "  dbxaccess audit cost --since 30d --by team\n  dbxaccess audit cost --by role,run -o csv\n" +
			"  dbxaccess audit cost --by cost-center -o chart --svg cost.svg\n  dbxaccess audit cost --sql databricks --since 2026-11-01 > cost.sql",
		RunE: func(_ *cobra.Command, args []string) error {
			if o.engine != noEngine {
				return o.query(env, args)
			}
			return o.sum(env, args)
		},
	}
	cli.FormatFlag(cmd, &o.output, "print a `table` for people, a chart, json or csv", formatTable, formatChart, formatJSON, formatCSV)
	cmd.Flags().StringVar(&o.by, "by", "role", "count by these `names`, with commas between them: "+strings.Join(cost.Names(), ", ")+", tag:KEY")
	cmd.Flags().StringVar(&o.svg, "svg", "", "draw the chart into this `file`, too")
	cli.WordFlag(cmd, &o.engine, "sql", "", "print a query about the bill for `engine`: databricks or athena", noEngine, string(cost.Databricks), string(cost.Athena))
	cmd.Flags().StringVar(&o.tag, "run-tag", "run", "`key` of the tag by which clusters, jobs and resources name their run, for --sql")
	cmd.Flags().StringVar(&o.table, "table", "cur2", "`name` of the Cost and Usage Report's table, for --sql athena")
	o.addTime(cmd)
	return cmd
}

// sum counts the record, and prints what it comes to.
func (o *costOptions) sum(env *cli.Env, files []string) error {
	by, err := dimensions(o.by)
	if err != nil {
		return err
	}
	filter, err := o.filter(env.Now())
	if err != nil {
		return err
	}
	s := &cost.Sum{By: by, Since: filter.Since, Until: until(filter, env.Now())}
	r, err := count(env, files, s, nil)
	if err != nil {
		return err
	}
	lines := s.Lines()
	if o.svg != "" {
		if err := atomicfile.Write(o.svg, []byte(cost.SVG(lines, "Hours with credentials, by "+strings.ReplaceAll(o.by, ",", ", "))), 0o644); err != nil {
			return err
		}
	}
	if err := o.print(env, s, lines); err != nil {
		return err
	}
	return r.whole()
}

// filter reads the flags of time.
func (o *costOptions) filter(now time.Time) (query.Filter, error) {
	o.outcome = anyOutcome
	return o.filterFlags.filter(now)
}

func until(f query.Filter, now time.Time) time.Time {
	if f.Until.IsZero() || f.Until.After(now) {
		return now.UTC()
	}
	return f.Until
}

// query prints SQL.
func (o *costOptions) query(env *cli.Env, files []string) error {
	now := env.Now()
	if o.since == "" {
		o.since = now.UTC().Add(-usualSince).Format(time.DateOnly)
	}
	filter, err := o.filter(now)
	if err != nil {
		return err
	}
	if o.tag == "" || o.table == "" {
		return ui.Errorf("sql-names-empty", ui.Usage, "--run-tag and --table can't be empty").With(ui.Command("dbxaccess audit cost --help"))
	}
	b := cost.Bill{Engine: cost.Engine(o.engine), Since: filter.Since, Until: until(filter, now), Tag: o.tag, Table: o.table}
	s := &cost.Sum{By: b.By(), Since: b.Since, Until: b.Until}
	r, err := count(env, files, s, &b)
	if err != nil {
		return err
	}
	text, err := b.Query(s.Lines())
	switch {
	case errors.Is(err, cost.ErrNothing):
		return ui.Errorf("sql-of-nothing", ui.Failed, "the record tells of no credential in that time").With(ui.Advice("name an earlier time with --since"))
	case err != nil:
		return ui.Errorf("sql-too-long", ui.Failed, "the record has more people, roles and runs in that time than a query has room for").With(ui.Advice("name a later time with --since"))
	}
	if _, err := io.WriteString(env.Streams.Out, text); err != nil {
		return err
	}
	return r.whole()
}

// count counts the record; only what is of the bill, where there is one.
func count(env *cli.Env, files []string, s *cost.Sum, of *cost.Bill) (*record, error) {
	r, err := open(env, files)
	if err != nil {
		return nil, err
	}
	defer env.Console.Progress("reading the record")()
	people, err := r.people(true) // or one person's hours would be of two names
	if err != nil {
		return nil, err
	}
	for e, err := range r.entries(true) {
		if err == nil && (of == nil || of.Counts(e)) {
			err = s.Add(e, people.Name(e))
		}
		if errors.Is(err, cost.ErrTooMany) {
			err = ui.Errorf("cost-too-many", ui.Failed, "the record has too many different values to count by: more than %d", cost.MaxLines).With(ui.Advice("count by less, or name a later time with --since"))
		}
		if err != nil {
			return nil, err
		}
	}
	return r, nil
}

// dimensions reads what is to be counted by.
func dimensions(names string) (by []cost.Dimension, err error) {
	for name := range strings.SplitSeq(names, ",") {
		d, ok := cost.DimensionOf(strings.TrimSpace(name))
		if !ok {
			return nil, ui.Errorf("cost-by-unknown", ui.Usage, "--by %s: nothing is counted by that", ui.Named(name)).
				With(ui.Advice("one or more of " + strings.Join(cost.Names(), ", ") + ", or tag:KEY"))
		}
		by = append(by, d)
	}
	if len(by) > maxBy {
		return nil, ui.Errorf("cost-by-unknown", ui.Usage, "--by names %d, and %d at once can be counted by", len(by), maxBy).With(ui.Command("dbxaccess audit cost --help"))
	}
	return by, nil
}

// costJSON is what -o json prints.
type costJSON struct {
	By    []string       `json:"by"`
	Since *time.Time     `json:"since,omitempty"`
	Until time.Time      `json:"until"`
	Lines []costLineJSON `json:"lines"`
}

type costLineJSON struct {
	Values    map[string]string `json:"values"`
	Hours     float64           `json:"hours"`
	Issued    int               `json:"issued"`
	HandedOut int               `json:"handed_out"`
	Refused   int               `json:"refused"`
}

func (o *costOptions) print(env *cli.Env, s *cost.Sum, lines []cost.Line) error {
	var names []string
	for _, d := range s.By {
		names = append(names, d.Name)
	}
	switch o.output {
	case formatJSON:
		out := costJSON{By: names, Until: s.Until, Lines: []costLineJSON{}}
		if !s.Since.IsZero() {
			out.Since = &s.Since
		}
		for _, l := range lines {
			values := make(map[string]string, len(names))
			for i, name := range names {
				values[name] = l.Values[i]
			}
			out.Lines = append(out.Lines, costLineJSON{values, l.Hours, l.Issued, l.Handed, l.Refused})
		}
		return ui.PrintJSON(env.Streams.Out, out)
	case formatCSV:
		var rows [][]string
		for _, l := range lines {
			rows = append(rows, append(append([]string(nil), l.Values...), fmt.Sprintf("%.2f", l.Hours), strconv.Itoa(l.Issued), strconv.Itoa(l.Handed), strconv.Itoa(l.Refused)))
		}
		return cli.PrintCSV(env.Streams.Out, append(names, "hours", "issued", "handed_out", "refused"), rows)
	}
	if len(lines) == 0 {
		env.Console.Info("The record tells of no credential in that time.")
		return nil
	}
	if o.output == formatChart {
		_, err := io.WriteString(env.Streams.Out, cost.Chart(lines, ui.Columns(env.Streams.Out)))
		return err
	}
	var header []string
	for _, name := range names {
		header = append(header, strings.ToUpper(name))
	}
	var rows [][]string
	for _, l := range lines {
		var row []string
		for _, v := range l.Values {
			row = append(row, cmp.Or(v, "-"))
		}
		rows = append(rows, append(row, fmt.Sprintf("%.1f", l.Hours), strconv.Itoa(l.Issued), strconv.Itoa(l.Handed), strconv.Itoa(l.Refused)))
	}
	if err := ui.PrintTable(env.Streams.Out, append(header, "HOURS", "ISSUED", "HANDED OUT", "REFUSED"), rows); err != nil {
		return err
	}
	env.Console.Info("Hours are those in which there was a living credential: no time of use, and no money.")
	return nil
}
