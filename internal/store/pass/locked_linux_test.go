package pass_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/store/pass"
	"github.com/dbxaccess/dbxaccess/internal/store/storetest"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestPassWithALockedKeyNeverAsksForHelpers(t *testing.T) {
	h := newPassHome(t, lockedKey)
	s := h.open(nil)
	storetest.MustSet(t, s, "session/a", []byte("x"), store.Meta{}) // needs no secret key
	h.forget()
	start := time.Now()
	_, err := s.Get(t.Context(), "session/a")
	storetest.WantUnavailable(t, err, backend.Locked)
	if took := time.Since(start); took > time.Minute/2 {
		t.Errorf("it took %v", took)
	}
	if !strings.Contains(ui.HintOf(err), "pass show dbxaccess-test/v1+session,a >/dev/null") {
		t.Errorf("the hint is\n%s", ui.HintOf(err))
	}
	if h.asked() {
		t.Error("a person was asked")
	}
	if keys, err := s.Keys(t.Context(), ""); err != nil || len(keys) != 1 {
		t.Errorf("listing needs no key: %v, %v", keys, err)
	}
	if err := s.Delete(t.Context(), "session/a"); err != nil {
		t.Errorf("nor does deleting: %v", err)
	}
}

func TestPassLetsAPersonUnlockTheKey(t *testing.T) {
	h := newPassHome(t, lockedKey)
	asked := "touch '" + filepath.Join(h.dir, "asked") + "'; "
	helper, person := h.open(nil), h.open(func(o *store.Options) { o.Unlock = true })
	storetest.MustSet(t, person, "session/a", []byte("x"), store.Meta{})
	if _, err := person.Get(t.Context(), "session/b"); !errors.Is(err, store.ErrNotFound) || h.asked() {
		t.Errorf("an absent item: %v, or a person was asked", err)
	}
	// Who dismisses the prompt gets no second one.
	_, err := person.Get(t.Context(), "session/a")
	storetest.WantUnavailable(t, err, backend.Locked)
	if !h.asked() {
		t.Error("no one was asked")
	}
	_, err = person.Get(t.Context(), "session/a")
	storetest.WantUnavailable(t, err, backend.Locked)
	if h.asked() {
		t.Error("a person was asked again")
	}

	h.pinentry(asked + "echo 'D pw'; echo OK")
	if err := h.open(func(o *store.Options) { o.Unlock = true }).Probe(t.Context()); err != nil || !h.asked() {
		t.Errorf("got %v, or no one was asked", err)
	}
	if got := storetest.MustGet(t, helper, "session/a"); string(got) != "x" {
		t.Errorf("the helper got %q", got)
	}
	// What is damaged is told from what is locked, also where GnuPG gives the same answer.
	damaged, err := os.ReadFile(h.file("session/a"))
	if err != nil {
		t.Fatal(err)
	}
	damaged[40] ^= 1 // in the encrypted session key
	h.must(os.WriteFile(h.file("session/a"), damaged, 0o600))
	if _, err := helper.Get(t.Context(), "session/a"); !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("damaged: %v", err)
	}
	h.forget()
	_, err = helper.Get(t.Context(), "session/a")
	storetest.WantUnavailable(t, err, backend.Locked)
}

// patience is that of a test with a program that hangs, and is not too short for a busy machine to have come there.
const patience = 8 * time.Second

// No one answers pinentry: it is ended after the time.
func TestPassStopsWaitingForAPerson(t *testing.T) {
	h := newPassHome(t, lockedKey)
	pid := filepath.Join(h.dir, "pid")
	h.pinentry("echo $$ >'" + pid + "'; exec sleep 1000")
	s := h.open(func(o *store.Options) { o.Unlock, o.Timeout = true, patience })
	storetest.MustSet(t, s, "session/a", []byte("x"), store.Meta{})
	start := time.Now()
	_, err := s.Get(t.Context(), "session/a")
	storetest.WantUnavailable(t, err, backend.Locked)
	if took := time.Since(start); took < patience || took > time.Minute {
		t.Errorf("it took %v", took)
	}
	wantEnded(t, pid)
}

