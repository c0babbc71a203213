package store

import (
	"context"
	"maps"
	"slices"

	"github.com/99designs/keyring"

	"github.com/dbxaccess/dbxaccess/internal/store/backend"
)

// Memory is this process's own memory: its items are gone when the process ends, and no other sees them. It is for
// machines without a keyring, and can be neither set nor recorded.
const Memory backend.Name = "memory"

var memory = backend.Descriptor{
	About: &backend.About{Name: Memory, Title: "this process's memory"}, Private: true,
	Open: func(backend.Config) (backend.Backend, error) { return memoryItems{}, nil },
}

type memoryItems map[string][]byte

func (m memoryItems) Prepare(context.Context, string) error { return nil }

func (m memoryItems) Get(_ context.Context, name string) ([]byte, error) {
	data, ok := m[name]
	if !ok {
		return nil, keyring.ErrKeyNotFound
	}
	return slices.Clone(data), nil
}

func (m memoryItems) Set(_ context.Context, name, _ string, data []byte) error {
	m[name] = slices.Clone(data)
	return nil
}

func (m memoryItems) Remove(_ context.Context, name string) error {
	if _, ok := m[name]; !ok {
		return keyring.ErrKeyNotFound
	}
	delete(m, name)
	return nil
}

func (m memoryItems) List(context.Context) ([]string, error) {
	return slices.Collect(maps.Keys(m)), nil
}
