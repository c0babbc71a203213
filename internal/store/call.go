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

// caller lets one operation at a time onto a keyring, since the library's are not made for several goroutines, and
// bounds each.
type caller struct {
	backend *backend.Descriptor
	timeout time.Duration
	turn    chan struct{} // holds one token while an operation runs
	// abandoned is the last operation that was given up.
	abandoned atomic.Pointer[operation]
}

// newCaller bounds operations by timeout; 0: by what the backend needs.
func newCaller(b *backend.Descriptor, timeout time.Duration) *caller {
	return &caller{backend: b, timeout: cmp.Or(timeout, b.Timeout, backend.DefaultTimeout), turn: make(chan struct{}, 1)}
}

// coolDown is for how long after a hang no call waits for the keyring again, unless it matters.
const coolDown = 10 * time.Second

type operation struct {
	ended   chan struct{}
	err     error     // to be read once ended is closed
	givenUp time.Time // set before it is abandoned
}

// call runs one operation in a goroutine of its own, since the library's calls know no deadline, and gives up when the
// deadline passes. An operation that was given up runs on until it notices its context or the process ends. Until then
// and for some seconds after, further calls fail at once: a command that reads several items must not wait for a hanging
// keyring several times. One that matters (a renewed session, whose predecessor is spent) is tried as soon as the
// keyring came back.
func (c *caller) call(parent context.Context, matters bool, work func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(parent, c.timeout)
	defer cancel()
	if op := c.abandoned.Load(); op != nil && (!op.over() || !matters && time.Since(op.givenUp) < coolDown) {
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

func (op *operation) over() bool {
	select {
	case <-op.ended:
		return true
	default:
		return false
	}
}

// guarded turns a panic into an error: the libraries below assert types of what a bus or a file gave them. Only the
// runtime's own words are kept, as anything else could hold a secret.
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

// gaveUp: a cancelled caller gets its own error, anything else was the keyring's fault.
func (c *caller) gaveUp(parent context.Context) error {
	if errors.Is(parent.Err(), context.Canceled) {
		return parent.Err()
	}
	return c.backend.Unavailable(backend.Hung, nil)
}

// explain leaves the errors that callers tell apart as they are and makes every other one an UnavailableError.
func (c *caller) explain(err error) error {
	_, explained := errors.AsType[*ui.Error](err)
	switch {
	case err == nil, explained, errors.Is(err, ErrNotFound), errors.Is(err, ErrCorrupt):
		return err
	}
	return c.backend.Unavailable(backend.Failed, err)
}
