package login

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/dbxaccess/dbxaccess/internal/store"
)

// memStore is a keyring in memory. Its locks know one kind of holder, which is enough here.
type memStore struct {
	mu     sync.Mutex
	items  map[string][]byte
	locks  map[string]chan struct{}
	log    []string               // what was done, in order
	fail   map[string]error       // operation -> what it ends in
	before func(operation string) // called before each operation, without the mutex
}

func newMemStore() *memStore {
	return &memStore{items: map[string][]byte{}, locks: map[string]chan struct{}{}, fail: map[string]error{}}
}

func (m *memStore) begin(operation string) error {
	if m.before != nil {
		m.before(operation)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.log = append(m.log, operation)
	return m.fail[operation]
}

func (m *memStore) Get(_ context.Context, key string) ([]byte, error) {
	if err := m.begin("get"); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	value, ok := m.items[key]
	if !ok {
		return nil, store.ErrNotFound
	}
	return bytes.Clone(value), nil
}

func (m *memStore) Set(ctx context.Context, key string, value []byte, meta store.Meta) error {
	if err := errors.Join(m.begin("set"), ctx.Err()); err != nil {
		return err
	}
	if meta.Keep != strings.HasPrefix(key, sessionPrefix) {
		return errors.New("sessions may not be evicted, and nothing else stays for ever")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.items[key] = bytes.Clone(value)
	return nil
}

func (m *memStore) Delete(_ context.Context, key string) error {
	if err := m.begin("delete"); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.items, key)
	return nil
}

func (m *memStore) Keys(_ context.Context, prefix string) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var keys []string
	for key := range m.items {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

func (m *memStore) Probe(context.Context) error { return m.begin("probe") }

func (m *memStore) RLock(ctx context.Context, name string) (func() error, error) {
	return m.Lock(ctx, name)
}

func (m *memStore) Lock(ctx context.Context, name string) (func() error, error) {
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
	if err := m.begin("lock"); err != nil {
		<-lock
		return nil, err
	}
	return func() error {
		err := m.begin("unlock")
		<-lock
		return err
	}, nil
}

// nothingElse was issued from the session.
func nothingElse(context.Context) error { return nil }
