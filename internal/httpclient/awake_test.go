package httpclient

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestAwakeEndsByItsLimitOrByItsCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		ctx, cancel := Awake(context.Background(), 10*time.Second)
		defer cancel()
		<-ctx.Done()
		if took := time.Since(began); took != 10*time.Second || !errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
			t.Errorf("after %v: %v", took, context.Cause(ctx))
		}
		ctx, cancel = Awake(context.Background(), 10*time.Second)
		cancel()
		if !errors.Is(context.Cause(ctx), context.Canceled) {
			t.Errorf("got %v", context.Cause(ctx))
		}
	})
}

func TestWhoSleptKnows(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for began, want := range map[time.Time]bool{
		now: false, now.Add(-11 * time.Second): false, now.Add(-13 * time.Second): true,
		// The clock that counts a process's running may stand still while the machine sleeps; the other tells.
		now.Add(-13 * time.Second).Round(0): true, now.Add(time.Hour): false,
	} {
		if Slept(began, 10*time.Second) != want {
			t.Errorf("begun %v ago: not %v", now.Sub(began), want)
		}
	}
}
