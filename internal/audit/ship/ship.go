// Package ship sends the record to where a security team reads it.
//
// In come the files of the record, as package audit writes them, and a sink: an OpenTelemetry collector, syslog, Splunk, a bucket
// or a webhook. Out go their lines, byte for byte, in order, each at least once. The files are the spool: nothing is copied, and
// all that is kept for a sink is how far it has got. It must never write to the record, keep the issuer of a credential waiting,
// take a line for sent that the sink has not said it has, or let a sink's token into a log or an error.
package ship

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/audit/sent"
	"github.com/dbxaccess/dbxaccess/internal/store/lock"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Sink is where lines go.
type Sink interface {
	// Send sends lines of one chain, in order, and returns once the sink has them. rejected is how many of them it says that it
	// does not keep, whichever. A RefusedError is about these lines; after any other error the same lines may be sent again.
	Send(ctx context.Context, lines []audit.Entry) (rejected int, err error)
	// Bounds are those of what is sent at once.
	Bounds() Bounds
}

// Bounds of a batch. A line that is longer than Bytes is a batch by itself.
type Bounds struct{ Lines, Bytes int }

// RefusedError says that a sink will never take these lines, as their form or their size is not for it.
type RefusedError struct{ Err error }

func (e *RefusedError) Error() string { return e.Err.Error() }

func (e *RefusedError) Unwrap() error { return e.Err }

// ErrBusy: another process is sending to the same sink.
var ErrBusy = errors.New("another process is sending to this sink")

// Shipper sends one record to one sink.
type Shipper struct {
	sent.Place // of the sink

	Sink   Sink
	Record string // directory of the record
	Now    func() time.Time
	Log    *slog.Logger
}

// Report is what one call of Ship did.
type Report struct {
	Sent int `json:"sent"`
	sent.Lost
	// Head is the last line that the sink has.
	Head audit.Head `json:"head"`
	// Retry is when it is worth trying again, after an error.
	Retry time.Time `json:"retry_at,omitzero"`
	// Untold is what was lost with what earlier passes have lost, as far as nobody was told of it: see Told.
	Untold sent.Lost `json:"-"`
}

// Ship sends what the sink does not have yet, and returns when it has all that is there. What was sent before an error is not
// sent again. Where another process holds the sink, the error is ErrBusy.
func (s *Shipper) Ship(ctx context.Context) (Report, error) {
	unlock, err := s.acquire(ctx)
	if err != nil {
		return Report{}, err
	}
	defer func() { _ = unlock() }()
	c := s.Load()
	p := &pass{Shipper: s, cursor: c, before: c.Lost, report: Report{Head: c.Head}}
	err = p.run(ctx)
	p.report.Lost = p.read.Plus(p.answered)
	p.report.Untold = p.before.Plus(p.report.Lost)
	switch {
	case err == nil:
		c.Failures, c.Retry = 0, time.Time{}
	case ctx.Err() == nil:
		c.Failures++
		c.Retry = s.Now().Add(pause(c.Failures, err))
		p.report.Retry = c.Retry
	}
	return p.report, errors.Join(err, s.save(c))
}

// Told notes that a person was told of what was lost. Where another process is sending, they are told again.
func (s *Shipper) Told(ctx context.Context, lost sent.Lost) error {
	if !lost.Any() {
		return nil
	}
	unlock, err := s.acquire(ctx)
	if errors.Is(err, ErrBusy) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = unlock() }()
	c := s.Load()
	c.Told(lost)
	return s.save(c)
}

// Due is when it is worth trying, as the last attempt left it: the zero time where nothing speaks against it. That is so of a time
// which no attempt leaves, as where the machine's clock was ahead when it failed.
func (s *Shipper) Due() time.Time {
	if due := s.Load().Retry; !due.After(s.Now().Add(longestAsked + longestAsked/2)) { // see pause
		return due
	}
	return time.Time{}
}

func (s *Shipper) acquire(ctx context.Context) (unlock func() error, err error) {
	bounded, cancel := context.WithTimeout(ctx, 250*time.Millisecond)
	defer cancel()
	unlock, err = lock.Dir{Path: s.Dir}.Acquire(bounded, "sink "+s.Name, lock.Exclusive)
	switch {
	case errors.Is(err, lock.ErrTimeout):
		return nil, ErrBusy
	case err != nil && ctx.Err() == nil:
		return nil, s.stateError(err)
	}
	return unlock, err
}

func (s *Shipper) save(c *sent.Cursor) error {
	if err := s.Save(c); err != nil {
		return s.stateError(err)
	}
	return nil
}

func (s *Shipper) stateError(err error) error {
	return ui.Errorf("audit-ship-state", ui.Failed, "noting what the sink %s has: %w", s.Name, err).
		With(ui.Advice("make " + ui.Clean(s.Dir) + " a directory that only this user may enter and write to"))
}
