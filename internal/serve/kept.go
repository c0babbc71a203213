package serve

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// What AWS credentials and workspace tokens shall have left when they are renewed. AWS's SDKs ask again from 15 minutes
// before the end (botocore at each request), Databricks' SDK for Go from 20.
const (
	AheadAWS   = 20 * time.Minute
	AheadToken = 25 * time.Minute
)

const (
	// fetchWait bounds one attempt; it is the broker's own bound and a little more.
	fetchWait = 60 * time.Second
	// answerWait bounds an answer where nothing valid is left: the least patient Databricks SDK gives up after 10 s.
	answerWait = 9 * time.Second
	// brink is when a value is as good as over, and answering waits for a renewal under way, no longer than brinkWait: the
	// AWS SDK for JavaScript gives up after 1 s.
	brink, brinkWait = time.Second, 800 * time.Millisecond
	// never is later than any program runs.
	never = 100 * 365 * 24 * time.Hour
	// lookEvery is how often the wall clock is looked at: timers stand still while a machine sleeps.
	lookEvery = time.Minute
	// firstRetry and lastRetry are the pauses after a failed attempt; demandRetry is the pause where a program waits.
	firstRetry, lastRetry, demandRetry = 5 * time.Second, 30 * time.Second, 2 * time.Second
)

// Fetch gets a credential that has at least ahead left, where such a one can be had: a cached one with less is to be renewed,
// and whatever lives is better than an error. It is never called twice at once for one Kept.
type Fetch[T any] func(ctx context.Context, ahead time.Duration) (value T, expires time.Time, err error)

// Change is what has become of renewing.
type Change struct {
	Err     error     // why it fails now; nil once it works again
	Expires time.Time // of the value in memory; past or zero where nothing valid is left
}

// Keep says what is to be kept. Fetch and Ahead are needed.
type Keep[T any] struct {
	Fetch   Fetch[T]
	Ahead   time.Duration // what shall be left at a renewal; half of a shorter life
	Least   time.Duration // what a person wants left at any time; three quarters of a shorter life
	Value   T             // one that is at hand, with its end; none if Expires is zero
	Expires time.Time
	Later   bool // nothing is fetched before someone asks for it
	// Count counts for the record that a value is handed out from memory; false where it may not be, as that can't be counted: it is
	// fetched once more then, which is recorded there or refused. nil: nothing is counted.
	Count func(T) bool
	// Changed is told when renewing begins to fail, fails for another reason (by its ID), and works again; one call at a time.
	Changed func(Change)
	Now     func() time.Time // wall clock; nil: time.Now
}

// Kept is one credential in memory, renewed in the background before it ends. An ended one is never handed out.
type Kept[T any] struct {
	keep Keep[T]
	ctx  context.Context //nolint:containedctx // the life of the background work, which no request's is

	mu      sync.Mutex
	value   T
	expires time.Time // by the wall clock; zero for none
	lead    time.Duration
	due     time.Time     // of the next attempt
	failed  error         // of the last attempt
	ended   time.Time     // when that was over
	pauses  int           // attempts in a row that brought nothing newer
	attempt chan struct{} // closed at the end of the one under way; nil if none is
	timer   *time.Timer

	telling sync.Mutex
}

// Start keeps the credential until ctx ends.
func (k Keep[T]) Start(ctx context.Context) *Kept[T] {
	if k.Now == nil {
		k.Now = time.Now
	}
	kept := &Kept[T]{keep: k, ctx: ctx, lead: k.Ahead}
	kept.mu.Lock()
	defer kept.mu.Unlock()
	if now := kept.now(); k.Expires.After(now) {
		kept.take(k.Value, k.Expires, now)
	} else if kept.due = now; k.Later {
		kept.due = now.Add(never)
	}
	kept.timer = time.AfterFunc(0, kept.tick)
	context.AfterFunc(ctx, func() { kept.timer.Stop() })
	return kept
}

// now is by the wall clock alone: what a server says of an end is too, and a machine sleeps.
func (k *Kept[T]) now() time.Time { return k.keep.Now().Round(0) }

// take puts a new value in place, and plans its renewal. Many processes must not renew at the same moment.
func (k *Kept[T]) take(value T, expires, now time.Time) {
	k.value, k.expires, k.pauses = value, expires.Round(0), 0
	left := k.expires.Sub(now)
	lead := max(min(k.keep.Ahead, left/2), min(k.keep.Least, left*3/4))
	k.lead = min(lead+jitter(lead/10), left*3/4)
	k.due = k.expires.Add(-k.lead)
}

func jitter(most time.Duration) time.Duration {
	return time.Duration(rand.Int64N(int64(max(most, 1)))) //nolint:gosec // it keeps no secret
}

// tick begins an attempt if it is time for one. Otherwise it looks again later.
func (k *Kept[T]) tick() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if now := k.now(); !now.Before(k.due) {
		k.begin()
	} else {
		k.plan(now)
	}
}

