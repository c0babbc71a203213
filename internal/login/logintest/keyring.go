package logintest

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/store/lock"
)

// Keyring is a keyring in memory. Its locks know one kind of holder, which is enough here.
type Keyring struct {
	Items  map[string][]byte
	Log    []string               // what was done, in order
	Before func(operation string) // called before each operation, without the mutex

	Notes lock.NotesInProcess // what package failure keeps

	mu    sync.Mutex
	fail  map[string]error // operation -> what it ends in
	locks map[string]chan struct{}
}

// NewKeyring makes an empty one.
func NewKeyring() *Keyring {
	return &Keyring{Items: map[string][]byte{}, locks: map[string]chan struct{}{}, fail: map[string]error{}}
}

// FailWith has an operation end in an error from now on; nil has it work again.
func (m *Keyring) FailWith(operation string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail[operation] = err
}

// Begin notes an operation, of the keyring's or of someone else's.
func (m *Keyring) Begin(operation string) error {
	if m.Before != nil {
		m.Before(operation)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.Log = append(m.Log, operation)
	return m.fail[operation]
}

// Get implements login.Store.
func (m *Keyring) Get(_ context.Context, key string) ([]byte, error) {
	if err := m.Begin("get"); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	value, ok := m.Items[key]
	if !ok {
		return nil, store.ErrNotFound
	}
	return bytes.Clone(value), nil
}

// Set implements login.Store.
func (m *Keyring) Set(ctx context.Context, key string, value []byte, meta store.Meta) error {
	if err := errors.Join(m.Begin("set"), ctx.Err()); err != nil {
		return err
	}
	if meta.Keep != strings.HasPrefix(key, "session/") {
		return errors.New("sessions may not be evicted, and nothing else stays for ever")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.Items[key] = bytes.Clone(value)
	return nil
}

// Delete implements login.Store.
func (m *Keyring) Delete(_ context.Context, key string) error {
	if err := m.Begin("delete"); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.Items, key)
	return nil
}

// Keys implements login.Store.
func (m *Keyring) Keys(_ context.Context, prefix string) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var keys []string
	for key := range m.Items {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// Probe implements login.Store.
func (m *Keyring) Probe(context.Context) error { return m.Begin("probe") }

// RLock implements login.Store.
func (m *Keyring) RLock(ctx context.Context, name string) (func() error, error) {
	return m.Lock(ctx, name)
}

// Lock implements login.Store.
func (m *Keyring) Lock(ctx context.Context, name string) (func() error, error) {
	m.mu.Lock()
	lock, ok := m.locks[name]
	if !ok {
		lock = make(chan struct{}, 1)
		m.locks[name] = lock
	}
	m.mu.Unlock()
	select {
	case lock <- struct{}{}:
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.Canceled) {
			return nil, ctx.Err()
		}
		return nil, store.ErrLockTimeout
	}
	if err := m.Begin("lock"); err != nil {
		<-lock
		return nil, err
	}
	return func() error {
		err := m.Begin("unlock")
		<-lock
		return err
	}, nil
}

// NothingElse was issued from the session.
func NothingElse(context.Context) error { return nil }
