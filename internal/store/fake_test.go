package store

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/99designs/keyring"

	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/store/storetest"
)

// TestMain lets the tests run themselves as other processes.
func TestMain(m *testing.M) { os.Exit(storetest.Main(m, children)) }

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
		return backend.ErrQuota
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

// newFakeStore returns a store over a fake whose items hold partSize bytes.
func newFakeStore(t *testing.T, fake *fakeKeyring, partSize int) *Store {
	t.Helper()
	s := newFileStore(t, t.TempDir(), "unused")
	fake.limit, s.partSize = partSize, partSize
	s.items = &library{opened: fake}
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
		Now:        storetest.Time,
	}
}
