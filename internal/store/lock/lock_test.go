package lock

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestLocksExcludeAndShare(t *testing.T) {
	t.Parallel()
	one := Dir{Path: t.TempDir(), Scope: "test"}
	two, elsewhere := one, Dir{Path: one.Path, Scope: "other"}
	for name, c := range map[string]struct {
		first, second Mode
		other         Dir
		name          string
		free          bool
	}{
		"exclusive and exclusive": {Exclusive, Exclusive, two, "a", false},
		"exclusive and shared":    {Exclusive, Shared, two, "a", false},
		"shared and exclusive":    {Shared, Exclusive, two, "a", false},
		"shared and shared":       {Shared, Shared, two, "a", true},
		"other names":             {Exclusive, Exclusive, two, "b", true},
		"another scope":           {Exclusive, Exclusive, elsewhere, "a", true},
	} {
		t.Run(name, func(t *testing.T) {
			held, err := one.Acquire(t.Context(), "a", c.first)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
			defer cancel()
			second, err := c.other.Acquire(ctx, c.name, c.second)
			switch {
			case !c.free && (!errors.Is(err, ErrTimeout) || ui.IDOf(err) != "lock-timeout" || ui.HintOf(err) == ""):
				t.Errorf("got %v, want ErrTimeout with a hint", err)
			case c.free && err != nil:
				t.Errorf("not free: %v", err)
			case c.free:
				if err := second(); err != nil {
					t.Errorf("unlocking the second: %v", err)
				}
			}
			if err := errors.Join(held(), held()); err != nil { // further calls do nothing
				t.Errorf("unlocking: %v", err)
			}
			third, err := two.Acquire(t.Context(), "a", Exclusive)
			if err != nil {
				t.Fatalf("after unlocking: %v", err)
			}
			if err := third(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestLocksWithinTheProcess(t *testing.T) {
	t.Parallel()
	one, other := InProcess(), InProcess()
	held, err := one(t.Context(), "a", Exclusive)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := other(t.Context(), "a", Exclusive)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := one(ctx, "a", Shared); !errors.Is(err, ErrTimeout) || ui.HintOf(err) == "" {
		t.Errorf("the lock was given twice: %v", err)
	}
	for range 2 { // further calls do nothing
		if err := errors.Join(held(), elsewhere()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := one(t.Context(), "a", Exclusive); err != nil {
		t.Errorf("the lock was not let go: %v", err)
	}
}

func TestWaitingForALockEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir := Dir{Path: t.TempDir()}
		held, err := dir.Acquire(context.Background(), "a", Exclusive)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		start := time.Now()
		if _, err := dir.Acquire(ctx, "a", Exclusive); !errors.Is(err, ErrTimeout) || time.Since(start) != 30*time.Second {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
		canceled, stop := context.WithCancel(context.Background())
		time.AfterFunc(time.Second, stop)
		if _, err := dir.Acquire(canceled, "a", Shared); !errors.Is(err, context.Canceled) || ui.CodeOf(err) != ui.Interrupted {
			t.Errorf("got %v", err)
		}
		time.AfterFunc(10*time.Second, func() { _ = held() })
		start = time.Now()
		later, err := dir.Acquire(context.Background(), "a", Exclusive)
		if waited := time.Since(start); err != nil || waited < 10*time.Second || waited > 10*time.Second+50*time.Millisecond {
			t.Fatalf("got the lock after %v: %v", waited, err)
		}
		_ = later()
	})
}
