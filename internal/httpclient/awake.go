package httpclient

import (
	"context"
	"time"
)

// Awake is a context that ends, with context.DeadlineExceeded as its cause, once this process has run for limit: time in which
// it was stopped (Ctrl-Z, SIGSTOP) or the machine slept does not count. The answer to a request then waits in the socket, and a
// limit by the clock would give it up in the moment in which it could be read. cancel must be called.
func Awake(ctx context.Context, limit time.Duration) (awake context.Context, cancel func()) {
	awake, end := context.WithCancelCause(ctx)
	step := max(limit/10, min(limit, 250*time.Millisecond)) // on a busy machine too, what is late by as much was not asleep
	go func() {
		ticks := time.NewTicker(step)
		defer ticks.Stop()
		before := time.Now()
		for ran := time.Duration(0); ran < limit; {
			select {
			case <-ticks.C:
			case <-awake.Done():
				return
			}
			now := time.Now()
			if passed := now.Sub(before); passed < 2*step {
				ran += passed
			}
			before = now
		}
		end(context.DeadlineExceeded)
	}()
	return awake, func() { end(context.Canceled) }
}

// napping is what requests may take beyond their limit without anyone having slept.
const napping = 2 * time.Second

// Slept reports whether more time has passed since began, by this machine's clock or by its running, than a request with
// that limit can have taken: the process was stopped meanwhile, or the machine slept.
func Slept(began time.Time, limit time.Duration) bool {
	now := time.Now()
	return max(now.Sub(began), now.Round(0).Sub(began.Round(0))) > limit+napping
}