func (k *Kept[T]) plan(now time.Time) {
	if k.ctx.Err() == nil {
		k.timer.Reset(min(lookEvery, max(0, k.due.Sub(now))))
	}
}

// begin starts an attempt, unless one is under way, and returns what is closed when it is over.
func (k *Kept[T]) begin() <-chan struct{} {
	if k.attempt == nil && k.ctx.Err() == nil {
		k.attempt = make(chan struct{})
		go k.renew(k.attempt, k.lead)
	}
	return k.attempt
}

func (k *Kept[T]) renew(over chan<- struct{}, ahead time.Duration) {
	ctx, cancel := context.WithTimeout(k.ctx, fetchWait)
	defer cancel()
	value, expires, err := k.keep.Fetch(ctx, ahead)
	if err == nil && !expires.After(k.now()) { // its last moment went by on the way; now there is a newer one, or a reason
		value, expires, err = k.keep.Fetch(ctx, ahead)
	}
	change, told := k.settle(value, expires, err)
	close(over) // nobody waits for a terminal that has stopped
	if told && k.keep.Changed != nil {
		k.telling.Lock()
		defer k.telling.Unlock()
		k.keep.Changed(change)
	}
}

// settle makes the outcome of an attempt the state, and returns what is to be told of it.
func (k *Kept[T]) settle(value T, expires time.Time, err error) (Change, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	if err == nil && !expires.After(now) {
		err = ui.Errorf("renewed-over", ui.Failed, "what was fetched ended at %s already", expires.UTC().Format(time.RFC3339)).
			With(ui.Advice("set this machine's clock (it is the usual cause)"))
	}
	before := k.failed
	k.attempt, k.failed, k.ended = nil, err, now
	if due := k.expires.Add(-k.lead); err == nil && !expires.Equal(k.expires) {
		k.take(value, expires, now)
	} else if err == nil && now.Before(due) { // it was fetched to be recorded
		k.due, k.pauses = due, 0
	} else { // of what still lives, the broker serves the same again where it can't renew
		k.due = now.Add(k.pause(k.expires.Sub(now)))
	}
	k.plan(now)
	switch {
	case k.ctx.Err() != nil:
		return Change{}, false
	case err != nil:
		return Change{err, k.expires}, before == nil || ui.IDOf(before) != ui.IDOf(err)
	}
	return Change{nil, k.expires}, before != nil
}

// pause is how long to wait after an attempt that brought nothing new, longer each time, but for what soon ends.
func (k *Kept[T]) pause(left time.Duration) time.Duration {
	pause := min(firstRetry<<min(k.pauses, 3), lastRetry)
	k.pauses++
	if left > 0 {
		pause = min(pause, max(left/3, brink))
	}
	return pause - jitter(pause/4)
}

// Get returns the credential from memory, at once. Where nothing valid is left, or what is may not be handed out uncounted, it waits
// for an attempt to get one, up to 9 seconds, which begins now unless one has just failed; the error is that of the attempt.
func (k *Kept[T]) Get(ctx context.Context) (value T, expires time.Time, err error) {
	k.mu.Lock()
	now := k.now()
	left, wait := k.expires.Sub(now), answerWait
	switch {
	case left > brink && k.counts():
		defer k.mu.Unlock()
		if !now.Before(k.due) { // the machine slept, and the timer goes by its waking hours
			k.begin()
		}
		return k.value, k.expires, nil
	case left > 0 && left <= brink:
		wait = brinkWait
	}
	over := (<-chan struct{})(k.attempt)
	if k.attempt == nil && (k.failed == nil || now.Sub(k.ended) >= demandRetry || now.Before(k.ended)) {
		over = k.begin()
	}
	k.mu.Unlock()
	if over != nil {
		await(ctx, over, wait)
	}
	return k.held(ctx)
}

// await waits until over is closed, for so long at most.
func await(ctx context.Context, over <-chan struct{}, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-over:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// counts reports whether the value may be handed out, having counted that it is. The lock must be held: counting is a write of a few
// bytes.
func (k *Kept[T]) counts() bool { return k.keep.Count == nil || k.keep.Count(k.value) }

// held is what there is after waiting. What an attempt has just brought was recorded where it came from. In its last second a value
// is of no use to a program, and the reason why it is not renewed is.
func (k *Kept[T]) held(ctx context.Context) (value T, expires time.Time, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	left, refused := k.expires.Sub(k.now()), k.attempt == nil && k.failed != nil
	switch {
	case left > 0 && (left > brink || !refused) && (k.attempt == nil && k.failed == nil || k.counts()):
		return k.value, k.expires, nil
	case ctx.Err() != nil:
		return value, expires, context.Cause(ctx)
	case k.ctx.Err() != nil:
		return value, expires, context.Cause(k.ctx)
	case refused:
		return value, expires, k.failed
	}
	return value, expires, ui.Errorf("renewal-slow", ui.Failed, "renewing takes longer than %s", answerWait).
		With(ui.Advice("it goes on; try again in a few seconds"))
}
