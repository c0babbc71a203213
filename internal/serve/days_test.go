package serve

import (
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Twenty readers over three days, with a login that is found before what there is ends, and one that is lost for a night: no
// read fails that a valid credential could have served, and no goroutine is left by any of it.
func TestDaysOfReaders(t *testing.T) { //nolint:paralleltest // it counts what the process has
	synctest.Test(t, func(t *testing.T) {
		const (
			readers = 20
			life    = time.Hour
			pause   = 31 * time.Second // no divisor of anything else here
		)
		s := &source{life: life, takes: 300 * time.Millisecond}
		kept := Keep[int]{Fetch: s.fetch, Ahead: AheadAWS}.Start(t.Context())
		var ends, found atomic.Int64 // of the newest credential that was read; when the login was found last. Unix time, ns
		var stop atomic.Bool
		var reads, refused atomic.Int64
		for range readers {
			go func() {
				for ; !stop.Load(); time.Sleep(pause) {
					_, expires, err := kept.Get(t.Context())
					now := time.Now().UnixNano()
					switch {
					case err == nil && expires.UnixNano() > now:
						reads.Add(1)
						ends.Store(max(ends.Load(), expires.UnixNano()))
					case err == nil:
						t.Errorf("one that ended at %s", expires)
					case now < ends.Load():
						t.Errorf("refused while there was a valid one: %v", err)
					case found.Load() != 0 && now > found.Load()+int64(demandRetry+s.takes):
						t.Errorf("refused long after the login was found: %v", err)
					default:
						refused.Add(1)
					}
				}
			}()
		}
		lost := errors.New("signed out")
		lose := func(lasting time.Duration) {
			found.Store(0)
			s.fail(lost)
			time.Sleep(lasting)
			s.fail(nil)
			found.Store(time.Now().UnixNano())
		}
		found.Store(time.Now().UnixNano())
		time.Sleep(time.Hour)
		goroutines := runtime.NumGoroutine()
		lose(15 * time.Minute) // shorter than AheadAWS
		if refused.Load() != 0 {
			t.Errorf("%d reads were refused in a short loss", refused.Load())
		}
		time.Sleep(24 * time.Hour)
		lose(9 * time.Hour)
		if refused.Load() == 0 {
			t.Error("no read was refused in a night without a login: nothing was lost")
		}
		time.Sleep(38 * time.Hour)
		if now := runtime.NumGoroutine(); now > goroutines+1 {
			t.Errorf("from %d to %d goroutines", goroutines, now)
		}
		stop.Store(true)
		time.Sleep(pause)
		calls, _ := s.called()
		t.Logf("%d reads, %d refused, %d fetches", reads.Load(), refused.Load(), calls)
		if most := int64(72*time.Hour/life)*2 + int64(9*time.Hour/demandRetry); int64(calls) > most {
			t.Errorf("%d fetches, want no more than %d", calls, most)
		}
	})
}
