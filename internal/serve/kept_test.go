package serve

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// source is what fetches in tests: values that count up, of so long a life.
type source struct {
	life  time.Duration
	takes time.Duration

	mu    sync.Mutex
	fails error
	calls int
	ahead time.Duration // of the last call
}

func (s *source) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = err
}

// called is how often it was, and the ahead of the last time.
func (s *source) called() (calls int, ahead time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls, s.ahead
}

func (s *source) fetch(ctx context.Context, ahead time.Duration) (int, time.Time, error) {
	s.mu.Lock()
	s.calls++
	s.ahead = ahead
	call, fails := s.calls, s.fails
	s.mu.Unlock()
	select {
	case <-time.After(s.takes):
	case <-ctx.Done():
		return 0, time.Time{}, context.Cause(ctx)
	}
	if fails != nil {
		return 0, time.Time{}, fails
	}
	return call, time.Now().Add(s.life), nil
}

func TestRenewedAheadOfTime(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ life, earliest, latest time.Duration }{
		"an hour":          {time.Hour, 18 * time.Minute, 22 * time.Minute},
		"a quarter":        {15 * time.Minute, 7 * time.Minute, 9 * time.Minute},
		"some seconds":     {8 * time.Second, 4 * time.Second, 5 * time.Second},
		"a life of 3 secs": {3 * time.Second, 1500 * time.Millisecond, 1700 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &source{life: c.life}
				kept := Keep[int]{Fetch: s.fetch, Ahead: AheadAWS}.Start(t.Context())
				synctest.Wait()
				began, served := time.Now(), 1
				for time.Since(began) < 5*c.life {
					time.Sleep(c.life / 100)
					synctest.Wait()
					value, expires, err := kept.Get(t.Context())
					left := time.Until(expires)
					if err != nil || left < c.earliest-c.life/50 {
						t.Fatalf("%s after the start: %v left, %v", time.Since(began), left, err)
					}
					if _, ahead := s.called(); value != served && ahead > c.latest {
						t.Errorf("renewed with %s left", ahead)
					}
					served = value
				}
				if calls, _ := s.called(); calls < 5 || calls > 12 {
					t.Errorf("%d fetches in five lives", calls)
				}
			})
		})
	}
}

// Who wants more left than is usual gets it, up to three quarters of a life.
func TestMoreIsLeftWhereAPersonWantsIt(t *testing.T) {
	t.Parallel()
	for least, want := range map[time.Duration]time.Duration{
		0: 18 * time.Minute, 10 * time.Minute: 18 * time.Minute, 40 * time.Minute: 40 * time.Minute, 3 * time.Hour: 45 * time.Minute,
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &source{life: time.Hour}
			kept := Keep[int]{Fetch: s.fetch, Ahead: AheadAWS, Least: least}.Start(t.Context())
			synctest.Wait()
			for range 300 {
				time.Sleep(time.Minute)
				synctest.Wait()
				if _, expires, err := kept.Get(t.Context()); err != nil || time.Until(expires) < want-2*time.Minute {
					t.Fatalf("%s wanted: %s left, %v", least, time.Until(expires), err)
				}
			}
			if s.ahead > 45*time.Minute {
				t.Errorf("%s wanted: renewed with %s left", least, s.ahead)
			}
		})
	}
}

func TestAnswersDoNotWaitForARenewal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &source{life: time.Hour, takes: 40 * time.Second}
		kept := Keep[int]{Fetch: s.fetch, Ahead: AheadAWS, Value: -1, Expires: time.Now().Add(10 * time.Minute)}.Start(t.Context())
		time.Sleep(5*time.Minute + time.Second) // under way now
		began := time.Now()
		value, _, err := kept.Get(t.Context())
		if calls, _ := s.called(); value != -1 || err != nil || time.Since(began) != 0 || calls != 1 {
			t.Errorf("%d after %s and %d fetches: %v", value, time.Since(began), calls, err)
		}
		time.Sleep(time.Minute)
		if value, _, err := kept.Get(t.Context()); value != 1 || err != nil {
			t.Errorf("then %d: %v", value, err)
		}
	})
}

