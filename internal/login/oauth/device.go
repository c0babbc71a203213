// Package oauth is what every sign-in of a person has in common, with any provider: the code that is typed on any device
// (RFC 8628), the browser that comes back to this machine (RFC 8252), and refusals.
//
// In comes what a provider sent; out come pages that are safe to be shown and opened, authorization codes, and errors that say
// what to do. A page that the provider has no business naming must never be shown.
package oauth

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Bounds of the polling, whatever a provider sends.
const (
	MinInterval = time.Second
	MaxInterval = time.Minute
	// slowDownStep is added to the interval, for good, each time the provider says slow_down (RFC 8628 §3.5).
	slowDownStep = 5 * time.Second
)

// Poll asks at the provider's pace until the person has approved, which is ok, or it is over, which is err. trouble is what
// went wrong if it goes on in spite of something. Once the code has expired it is LoginNeeded.
func Poll(
	ctx context.Context, p login.Provider, d *login.DeviceCode, now func() time.Time, log *slog.Logger,
	ask func(pace *Pace) (ok bool, trouble, err error),
) error {
	pace := newPace(d.Interval)
	for {
		// Never past the code's end, so that an approval in the last moment is still collected.
		if err := httpclient.Wait(ctx, min(pace.pause, d.Expires.Sub(now()))); err != nil {
			return Interrupted(err)
		}
		ok, trouble, err := ask(pace)
		if ok || err != nil {
			return err
		}
		if trouble != nil {
			log.Debug("polling goes on", "provider", p.Host(), "after", trouble, "pause", pace.pause)
		}
		if expired(d, now()) {
			return Expired(p, trouble)
		}
	}
}

// expired judges by both clocks: the monotonic one stands still while a laptop sleeps, the wall clock can be set back.
func expired(d *login.DeviceCode, now time.Time) bool {
	return !now.Before(d.Expires) || !now.Round(0).Before(d.Expires.Round(0))
}

// Expired tells that a code's life is over. cause may be nil.
func Expired(p login.Provider, cause error) error {
	told := ui.Errorf("device-code-expired", ui.LoginNeeded, "nobody approved the sign-in at %s before its code expired", p.Host()).With(p.SignInFix())
	if cause != nil {
		told.Err = fmt.Errorf("%w: %w", told.Err, cause)
	}
	return told
}

// Interrupted tells of a context that ended while the person was waited for, and keeps it recognisable. No deadline is set for that: the
// person ended it.
func Interrupted(err error) error {
	return ui.Errorf("interrupted", ui.Interrupted, "waiting for the approval: %w", err)
}

// Pace is how long to wait before asking again.
type Pace struct {
	interval time.Duration // what the provider wants
	pause    time.Duration // the next wait; longer than interval while there is trouble
}

func newPace(interval time.Duration) *Pace {
	interval = min(max(interval, MinInterval), MaxInterval)
	return &Pace{interval: interval, pause: interval}
}

// Steady goes on as before.
func (p *Pace) Steady() { p.pause = p.interval }

// SlowDown goes on more slowly, for good (RFC 8628 §3.5).
func (p *Pace) SlowDown(retryAfter time.Duration) {
	p.interval += slowDownStep
	p.pause = max(p.interval, min(retryAfter, MaxInterval))
}

// Trouble doubles the wait (RFC 8628 §3.5 on connection time-outs) up to a minute. A server may ask for up to a minute
// too: more would let the approved code expire.
func (p *Pace) Trouble(retryAfter time.Duration) {
	p.pause = max(p.interval, min(max(2*p.pause, retryAfter), MaxInterval))
}

// Unanswered judges a question that got no answer: an end, as an answer without tokens is that nobody will repeat, or
// trouble after which polling goes on.
func (p *Pace) Unanswered(ctx context.Context, err error) (trouble, end error) {
	switch {
	case ctx.Err() != nil:
		return nil, Interrupted(ctx.Err())
	case httpclient.Permanent(err):
		return nil, err
	}
	after, _ := httpclient.Passing(err)
	p.Trouble(after)
	return err, nil
}
