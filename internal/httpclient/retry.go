package httpclient

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// Policy is how often, and when, something is tried again.
type Policy struct {
	Pauses  []time.Duration // before the second attempt and each further one; none is 0
	Jitter  bool            // pauses are up to twice as long, at random, so that processes don't retry together
	Longest time.Duration   // of a pause: a server that asks for more is not waited for; 0 for no bound
	Exact   bool            // waits for as long as the server asks, if it does, and no longer
}

// Temporary marks the outcome of an attempt after which another may succeed in a moment. after is how long the server
// asks to wait, 0 if it doesn't say. err may be nil if there was an answer that will do if it is the last.
func Temporary(err error, after time.Duration) error { return temporaryError{laterError{err, after}} }

type temporaryError struct{ laterError }

// Later marks an error with how long the server asks to be left alone.
func Later(err error, after time.Duration) error {
	if err == nil || after <= 0 {
		return err
	}
	return laterError{err, after}
}

// AskedToWait is how long the server behind an error asks to be left alone; 0 where it doesn't say.
func AskedToWait(err error) time.Duration {
	if later, ok := errors.AsType[laterError](err); ok {
		return later.after
	}
	after, _ := Passing(err)
	return after
}

type laterError struct {
	error

	after time.Duration
}

func (e laterError) Unwrap() error { return e.error }

// Retry calls try until its outcome is not Temporary or the policy's attempts are used up, and returns the last outcome
// without that mark; AskedToWait still tells how long the server asks for. If ctx ends during a pause, the error is that of Explain. doing says what is tried.
func Retry(ctx context.Context, doing string, p Policy, try func(ctx context.Context) error) error {
	for attempt := 0; ; attempt++ {
		err := try(ctx)
		outcome, temporary := errors.AsType[temporaryError](err)
		if !temporary {
			return err
		}
		if attempt == len(p.Pauses) || p.Longest > 0 && outcome.after > p.Longest {
			return Later(outcome.error, outcome.after)
		}
		if err := Wait(ctx, p.pause(p.Pauses[attempt], outcome.after)); err != nil {
			return Explain(doing, err)
		}
	}
}

func (p Policy) pause(own, asked time.Duration) time.Duration {
	pause := max(own, asked)
	switch {
	case p.Exact && asked > 0:
		pause = asked
	case p.Jitter:
		pause += rand.N(own) //nolint:gosec // jitter, not a secret
	}
	if p.Longest > 0 {
		pause = min(pause, p.Longest) // the jitter too
	}
	return pause
}

// Wait pauses for d, or until ctx ends, whose error it returns.
func Wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