// The AWS SDK for JavaScript gives up after a second, the Databricks SDKs after ten.
func TestWaitingEndsBeforeTheClientsGiveUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &source{life: time.Hour, takes: 20 * time.Second}
		kept := Keep[int]{Fetch: s.fetch, Ahead: AheadAWS, Value: -1, Expires: time.Now().Add(1500 * time.Millisecond)}.Start(t.Context())
		time.Sleep(1200 * time.Millisecond)
		began := time.Now()
		if _, _, err := kept.Get(t.Context()); time.Since(began) > 900*time.Millisecond {
			t.Errorf("a value at its end: %v after %s", err, time.Since(began))
		}
		time.Sleep(time.Second)
		began = time.Now()
		if _, _, err := kept.Get(t.Context()); ui.IDOf(err) != "renewal-slow" || time.Since(began) != 9*time.Second {
			t.Errorf("without a value: %v after %s", err, time.Since(began))
		}
		time.Sleep(15 * time.Second)
		value, _, err := kept.Get(t.Context())
		if calls, _ := s.called(); value != 1 || err != nil || calls != 1 {
			t.Errorf("then %d of %d fetches: %v", value, calls, err)
		}
	})
}

func TestALoginLostAndFound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var changes []Change
		s := &source{life: time.Hour}
		kept := Keep[int]{Fetch: s.fetch, Ahead: AheadAWS, Changed: func(c Change) { changes = append(changes, c) }}.Start(t.Context())
		synctest.Wait()
		s.fail(ui.Errorf("login-needed", ui.LoginNeeded, "no one is signed in"))
		time.Sleep(59 * time.Minute)
		if value, _, err := kept.Get(t.Context()); value != 1 || err != nil {
			t.Errorf("while it lives: %d, %v", value, err)
		}
		if calls, _ := s.called(); calls < 10 || calls > 300 {
			t.Errorf("%d fetches in 40 minutes", calls)
		}
		time.Sleep(2 * time.Minute)
		before, _ := s.called()
		for range 100 { // a program that asks and asks
			if _, _, err := kept.Get(t.Context()); ui.CodeOf(err) != ui.LoginNeeded {
				t.Fatalf("once it has ended: %v", err)
			}
			time.Sleep(10 * time.Millisecond)
		}
		if calls, _ := s.called(); calls-before > 2 {
			t.Errorf("%d fetches in a second of asking", calls-before)
		}
		synctest.Wait()
		if len(changes) != 1 || ui.IDOf(changes[0].Err) != "login-needed" {
			t.Errorf("told: %v", changes)
		}
		s.fail(nil)
		time.Sleep(demandRetry)
		if _, expires, err := kept.Get(t.Context()); err != nil || time.Until(expires) != time.Hour {
			t.Errorf("after signing in: %v", err)
		}
		synctest.Wait()
		if len(changes) != 2 || changes[1].Err != nil {
			t.Errorf("told: %v", changes)
		}
	})
}

// A request that begins with a value's last moments fails at the other end, which knows no reason.
func TestAtTheVeryEndTheReasonIsAnswered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &source{life: time.Hour, takes: 100 * time.Millisecond}
		s.fail(ui.Errorf("login-needed", ui.LoginNeeded, "no one is signed in"))
		kept := Keep[int]{Fetch: s.fetch, Ahead: AheadAWS, Value: -1, Expires: time.Now().Add(4 * time.Second)}.Start(t.Context())
		time.Sleep(4*time.Second - brink - time.Millisecond)
		if value, _, err := kept.Get(t.Context()); value != -1 || err != nil {
			t.Errorf("before: %d, %v", value, err)
		}
		time.Sleep(brink / 2)
		if value, _, err := kept.Get(t.Context()); value != 0 || ui.IDOf(err) != "login-needed" {
			t.Errorf("then: %d, %v", value, err)
		}
	})
}

