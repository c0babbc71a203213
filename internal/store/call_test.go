package store

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/store/storetest"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestAHangingKeyringEndsWithinTheDeadline(t *testing.T) {
	t.Parallel()
	for name, use := range map[string]func(*Store) error{
		"Get":    func(s *Store) error { _, err := s.Get(context.Background(), "session/a"); return err },
		"Set":    func(s *Store) error { return s.Set(context.Background(), "session/a", []byte("x"), Meta{}) },
		"Delete": func(s *Store) error { return s.Delete(context.Background(), "session/a") },
		"Keys":   func(s *Store) error { _, err := s.Keys(context.Background(), ""); return err },
		"Probe":  func(s *Store) error { return s.Probe(context.Background()) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake := newFake()
				s := newFakeStore(t, fake, 0)
				answer := make(chan struct{})
				fake.hook = func(string, string) error { <-answer; return nil }

				start := time.Now()
				err := use(s)
				storetest.WantUnavailable(t, err, backend.Hung)
				if id := ui.IDOf(err); id != "keyring-hung" {
					t.Errorf("got the error %q", id)
				}
				if took := time.Since(start); took != s.timeout {
					t.Errorf("gave up after %v, want %v", took, s.timeout)
				}
				start = time.Now()
				storetest.WantUnavailable(t, use(s), backend.Hung)
				if took := time.Since(start); took != 0 {
					t.Errorf("waited another %v for a keyring that hangs", took)
				}
				close(answer)
				synctest.Wait()
				if err := s.Set(t.Context(), "session/a", []byte("renewed"), Meta{Keep: true}); err != nil {
					t.Errorf("what matters is tried as soon as it answers again: %v", err)
				}
				<-time.After(coolDown)
				if err := use(s); err != nil && !errors.Is(err, ErrNotFound) {
					t.Errorf("after it answered again: %v", err)
				}
			})
		})
	}
}

func TestACancelledCallerIsNotTheKeyringsFault(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := newFake()
		s := newFakeStore(t, fake, 0)
		answer := make(chan struct{})
		fake.hook = func(string, string) error { <-answer; return nil }
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(time.Second, cancel)
		_, err := s.Get(ctx, "session/a")
		if !errors.Is(err, context.Canceled) || ui.CodeOf(err) != ui.Interrupted {
			t.Errorf("got %v, code %d", err, ui.CodeOf(err))
		}
		close(answer)
	})
}

func TestCallersTakeTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := newFake()
		s := newFakeStore(t, fake, 0)
		inside := 0
		fake.hook = func(string, string) error {
			if inside++; inside > 1 {
				t.Error("two operations at once")
			}
			<-time.After(time.Millisecond) // others get the chance to come in
			inside--
			return nil
		}
		var callers sync.WaitGroup
		for range 20 {
			callers.Go(func() {
				if err := s.Set(context.Background(), "role/a", []byte("x"), Meta{}); err != nil {
					t.Error(err)
				}
			})
		}
		callers.Wait()
	})
}

func TestAPanicInTheLibraryIsAnError(t *testing.T) {
	t.Parallel()
	fake := newFake()
	s := newFakeStore(t, fake, 0)
	fake.hook = func(string, string) error { panic("token-canary") }
	_, err := s.Get(t.Context(), "session/a")
	storetest.WantUnavailable(t, err, backend.Failed)
	if want := "the encrypted file failed: the keyring library panicked"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	fake.hook = nil
	storetest.MustSet(t, s, "session/a", []byte("x"), Meta{})
}

func TestProbe(t *testing.T) {
	t.Parallel()
	fake := newFake()
	s := newFakeStore(t, fake, 0)
	if err := s.Probe(t.Context()); err != nil || len(fake.names()) != 0 {
		t.Errorf("got %v, left %v", err, fake.names())
	}
	fake.hook = func(operation, name string) error {
		if operation == "get" { // a keyring that takes items and forgets them
			fake.mu.Lock()
			defer fake.mu.Unlock()
			delete(fake.items, name)
		}
		return nil
	}
	storetest.WantUnavailable(t, s.Probe(t.Context()), backend.Failed)
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	good := fileOptions(t.TempDir(), "x")
	for name, spoil := range map[string]func(*Options){
		"no service":         func(o *Options) { o.Service = "" },
		"service with colon": func(o *Options) { o.Service = "a:b" },
		"capitals":           func(o *Options) { o.Service = "Dbxaccess" },
		"dot in front":       func(o *Options) { o.Service = ".dbxaccess" },
		"too long":           func(o *Options) { o.Service = strings.Repeat("x", 64) },
		"auto":               func(o *Options) { o.Selection.Backend = Auto },
		"unknown backend":    func(o *Options) { o.Selection.Backend = "plaintext" },
		"relative directory": func(o *Options) { o.FileDir = "keyring" },
		"no clock":           func(o *Options) { o.Now = nil },
		"no passphrase":      func(o *Options) { o.Passphrase = nil },
		"stray collection":   func(o *Options) { o.Selection.Collection = "login" },
	} {
		o := good
		spoil(&o)
		if _, err := Open(o); err == nil {
			t.Errorf("%s: was opened", name)
		}
	}
}

// What could not be read in time can be deleted as soon as the hanging call has ended.
func TestDeletingNeedsNoReading(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := newFake()
		s := newFakeStore(t, fake, 0)
		storetest.MustSet(t, s, "session/a", []byte("x"), Meta{Keep: true})
		fake.hook = func(operation, _ string) error {
			if operation == "get" {
				time.Sleep(s.timeout + time.Second)
			}
			return nil
		}
		_, err := s.Get(t.Context(), "session/a")
		storetest.WantUnavailable(t, err, backend.Hung)
		time.Sleep(2 * time.Second)
		if err := s.Delete(t.Context(), "session/a"); err != nil || len(fake.names()) > 0 {
			t.Errorf("got %v, left %v", err, fake.names())
		}
	})
}
