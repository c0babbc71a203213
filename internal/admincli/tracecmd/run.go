package tracecmd

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/audit/sqltext"
	"github.com/dbxaccess/dbxaccess/internal/audit/trace"
	"github.com/dbxaccess/dbxaccess/internal/audit/trace/tracesql"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/warehouse"
)

// maxPart bounds a part of an engine's answer, in bytes: at Databricks it may be all of it, 25 MB.
const maxPart = 64 << 20

// engine is where a query is run, and what a person has to know before.
type engine struct {
	warehouse.Engine

	cost func(ctx context.Context) (string, error) // what it reads and costs, as far as that is known
}

// runSQL runs the join at its engine. What became of the query is told to who interrupts it: of such a command's error nothing is printed.
func runSQL(ctx context.Context, env *cli.Env, cmd *cobra.Command, f flags) error {
	err := runQuery(ctx, env, cmd, f)
	if err != nil && ctx.Err() != nil {
		env.Console.Warn(ui.Warning{What: ui.Cut(ui.Clean(err.Error()), maxText)})
	}
	return err
}

// runQuery runs it after a question, and prints its answer as the local join's.
func runQuery(ctx context.Context, env *cli.Env, cmd *cobra.Command, f flags) error {
	j, query, err := queryOf(env, f)
	if err != nil {
		return err
	}
	var state atomic.Pointer[warehouse.Status]
	tell := func(s warehouse.Status) { state.Store(&s) }
	e, err := openEngine(env, f, j, tell)
	if err != nil {
		return err
	}
	if err := agree(ctx, env, e, f, cli.Again(cmd, "dbxaccess audit trace")); err != nil {
		return err
	}
	began := env.Now()
	done := sync.OnceFunc(env.Streams.Live(time.Second, func() string { return waiting(j.Engine, state.Load(), env.Now().Sub(began)) }))
	defer done()
	if f.sql.create {
		tables, err := j.Tables()
		if err != nil {
			return err
		}
		for text := range strings.SplitSeq(tables, ";\n") {
			if text = uncommented(text); text == "" {
				continue
			}
			if err := e.Execute(ctx, text); err != nil {
				return err
			}
		}
	}
	tally := trace.NewState()
	w := writerFor(env.Streams.Out, f.output)
	var line []byte
	err = e.Query(ctx, query, func(columns, values []string) error {
		a, err := trace.AccessOf(columns, values)
		if err != nil {
			return ui.Errorf("trace-sql-answer", ui.Failed, "the answer of %s can't be used: %w", j.Engine, err).With(ui.Command("dbxaccess version"))
		}
		for _, text := range []*string{&a.Log, &a.Dataset} { // the rest is cleaned where it is printed, as of a log
			*text = ui.Cut(ui.Clean(*text), maxText)
		}
		tally.Tally.Told(&a)
		if w.row == nil {
			return nil
		}
		line = w.row(line[:0], &a)
		return w.write(line)
	})
	if err != nil {
		return err
	}
	done()
	none, err := trace.IndexOf(func(func(audit.Record, error) bool) {})
	if err != nil {
		return err
	}
	s := summaryOf(tally, &recordOf{index: none})
	s.By = string(j.Engine)
	if last := state.Load(); last != nil {
		s.Scanned = last.Scanned
	}
	if err := w.end(env, s); err != nil {
		return err
	}
	env.Console.Remark(ui.Warning{
		What: "an engine of SQL checks no signatures: who may write where the record lies could have changed it",
		Fix:  ui.Advice("audit verify checks files that were fetched from there"),
	})
	return nil
}

// uncommented is a statement without the lines before it that are for people.
func uncommented(text string) string {
	text = strings.TrimSpace(text)
	for strings.HasPrefix(text, "--") {
		_, text, _ = strings.Cut(text, "\n")
		text = strings.TrimSpace(text)
	}
	return text
}

// waiting is what is shown during the work.
func waiting(at sqltext.Engine, s *warehouse.Status, since time.Duration) string {
	text := fmt.Sprintf("asking %s, for %s", at, since.Truncate(time.Second))
	if s != nil {
		text += ": " + strings.ToLower(ui.Cut(ui.Clean(s.State), 40))
		if s.Scanned > 0 {
			text += ", " + size(s.Scanned) + " read"
		}
	}
	return text
}

// agree says what the query costs, and asks.
func agree(ctx context.Context, env *cli.Env, e *engine, f flags, command string) error {
	costs, err := e.cost(ctx)
	if err != nil {
		return err
	}
	env.Console.Info("%s", costs)
	if f.sql.yes {
		return nil
	}
	if !env.Streams.Interactive {
		return ui.Errorf("trace-sql-unconfirmed", ui.Refused, "a query costs, so it is run after a question, and there is no terminal to ask at").With(ui.Command(command + " --yes"))
	}
	doing := "Run it"
	if f.sql.create {
		doing = "Create the tables where they are not there, and run it"
	}
	agreed, err := env.Streams.Confirm(ctx, doing+"?")
	if err != nil {
		return err
	}
	if !agreed {
		return ui.Errorf("trace-sql-declined", ui.Refused, "nothing was run").With(ui.Command(command))
	}
	return nil
}

// openEngine opens where the join is run. Nothing is asked yet.
func openEngine(env *cli.Env, f flags, j tracesql.Join, tell func(warehouse.Status)) (*engine, error) {
	if j.Engine == sqltext.Athena {
		return openAthena(env, f, j, tell)
	}
	return openDatabricks(env, f, j, tell)
}