// What the broker serves as it can't renew may end before it is here. That is no fault of the clock.
func TestWhatEndsOnTheWayIsFetchedOnceMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls, end := 0, time.Now().Add(time.Minute)
		kept := Keep[int]{Ahead: AheadAWS, Later: true, Fetch: func(context.Context, time.Duration) (int, time.Time, error) {
			calls++
			if !end.After(time.Now()) {
				return 0, time.Time{}, ui.Errorf("login-needed", ui.LoginNeeded, "no one is signed in")
			}
			time.Sleep(2 * time.Second)
			return 1, end, nil
		}}.Start(t.Context())
		time.Sleep(59 * time.Second)
		if _, _, err := kept.Get(t.Context()); ui.IDOf(err) != "login-needed" || calls != 2 {
			t.Errorf("%d fetches: %v", calls, err)
		}
	})
}

// Where the broker can't renew, it serves what still lives: that is asked for again, not at each tick.
func TestTheSameAgainIsNoRenewal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		end := time.Now().Add(time.Hour)
		kept := Keep[int]{Ahead: AheadAWS, Fetch: func(context.Context, time.Duration) (int, time.Time, error) {
			calls.Add(1)
			return 1, end, nil
		}}.Start(t.Context())
		time.Sleep(time.Hour - 2*time.Second)
		if _, _, err := kept.Get(t.Context()); err != nil || calls.Load() < 20 || calls.Load() > 200 {
			t.Errorf("%d fetches: %v", calls.Load(), err)
		}
		time.Sleep(3 * time.Second)
		if _, _, err := kept.Get(t.Context()); ui.IDOf(err) != "renewed-over" {
			t.Errorf("what has ended: %v", err)
		}
	})
}

// A machine that slept: its wall clock went on, its timers did not.
func TestAMachineThatSlept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var slept atomic.Int64
		now := func() time.Time { return time.Now().Add(time.Duration(slept.Load())) }
		var calls atomic.Int32
		kept := Keep[int]{Ahead: AheadAWS, Now: now, Fetch: func(context.Context, time.Duration) (int, time.Time, error) {
			return int(calls.Add(1)), now().Add(time.Hour), nil
		}}.Start(t.Context())
		synctest.Wait()
		slept.Add(int64(8 * time.Hour))
		if value, expires, err := kept.Get(t.Context()); value != 2 || err != nil || !expires.After(now()) {
			t.Errorf("%d until %s: %v", value, expires, err)
		}
		slept.Add(int64(45 * time.Minute)) // still valid, and due
		time.Sleep(lookEvery + time.Second)
		if calls.Load() != 3 {
			t.Errorf("%d fetches", calls.Load())
		}
		slept.Add(int64(45 * time.Minute))
		if value, _, err := kept.Get(t.Context()); value != 3 || err != nil {
			t.Errorf("%d: %v", value, err)
		}
		synctest.Wait()
		if calls.Load() != 4 {
			t.Errorf("%d fetches, where a request found that it was time", calls.Load())
		}
	})
}

func TestNothingGoesOnAfterTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancelCause(t.Context())
		s := &source{life: time.Minute}
		kept := Keep[int]{Fetch: s.fetch, Ahead: AheadAWS, Changed: func(c Change) { t.Errorf("told: %v", c) }}.Start(ctx)
		time.Sleep(time.Second)
		over := errors.New("over")
		end(over)
		time.Sleep(time.Hour)
		if _, _, err := kept.Get(t.Context()); !errors.Is(err, over) {
			t.Error(err)
		}
		if calls, _ := s.called(); calls != 1 {
			t.Errorf("%d fetches", calls)
		}
	})
}

func TestNothingIsFetchedBeforeItIsAskedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &source{life: time.Hour}
		kept := Keep[int]{Fetch: s.fetch, Ahead: AheadToken, Later: true}.Start(t.Context())
		time.Sleep(72 * time.Hour)
		if calls, _ := s.called(); calls != 0 {
			t.Fatalf("nobody asked, and it was fetched %d times", calls)
		}
		if got, _, err := kept.Get(t.Context()); got != 1 || err != nil {
			t.Fatalf("asked for: %d, %v", got, err)
		}
		time.Sleep(50 * time.Minute) // it is renewed as everything else is
		if calls, _ := s.called(); calls != 2 {
			t.Errorf("once in use, it was fetched %d times in 50 minutes", calls)
		}
	})
}
