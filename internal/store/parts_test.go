package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/dbxaccess/dbxaccess/internal/store/format"

	"github.com/99designs/keyring"

	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/store/lock"
	"github.com/dbxaccess/dbxaccess/internal/store/storetest"
)

func TestValuesOfEverySizeComeBack(t *testing.T) {
	t.Parallel()
	for _, partSize := range []int{0, 2500, 32000} {
		for _, size := range []int{0, 1, 2500 - format.HeaderSize, 2500 - format.HeaderSize + 1, 6 << 10, 64 << 10, format.MaxValue} {
			t.Run(fmt.Sprintf("%d in items of %d", size, partSize), func(t *testing.T) {
				t.Parallel()
				s := newFakeStore(t, newFake(), partSize)
				want := storetest.Pattern(size)
				storetest.MustSet(t, s, "session/a", want, Meta{})
				if got := storetest.MustGet(t, s, "session/a"); !bytes.Equal(got, want) {
					t.Errorf("%d bytes came back, not the ones that were stored", len(got))
				}
			})
		}
	}
	s := newFakeStore(t, newFake(), 2500)
	if err := s.Set(t.Context(), "k", make([]byte, format.MaxValue+1), Meta{}); err == nil {
		t.Error("a value over the bound was stored")
	}
}

func TestAValueInOneItemCostsOneRead(t *testing.T) {
	t.Parallel()
	fake := newFake()
	s := newFakeStore(t, fake, 2500)
	storetest.MustSet(t, s, "role/a", storetest.Pattern(1800), Meta{})
	fake.reads = 0
	storetest.MustGet(t, s, "role/a")
	if fake.reads != 1 {
		t.Errorf("%d reads, want 1", fake.reads)
	}
}

func TestReplacedAndDeletedPartsAreGone(t *testing.T) {
	t.Parallel()
	fake := newFake()
	s := newFakeStore(t, fake, 2500)
	for _, size := range []int{10000, 5000, 10, 8000} {
		storetest.MustSet(t, s, "session/a", storetest.Pattern(size), Meta{})
		if got := storetest.MustGet(t, s, "session/a"); len(got) != size {
			t.Errorf("got %d bytes, want %d", len(got), size)
		}
		want := 1
		if size+format.HeaderSize > 2500 {
			want += (size + 2499) / 2500
		}
		if names := fake.names(); len(names) != want {
			t.Errorf("%d bytes lie in %d items, want %d: %v", size, len(names), want, names)
		}
	}
	// A writer that was killed leaves parts without a head.
	fake.items[partName("dbxaccess-test:v1:session/a", 42, 0)] = []byte("refresh token")
	if err := s.Delete(t.Context(), "session/a"); err != nil {
		t.Fatal(err)
	}
	if names := fake.names(); len(names) > 0 {
		t.Errorf("left after Delete: %v", names)
	}
	if _, err := s.Get(t.Context(), "session/a"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	if err := s.Delete(t.Context(), "session/a"); err != nil {
		t.Errorf("deleting what is absent: %v", err)
	}
}

func TestATornSetIsCorrupt(t *testing.T) {
	t.Parallel()
	part := func(f *fakeKeyring) string {
		for _, name := range f.names() {
			if headOf(name) != "" {
				return name
			}
		}
		return ""
	}
	for name, tear := range map[string]func(f *fakeKeyring){
		"a part is missing": func(f *fakeKeyring) { delete(f.items, part(f)) },
		"a part is cut":     func(f *fakeKeyring) { f.items[part(f)] = f.items[part(f)][:100] },
		"a part is longer":  func(f *fakeKeyring) { f.items[part(f)] = append(f.items[part(f)], "more"...) },
		"a part is changed": func(f *fakeKeyring) { f.items[part(f)][100] ^= 1 },
		"parts of another generation": func(f *fakeKeyring) {
			head := f.items["dbxaccess-test:v1:session/a"]
			head[24] ^= 1
		},
		"the head is foreign": func(f *fakeKeyring) { f.items["dbxaccess-test:v1:session/a"] = []byte(`{"json":true}`) },
		"the head is empty":   func(f *fakeKeyring) { f.items["dbxaccess-test:v1:session/a"] = nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := newFake()
			s := newFakeStore(t, fake, 2500)
			storetest.MustSet(t, s, "session/a", storetest.Pattern(9000), Meta{})
			tear(fake)
			if _, err := s.Get(t.Context(), "session/a"); !errors.Is(err, ErrCorrupt) {
				t.Errorf("got %v, want ErrCorrupt", err)
			}
			// It is as good as absent: written again it is whole, and nothing is left of the old parts.
			storetest.MustSet(t, s, "session/a", []byte("new"), Meta{})
			if got := storetest.MustGet(t, s, "session/a"); string(got) != "new" || len(fake.names()) != 1 {
				t.Errorf("got %q among %v", got, fake.names())
			}
		})
	}
}

