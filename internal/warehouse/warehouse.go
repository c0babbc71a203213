// Package warehouse runs a query where the data is: at Athena, or at a SQL warehouse of Databricks.
//
// In come a statement and the credentials to ask with; out come the rows of its answer, one by one. Rows are bounded, and nothing of them
// is kept. Who is interrupted stops the query at the engine, as it would go on and cost. It must never look for credentials by itself, or
// leave a query behind without saying so.
package warehouse

import (
	"context"
	"errors"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Engine is one of both.
type Engine interface {
	// Execute runs a statement whose answer is of no interest, as one that creates a table.
	Execute(ctx context.Context, statement string) error
	// Query runs a statement, and calls row for each row of its answer, with the names of the columns and their values, "" for NULL,
	// which are good until it returns. It ends with the first error of row.
	Query(ctx context.Context, statement string, row func(columns, values []string) error) error
}

// Status is how far a statement has come, as people are told while they wait.
type Status struct {
	State   string // as the engine calls it
	Scanned int64  // bytes that were read; 0 where the engine does not say
}

const (
	// maxRows bounds an answer: who asks about so much is served better by the engine's own files.
	maxRows = 10_000_000
	// startTime bounds how long starting a query may take, which is not interrupted: nobody could stop one whose ID is not known.
	startTime = 30 * time.Second
	// stopTime bounds how long stopping a query may take.
	stopTime = 10 * time.Second
	// firstPause and longestPause are between two questions whether a query is done, in the beginning and later.
	firstPause, longestPause = 200 * time.Millisecond, 4 * time.Second
	// mostText bounds what an engine says of a failure, in runes.
	mostText = 900
)

// starting is a context that ends with none but its own time.
func starting(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), startTime)
}

// await asks whether a statement is done until it is. A statement that is not done when ctx ends, or of which nothing can be learned any
// more, is stopped.
func await(ctx context.Context, named string, done func(ctx context.Context) (bool, error), stop func(ctx context.Context) error) error {
	for pause := firstPause; ; pause = min(longestPause, pause*3/2) {
		over, err := done(ctx)
		switch {
		case ctx.Err() != nil:
			return stopped(ctx, named, context.Cause(ctx), stop)
		case ui.IDOf(err) == idFailed:
			return err
		case err != nil:
			return errors.Join(err, left(ctx, named, err, stop))
		case over:
			return nil
		case httpclient.Wait(ctx, pause) != nil:
			return stopped(ctx, named, context.Cause(ctx), stop)
		}
	}
}

// stopped stops a statement that was interrupted, and tells what became of it.
func stopped(ctx context.Context, named string, cause error, stop func(ctx context.Context) error) error {
	if err := left(ctx, named, cause, stop); err != nil {
		return err
	}
	return ui.Errorf("query-stopped", ui.Failed, "%s was interrupted, and stopped: %w", named, cause).
		With(ui.Advice("what was read until then is charged; the same command begins anew"))
}

// left stops a statement, whatever ctx says. Its error is that of one which may go on.
func left(ctx context.Context, named string, cause error, stop func(ctx context.Context) error) error {
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	if err := stop(last); err != nil {
		return ui.Errorf("query-not-stopped", ui.Failed, "%s was left (%w) and could not be stopped, so that it may go on and cost: %w", named, cause, err).
			With(ui.Advice("stop it in the console of the engine"))
	}
	return nil
}

// idFailed is the ID of an error of a statement that is over.
const idFailed ui.ID = "query-failed"

// failed is the error of a statement that an engine ended.
func failed(named, state, said string) error {
	return ui.Errorf(idFailed, ui.Failed, "%s ended as %s: %s", named, ui.Cut(ui.Clean(state), 40), ui.Cut(ui.Clean(said), mostText)).
		With(ui.Advice("where a table is not there, or is an older one, --create makes it; where a place may not be read, ask who owns it"))
}

// strange is the error of an answer that is none.
func strange(named, what string) error {
	return ui.Errorf("query-answer", ui.Failed, "%s: the answer can't be used: %s", named, what).With(ui.Advice("try again in a minute"))
}

// tooMuch is the error of an answer with more than fits.
func tooMuch(named, what string) error {
	return ui.Errorf("query-too-much", ui.Failed, "%s has a longer answer than %s", named, what).
		With(ui.Advice("ask about less, with --since and --until, and once for each part"))
}
