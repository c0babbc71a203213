package store

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/99designs/keyring"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Memory is this process's own memory: what it keeps is gone when the process ends, and no other sees it. It is for
// machines without a keyring, and can be neither set nor recorded.
const Memory Backend = "memory"

// memoryRing keeps items in a map.
type memoryRing struct{ items map[string][]byte }

func (r *memoryRing) prepare(context.Context, string) error { return nil }

func (r *memoryRing) get(_ context.Context, name string) ([]byte, error) {
	data, ok := r.items[name]
	if !ok {
		return nil, keyring.ErrKeyNotFound
	}
	return slices.Clone(data), nil
}

func (r *memoryRing) set(_ context.Context, name, _ string, data []byte) error {
	r.items[name] = slices.Clone(data)
	return nil
}

func (r *memoryRing) remove(_ context.Context, name string) error {
	if _, ok := r.items[name]; !ok {
		return keyring.ErrKeyNotFound
	}
	delete(r.items, name)
	return nil
}

func (r *memoryRing) list(context.Context) ([]string, error) {
	return slices.Collect(maps.Keys(r.items)), nil
}

// memoryLocks are the locks of Memory: nobody else shares its data, so no other process is kept waiting. Those that could
// share a lock take turns.
type memoryLocks struct {
	mu    sync.Mutex
	turns map[string]chan struct{}
}

func (m *memoryLocks) acquire(ctx context.Context, name string) (unlock func() error, err error) {
	m.mu.Lock()
	turn := m.turns[name]
	if turn == nil {
		turn = make(chan struct{}, 1)
		m.turns[name] = turn
	}
	m.mu.Unlock()
	select {
	case turn <- struct{}{}:
		return sync.OnceValue(func() error { <-turn; return nil }), nil
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.Canceled) {
			return nil, ctx.Err()
		}
		return nil, ui.Fault(ui.Failed, "try again", "%w (%s)", ErrLockTimeout, ui.Clean(name))
	}
}
