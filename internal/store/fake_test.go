package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/99designs/keyring"

	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/store/storetest"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// TestMain lets the tests run themselves as other processes.
func TestMain(m *testing.M) { storetest.Main(m, children) }

// children are what a child process may do, by name. Files of one platform add theirs.
var children = map[string]func() error{}

// fakeKeyring keeps items in memory. A hook that is set is called before anything is done, and its error returned.
type fakeKeyring struct {
	mu    sync.Mutex
	items map[string][]byte
	reads int
	limit int                                // bytes in one item; 0: none
	quota int                                // bytes in all items and names; 0: none
	hook  func(operation, name string) error // called without the mutex
}

func newFake() *fakeKeyring { return &fakeKeyring{items: map[string][]byte{}} }

func (f *fakeKeyring) before(operation, name string) error {
	if f.hook != nil {
		return f.hook(operation, name)
	}
	return nil
}

func (f *fakeKeyring) Get(name string) (keyring.Item, error) {
	if err := f.before("get", name); err != nil {
		return keyring.Item{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reads++
	data, ok := f.items[name]
	if !ok {
		return keyring.Item{}, keyring.ErrKeyNotFound
	}
	return keyring.Item{Key: name, Data: slices.Clone(data)}, nil
}

func (f *fakeKeyring) Set(it keyring.Item) error {
	if err := f.before("set", it.Key); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.limit > 0 && len(it.Data) > f.limit {
		return fmt.Errorf("%d bytes are more than an item holds", len(it.Data))
	}
	used := len(it.Key) + len(it.Data)
	for name, data := range f.items {
		if name != it.Key {
			used += len(name) + len(data)
		}
	}
	if f.quota > 0 && used > f.quota {
		return errQuota
	}
	f.items[it.Key] = slices.Clone(it.Data)
	return nil
}

func (f *fakeKeyring) Remove(name string) error {
	if err := f.before("remove", name); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.items[name]; !ok {
		return keyring.ErrKeyNotFound
	}
	delete(f.items, name)
	return nil
}

func (f *fakeKeyring) Keys() ([]string, error) {
	if err := f.before("keys", ""); err != nil {
		return nil, err
	}
	return f.names(), nil
}

func (f *fakeKeyring) GetMetadata(string) (keyring.Metadata, error) {
	return keyring.Metadata{}, keyring.ErrMetadataNotSupported
}

func (f *fakeKeyring) names() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(maps.Keys(f.items))
}

var testTime = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

// newFakeStore returns a store over a fake whose items hold partSize bytes.
func newFakeStore(t *testing.T, fake *fakeKeyring, partSize int) *Store {
	t.Helper()
	s := newFileStore(t, t.TempDir(), "unused")
	fake.limit, s.partSize = partSize, partSize
	s.ring = &libraryRing{opened: fake}
	return s
}

// newFileStore returns a store over real encrypted files.
func newFileStore(t *testing.T, dir, passphrase string) *Store {
	t.Helper()
	s, err := Open(fileOptions(dir, passphrase))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func fileOptions(dir, passphrase string) Options {
	return Options{
		Service: "dbxaccess-test", Selection: Selection{Backend: File}, FileDir: filepath.Join(dir, "keyring"),
		Timeout:    time.Minute, // a busy machine is no fault
		Passphrase: func(context.Context) (secret.String, error) { return secret.New(passphrase), nil },
		Now:        func() time.Time { return testTime },
	}
}

// mustSet and mustGet fail the test on any error.
func mustSet(t *testing.T, s *Store, key string, value []byte, meta Meta) {
	t.Helper()
	if err := s.Set(t.Context(), key, value, meta); err != nil {
		t.Fatalf("Set %s: %v", key, err)
	}
}

func mustGet(t *testing.T, s *Store, key string) []byte {
	t.Helper()
	value, err := s.Get(t.Context(), key)
	if err != nil {
		t.Fatalf("Get %s: %v", key, err)
	}
	return value
}

// wantUnavailable checks the cause, the exit code and that there is a hint.
func wantUnavailable(t *testing.T, err error, cause Cause) {
	t.Helper()
	e, ok := errors.AsType[*UnavailableError](err)
	switch {
	case !ok || e.Cause != cause:
		t.Errorf("got %v, want an UnavailableError with cause %d", err, cause)
	case ui.CodeOf(err) != ui.KeyringUnavailable:
		t.Errorf("exit code %d, want %d", ui.CodeOf(err), ui.KeyringUnavailable)
	case ui.HintOf(err) == "":
		t.Errorf("%v has no hint", err)
	}
}

// pattern is a value of n bytes in which no two stretches are alike.
func pattern(n int) []byte {
	value := make([]byte, n)
	for i := range value {
		value[i] = byte(i*7 + i>>8)
	}
	return value
}
