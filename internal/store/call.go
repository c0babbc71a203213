package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// caller runs one operation on a keyring at a time, since the library's keyrings are not safe for several goroutines,
// and gives each a deadline.
type caller struct {
	backend   *backend.Descriptor
	timeout   time.Duration
	turn      chan struct{}             // holds one token while an operation runs
	abandoned atomic.Pointer[operation] // the last one that passed its deadline
}

// newCaller gives operations the deadline timeout; 0: what the backend needs.
func newCaller(b *backend.Descriptor, timeout time.Duration) *caller {
	return &caller{backend: b, timeout: cmp.Or(timeout, b.Timeout, backend.DefaultTimeout), turn: make(chan struct{}, 1)}
}

// coolDown is how long after a hang only urgent calls try the keyring again.
const coolDown = 10 * time.Second

type operation struct {
	ended   chan struct{}
	err     error     // valid once ended is closed
	givenUp time.Time // set before it is abandoned
}

// call runs one operation in a goroutine of its own, since the library's calls take no context, and returns when its
// deadline passes; the operation then runs on until it notices its context or the process ends. Until then, and for
// coolDown after the hang, further calls fail at once: a command that reads several items must not wait for a hanging
// keyring several times. An urgent one (a renewed session, whose predecessor is spent, or a deletion) is tried as soon
// as the keyring answers again.
func (c *caller) call(parent context.Context, urgent bool, work func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(parent, c.timeout)
	defer cancel()
	if op := c.abandoned.Load(); op != nil && (!op.hasEnded() || !urgent && time.Since(op.givenUp) < coolDown) {
		return c.gaveUp(parent)
	}
	select {
	case c.turn <- struct{}{}:
	case <-ctx.Done():
		return c.gaveUp(parent)
	}
	op := &operation{ended: make(chan struct{})}
	go func() {
		op.err = guarded(ctx, work)
		<-c.turn
		close(op.ended)
	}()
	select {
	case <-op.ended:
		if !errors.Is(op.err, context.DeadlineExceeded) && !errors.Is(op.err, context.Canceled) {
			return c.explain(op.err)
		}
	case <-ctx.Done():
		select {
		case <-op.ended:
		case <-time.After(c.backend.EndWait):
		}
	}
	if parent.Err() == nil {
		op.givenUp = time.Now()
		c.abandoned.Store(op)
	}
	return c.gaveUp(parent)
}

func (op *operation) hasEnded() bool {
	select {
	case <-op.ended:
		return true
	default:
		return false
	}
}

// guarded turns a panic into an error: the libraries assert types of what a bus or a file gave them. Only the runtime's
// own words are kept, as others could hold a secret.
func guarded(ctx context.Context, work func(ctx context.Context) error) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case runtime.Error:
			err = fmt.Errorf("the keyring library panicked: %w", r)
		default:
			err = errors.New("the keyring library panicked")
		}
	}()
	return work(ctx)
}

// gaveUp is the error of an operation that did not end in time: the caller's own if that was cancelled.
func (c *caller) gaveUp(parent context.Context) error {
	if errors.Is(parent.Err(), context.Canceled) {
		return parent.Err()
	}
	return c.backend.Unavailable(backend.Hung, nil)
}

// explain makes every error that callers don't tell apart an UnavailableError.
func (c *caller) explain(err error) error {
	_, explained := errors.AsType[*ui.Error](err)
	if err == nil || explained || errors.Is(err, ErrNotFound) || errors.Is(err, ErrCorrupt) {
		return err
	}
	return c.backend.Unavailable(backend.Failed, err)
}
