package store

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestLocksExcludeAndShare(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	one, two := newFileStore(t, dir, "x"), newFileStore(t, dir, "x")
	type locker func(context.Context, string) (func() error, error)
	for name, c := range map[string]struct {
		first, second locker
		name          string
		free          bool
	}{
		"exclusive and exclusive": {one.Lock, two.Lock, "a", false},
		"exclusive and shared":    {one.Lock, two.RLock, "a", false},
		"shared and exclusive":    {one.RLock, two.Lock, "a", false},
		"shared and shared":       {one.RLock, two.RLock, "a", true},
		"two of one store":        {one.Lock, one.Lock, "a", false},
		"other names":             {one.Lock, two.Lock, "b", true},
		"other service":           {one.Lock, otherService(t, dir).Lock, "a", true},
	} {
		t.Run(name, func(t *testing.T) {
			held, err := c.first(t.Context(), "a")
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
			defer cancel()
			second, err := c.second(ctx, c.name)
			switch {
			case c.free && err != nil:
				t.Errorf("not free: %v", err)
			case !c.free && (!errors.Is(err, ErrLockTimeout) || ui.HintOf(err) == ""):
				t.Errorf("got %v, want ErrLockTimeout with a hint", err)
			}
			if c.free {
				held = both(second, held)
			}
			if err := errors.Join(held(), held()); err != nil {
				t.Errorf("unlocking: %v", err)
			}
			third, err := two.Lock(t.Context(), "a")
			if err != nil {
				t.Fatalf("after unlocking: %v", err)
			}
			if err := third(); err != nil {
				t.Error(err)
			}
		})
	}
}

func both(one, two func() error) func() error {
	return func() error { return errors.Join(one(), two()) }
}

func otherService(t *testing.T, dir string) *Store {
	t.Helper()
	o := fileOptions(dir, "x")
	o.Service = "dbxaccess-other"
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Two stores with different items have different locks, also in one directory.
func TestTheLocksOfAStoreAreItsOwn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pass := Options{Service: "x", Selection: Selection{Backend: Pass, Directory: filepath.Join(dir, "pass")}, LockDir: dir}
	file := func(o Options) string {
		path, err := newLockDir(o).file("a")
		if err != nil || filepath.Dir(path) != dir {
			t.Fatalf("%q, %v", path, err)
		}
		return path
	}
	for name, c := range map[string]struct {
		change func(*Options)
		shared bool
	}{
		"the same":              {func(*Options) {}, true},
		"written in other ways": {func(o *Options) { o.Selection.Directory += "/../pass/" }, true},
		"another directory":     {func(o *Options) { o.Selection.Directory += "2" }, false},
		"another service":       {func(o *Options) { o.Service = "y" }, false},
		"another backend":       {func(o *Options) { o.Selection.Backend, o.FileDir = File, o.Selection.Directory }, false},
	} {
		other := pass
		c.change(&other)
		if shared := file(pass) == file(other); shared != c.shared {
			t.Errorf("%s: shared is %v, want %v", name, shared, c.shared)
		}
	}
}

func TestWaitingForALockEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFileStore(t, t.TempDir(), "x")
		held, err := s.Lock(context.Background(), "a")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		start := time.Now()
		if _, err := s.Lock(ctx, "a"); !errors.Is(err, ErrLockTimeout) || time.Since(start) != 30*time.Second {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
		canceled, stop := context.WithCancel(context.Background())
		time.AfterFunc(time.Second, stop)
		if _, err := s.RLock(canceled, "a"); !errors.Is(err, context.Canceled) || ui.CodeOf(err) != ui.Interrupted {
			t.Errorf("got %v", err)
		}
		time.AfterFunc(10*time.Second, func() { _ = held() })
		start = time.Now()
		later, err := s.Lock(context.Background(), "a")
		if waited := time.Since(start); err != nil || waited < 10*time.Second || waited > 10*time.Second+50*time.Millisecond {
			t.Errorf("got the lock after %v: %v", waited, err)
		}
		_ = later()
	})
}