func TestPassThatHangsIsEndedWithItsChildren(t *testing.T) {
	h := newPassHome(t, openKey)
	storetest.MustSet(t, h.open(nil), "session/a", []byte("x"), store.Meta{})
	pids := filepath.Join(h.dir, "pids")
	h.write("bin/pass", "#!/bin/sh\nsleep 1000 &\necho $! >>'"+pids+"'\necho $$ >>'"+pids+"'\nwait\n", 0o700)
	for name, c := range map[string]struct {
		use         func(context.Context, *store.Store) error
		interrupted bool // once it hangs
	}{
		"reading": {use: func(ctx context.Context, s *store.Store) error { _, err := s.Get(ctx, "session/a"); return err }},
		"writing": {use: func(ctx context.Context, s *store.Store) error {
			return s.Set(ctx, "session/a", []byte("y"), store.Meta{})
		}},
		"interrupted": {use: func(ctx context.Context, s *store.Store) error { _, err := s.Get(ctx, "session/a"); return err }, interrupted: true},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			wait := 3 * time.Second
			if c.interrupted {
				wait = time.Minute
				go func() {
					for data, _ := os.ReadFile(pids); bytes.Count(data, []byte("\n")) < 2; data, _ = os.ReadFile(pids) {
						time.Sleep(time.Millisecond)
					}
					cancel()
				}()
			}
			err := c.use(ctx, h.open(func(o *store.Options) { o.Timeout = wait }))
			if c.interrupted && !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			} else if !c.interrupted {
				storetest.WantUnavailable(t, err, backend.Hung)
			}
			wantEnded(t, pids)
		})
	}
}

// wantEnded checks that no process runs whose id stands in a file, and removes the file.
func wantEnded(t *testing.T, file string) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil || len(content) == 0 {
		t.Errorf("nothing was started: %v", err)
		return
	}
	for id := range strings.FieldsSeq(string(content)) {
		for deadline := time.Now().Add(time.Minute); running(id); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Errorf("%s still runs", id)
				break
			}
		}
	}
	if err := os.Remove(file); err != nil {
		t.Error(err)
	}
}

// running: a process that ended and was not waited for ("Z") does not count.
func running(id string) bool {
	stat, err := os.ReadFile(filepath.Join("/proc", id, "stat"))
	if err != nil {
		return false
	}
	_, state, _ := bytes.Cut(stat, []byte(") "))
	return !bytes.HasPrefix(state, []byte("Z"))
}

func TestPassWithAStoppedAgent(t *testing.T) {
	h := newPassHome(t, openKey)
	storetest.MustSet(t, h.open(nil), "session/a", []byte("x"), store.Meta{})
	h.stopAgent()
	s := h.open(func(o *store.Options) { o.Timeout = time.Second })
	start := time.Now()
	_, err := s.Get(t.Context(), "session/a")
	storetest.WantUnavailable(t, err, backend.Hung)
	if took := time.Since(start); took > time.Minute/2 {
		t.Errorf("it took %v", took)
	}
	if !strings.Contains(ui.HintOf(err), "gpgconf --kill gpg-agent") {
		t.Errorf("the hint is\n%s", ui.HintOf(err))
	}
}

// TestMain lets the tests run themselves as other processes.
func TestMain(m *testing.M) {
	os.Exit(storetest.Main(m, map[string]func() error{"write": writePass}))
}

// writePass replaces one item by values of different lengths.
func writePass() error {
	s, err := store.Open(store.Options{
		Service: "dbxaccess-test", Selection: store.Selection{Backend: pass.Name, Place: backend.Place{Directory: os.Getenv("STORE_TEST_DIR")}},
		LockDir: os.Getenv("STORE_TEST_LOCKS"), Timeout: time.Minute, Now: time.Now,
	})
	if err != nil {
		return err
	}
	for i := range 25 {
		if err := s.Set(context.Background(), "session/a", storetest.Pattern(1000+i*3777%50000), store.Meta{}); err != nil {
			return fmt.Errorf("write %d: %w", i, err)
		}
	}
	return nil
}

