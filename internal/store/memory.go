package store

import (
	"context"
	"maps"
	"slices"

	"github.com/99designs/keyring"
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
