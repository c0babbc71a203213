package serve

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// What may not be handed out uncounted is fetched once more, which is recorded where it comes from; where that is refused, nothing is
// handed out, though what is in memory lives.
func TestNothingIsHandedOutThatCantBeCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		defer synctest.Wait()
		defer stop()
		var (
			refused  = errors.New("it can't be recorded")
			counts   = true
			counted  []int
			answer   error
			fetched  int
			expires  = time.Now().Add(time.Hour)
			accepted = func() (int, time.Time, error) { return 7, expires, nil }
		)
		kept := Keep[int]{
			Fetch: func(context.Context, time.Duration) (int, time.Time, error) {
				fetched++
				if answer != nil {
					return 0, time.Time{}, answer
				}
				return accepted()
			},
			Count: func(value int) bool {
				if counts {
					counted = append(counted, value)
				}
				return counts
			},
			Ahead: AheadAWS, Value: 7, Expires: expires,
		}.Start(ctx)
		get := func(want error) {
			t.Helper()
			if got, _, err := kept.Get(ctx); !errors.Is(err, want) || err == nil && got != 7 {
				t.Fatalf("%d, %v", got, err)
			}
		}
		get(nil)
		if fetched != 0 || len(counted) != 1 {
			t.Fatalf("fetched %d, counted %d", fetched, counted)
		}
		counts = false
		get(nil) // recorded where it was fetched
		get(nil)
		if fetched != 2 || len(counted) != 1 {
			t.Fatalf("fetched %d, counted %d", fetched, counted)
		}
		answer = refused
		get(refused)
		get(refused) // at once: it has just been refused
		if fetched != 3 {
			t.Errorf("fetched %d", fetched)
		}
		time.Sleep(demandRetry)
		get(refused)
		counts = true // though renewing still fails
		get(nil)
		answer, counts = nil, false
		time.Sleep(demandRetry)
		get(nil)
		fetched = 0
		time.Sleep(30 * time.Minute) // what was fetched to be recorded is not fetched again and again by itself
		if fetched != 0 {
			t.Errorf("fetched %d times with half of its life left", fetched)
		}
	})
}