// Readers see one value or another, and however many there are, writers get their turn.
func TestPassUnderWritersAndReaders(t *testing.T) {
	h := newPassHome(t, openKey)
	storetest.MustSet(t, h.open(nil), "session/a", storetest.Pattern(1000), store.Meta{})
	over := make(chan struct{})
	read := make(chan int)
	for range 4 {
		go func() {
			s, count := h.open(nil), 0
			for {
				select {
				case <-over:
					read <- count
					return
				default:
				}
				value, err := s.Get(context.Background(), "session/a")
				if err != nil || !bytes.Equal(value, storetest.Pattern(len(value))) {
					t.Errorf("read %d bytes, %v", len(value), err)
				}
				count++
			}
		}()
	}
	writers := make(chan error)
	for range 2 {
		cmd := storetest.Child(t.Context(), "write", "STORE_TEST_DIR="+h.store, "STORE_TEST_LOCKS="+filepath.Join(h.dir, "locks"))
		go func() { writers <- cmd.Run() }()
	}
	if err := errors.Join(<-writers, <-writers); err != nil {
		t.Error(err)
	}
	close(over)
	total := 0
	for range 4 {
		total += <-read
	}
	if total < 20 {
		t.Errorf("only %d reads", total)
	}
	if left, _ := filepath.Glob(filepath.Join(h.store, "dbxaccess-test", backend.StagingPrefix+"*")); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

// Reading waits for who changes items, and the other way round.
func TestPassReadsUnderTheLock(t *testing.T) {
	h := newPassHome(t, openKey)
	s := h.open(func(o *store.Options) { o.Timeout = 300 * time.Millisecond })
	storetest.MustSet(t, h.open(nil), "session/a", []byte("x"), store.Meta{})
	for name, c := range map[string]struct {
		hold func(*store.Store, context.Context, string) (func() error, error)
		use  func() error
	}{
		"reading under a writer":  {(*store.Store).Lock, func() error { _, err := s.Get(t.Context(), "session/a"); return err }},
		"writing under a reader":  {(*store.Store).RLock, func() error { return s.Set(t.Context(), "session/a", []byte("y"), store.Meta{}) }},
		"deleting under a reader": {(*store.Store).RLock, func() error { return s.Delete(t.Context(), "session/a") }},
	} {
		unlock, err := c.hold(h.open(nil), t.Context(), "store:pass:items")
		if err != nil {
			t.Fatal(err)
		}
		s = h.open(func(o *store.Options) { o.Timeout = 300 * time.Millisecond })
		err = c.use()
		if e, ok := errors.AsType[*store.UnavailableError](err); !ok || e.Cause != backend.Hung {
			t.Errorf("%s: %v", name, err)
		}
		_ = unlock()
	}
	if got := storetest.MustGet(t, h.open(nil), "session/a"); string(got) != "x" {
		t.Errorf("got %q", got)
	}
}

// gpg-agent runs out of memory under many requests at once.
func TestPassUnderManyReaders(t *testing.T) {
	h := newPassHome(t, lockedKey)
	h.pinentry("echo 'D pw'; echo OK")
	person := h.open(func(o *store.Options) { o.Unlock = true })
	storetest.MustSet(t, person, "session/a", []byte("x"), store.Meta{})
	storetest.MustGet(t, person, "session/a")
	var readers sync.WaitGroup
	for range 60 {
		readers.Go(func() {
			if _, err := h.open(nil).Get(context.Background(), "session/a"); err != nil {
				t.Error(err)
			}
		})
	}
	readers.Wait()
}

// A gpg-agent that was stopped would never open the prompt that a person is waited for. What it keeps from being read
// can still be deleted.
func TestPassWithAStoppedAgentIsToldAtOnce(t *testing.T) {
	h := newPassHome(t, openKey)
	s := h.open(func(o *store.Options) { o.Unlock, o.Timeout = true, time.Minute })
	storetest.MustSet(t, s, "session/a", []byte("x"), store.Meta{})
	asked := filepath.Join(h.dir, "agent-asked")
	h.write("bin/gpg-connect-agent", "#!/bin/sh\necho asked >>'"+asked+"'\nexec sleep 1000\n", 0o700)
	for range 3 { // only the first waits
		_, err := s.Get(t.Context(), "session/a")
		storetest.WantUnavailable(t, err, backend.Hung)
	}
	if said, err := os.ReadFile(asked); string(said) != "asked\n" {
		t.Errorf("asked: %q, %v", said, err)
	}
	if err := s.Delete(t.Context(), "session/a"); err != nil {
		t.Errorf("deleting: %v", err)
	}
}

// A person's own pass may be a script that starts something in the background.
func TestWhatPassLeavesBehindEndsWithIt(t *testing.T) {
	h := newPassHome(t, openKey)
	s := h.open(nil)
	storetest.MustSet(t, s, "session/a", []byte("x"), store.Meta{})
	pids := filepath.Join(h.dir, "pids")
	h.before("sleep 1000 & echo $! >>'" + pids + "'")
	start := time.Now()
	storetest.MustGet(t, s, "session/a")
	if took := time.Since(start); took > time.Minute {
		t.Errorf("it took %v", took)
	}
	wantEnded(t, pids)
}

// What hangs before anything is asked, as a stopped gpg-agent does, is waited for once, and a person is told.
func TestAPersonWaitsOnceForAPassThatHangs(t *testing.T) {
	h := newPassHome(t, openKey)
	storetest.MustSet(t, h.open(nil), "session/a", []byte("x"), store.Meta{})
	h.write("bin/pass", "#!/bin/sh\nsleep 1000\n", 0o700)
	var told []string
	s := h.open(func(o *store.Options) {
		o.Unlock, o.Timeout = true, patience
		o.Waiting = func(doing string) func() { told = append(told, doing); return func() {} }
	})
	start := time.Now()
	_, err := s.Get(t.Context(), "session/a")
	storetest.WantUnavailable(t, err, backend.Hung)
	if took := time.Since(start); took > 5*patience/3 {
		t.Errorf("it took %v", took)
	}
	if len(told) == 0 || !strings.Contains(told[len(told)-1], "GnuPG may be asking") {
		t.Errorf("told %q", told)
	}
}