func TestAFailedWriteLeavesTheOldValue(t *testing.T) {
	t.Parallel()
	fake := newFake()
	s := newFakeStore(t, fake, 2500)
	storetest.MustSet(t, s, "session/a", storetest.Pattern(6000), Meta{})
	before := fake.names()
	for _, failing := range []string{"~2", "session/a"} { // the last part, the head
		fake.hook = func(operation, name string) error {
			if operation == "set" && strings.HasSuffix(name, failing) {
				return errors.New("boom")
			}
			return nil
		}
		storetest.WantUnavailable(t, s.Set(t.Context(), "session/a", storetest.Pattern(7000), Meta{}), backend.Failed)
		if got := storetest.MustGet(t, s, "session/a"); len(got) != 6000 || !slices.Equal(fake.names(), before) {
			t.Errorf("failing at %s left %d bytes among %v", failing, len(got), fake.names())
		}
	}
}

// openParts opens one fake keyring as another process would: only it and the locks in dir are shared.
func openParts(t *testing.T, dir string, fake *fakeKeyring) *Store {
	t.Helper()
	s := newFileStore(t, dir, "unused")
	s.partSize, s.items = 2500, &library{opened: fake}
	return s
}

func TestReadersAndWritersOfPartsAgree(t *testing.T) {
	t.Parallel()
	fake := newFake()
	dir := t.TempDir()
	open := func() *Store { return openParts(t, dir, fake) }
	storetest.MustSet(t, open(), "session/a", storetest.Pattern(6000), Meta{})
	var writers sync.WaitGroup
	for w := range 2 {
		writers.Go(func() {
			s := open()
			for i := range 50 {
				if err := s.Set(t.Context(), "session/a", storetest.Pattern(5000+1000*w+i), Meta{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { writers.Wait(); close(done) }()
	reader := open()
	for reading := true; reading; {
		select {
		case <-done:
			reading = false
		default:
		}
		got, err := reader.Get(t.Context(), "session/a")
		if err != nil {
			// A reader that is overtaken several times in a row may give up, as with a damaged item.
			if !errors.Is(err, ErrCorrupt) {
				t.Error(err)
			}
			continue
		}
		if !bytes.Equal(got, storetest.Pattern(len(got))) {
			t.Error("a mixture of two values was read")
		}
	}
	if got := storetest.MustGet(t, reader, "session/a"); !bytes.Equal(got, storetest.Pattern(len(got))) {
		t.Error("the last value is not whole")
	}
}

// One writer is about to remove the parts of the generation before its own when another has written new ones.
func TestAWriterDoesNotRemoveAnothersParts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := newFake()
		dir := t.TempDir()
		open := func() *Store { return openParts(t, dir, fake) }
		removing, heading := make(chan struct{}), make(chan struct{})
		var heads atomic.Int32
		fake.hook = func(operation, name string) error {
			switch {
			case operation == "keys" && heads.Load() == 1:
				<-removing
			case operation == "set" && headOf(name) == "" && heads.Add(1) == 2:
				<-heading
			}
			return nil
		}
		set := func(size int) <-chan error {
			done := make(chan error, 1)
			go func() { done <- open().Set(context.Background(), "session/a", storetest.Pattern(size), Meta{}) }()
			synctest.Wait()
			return done
		}
		first, second := set(6000), set(7000)
		close(removing)
		if err := <-first; err != nil {
			t.Fatal(err)
		}
		close(heading)
		if err := <-second; err != nil {
			t.Fatal(err)
		}
		if got := storetest.MustGet(t, open(), "session/a"); !bytes.Equal(got, storetest.Pattern(7000)) {
			t.Errorf("got %d bytes", len(got))
		}
	})
}

func TestOnlyOurOwnItemsAreSeen(t *testing.T) {
	t.Parallel()
	fake := newFake()
	s := newFakeStore(t, fake, 2500)
	foreign := []string{
		"dbxaccess-test:v2:session/a", "dbxaccess-test:v0:role/a", "dbxaccess:v1:role/a", "dbxaccess-test+check",
		"Chrome Safe Storage", "", "dbxaccess-test:v1:", "dbxaccess-test:v1:bad key",
	}
	for _, name := range foreign {
		fake.items[name] = []byte("another's")
	}
	storetest.MustSet(t, s, "session/b", []byte("x"), Meta{})
	storetest.MustSet(t, s, "session/a", storetest.Pattern(9000), Meta{})
	storetest.MustSet(t, s, "role/c", []byte("x"), Meta{})
	for prefix, want := range map[string][]string{
		"":         {"role/c", "session/a", "session/b"},
		"session/": {"session/a", "session/b"},
		"none/":    nil,
	} {
		got, err := s.Keys(t.Context(), prefix)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("Keys(%q) = %v, %v, want %v", prefix, got, err, want)
		}
	}
	for _, key := range []string{"session/a", "session/b", "role/c"} {
		if err := s.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(foreign)
	if got := fake.names(); !slices.Equal(got, foreign) {
		t.Errorf("left: %q, want %q", got, foreign)
	}
	for _, key := range []string{"", "a b", "a~b", "a:b", "ä", strings.Repeat("x", 129)} {
		if _, err := s.Get(t.Context(), key); err == nil || errors.Is(err, keyring.ErrKeyNotFound) || errors.Is(err, ErrNotFound) {
			t.Errorf("the key %q was taken: %v", key, err)
		}
	}
}

// One entry that can't be read, as a torn one of the Credential Manager, can be written again, whole or in parts.
func TestAnItemThatCantBeReadIsReplaced(t *testing.T) {
	t.Parallel()
	for size, items := range map[int]int{10: 1, 6000: 4} {
		fake := newFake()
		s := newFakeStore(t, fake, 2500)
		storetest.MustSet(t, s, "session/a", storetest.Pattern(9000), Meta{})
		fake.hook = func(operation, name string) error {
			if operation == "get" && name == s.prefix+"session/a" {
				return errors.New("torn")
			}
			return nil
		}
		if _, err := s.Get(t.Context(), "session/a"); !Unreadable(err) {
			t.Errorf("got %v", err)
		}
		storetest.MustSet(t, s, "session/a", storetest.Pattern(size), Meta{})
		fake.hook = nil
		if got := storetest.MustGet(t, s, "session/a"); len(got) != size || len(fake.names()) != items {
			t.Errorf("%d bytes came back of %d, among %v", len(got), size, fake.names())
		}
	}
}

// Signing out goes on where there is no place for locks, whatever the keyring.
func TestPartsAreDeletedWithoutALock(t *testing.T) {
	t.Parallel()
	fake := newFake()
	s := newFakeStore(t, fake, 2500)
	storetest.MustSet(t, s, "session/a", storetest.Pattern(9000), Meta{})
	s.lock = func(context.Context, string, lock.Mode) (func() error, error) { return nil, lock.ErrNone }
	if err := s.Delete(t.Context(), "session/a"); err != nil || len(fake.names()) != 0 {
		t.Errorf("%v, left %v", err, fake.names())
	}
}
