package store

import (
	"context"
	"slices"

	"github.com/99designs/keyring"

	"github.com/dbxaccess/dbxaccess/internal/store/backend"
)

// library is a keyring of the keyring library, opened when it is first used.
type library struct {
	open   func() (keyring.Keyring, error)
	opened keyring.Keyring
	// around does what has to be done before and after each use; nil: nothing.
	around func(ctx context.Context, use func() error) error
}

// newLibrary makes one of the kind that is named. The library would otherwise go on to weaker ones.
func newLibrary(about *backend.About, kind keyring.BackendType, config keyring.Config) *library {
	return &library{open: func() (keyring.Keyring, error) {
		if !slices.Contains(keyring.AvailableBackends(), kind) {
			return nil, about.Unavailable(backend.Absent, nil)
		}
		config.AllowedBackends = []keyring.BackendType{kind}
		return keyring.Open(config)
	}}
}

func (l *library) use(ctx context.Context, work func(keyring.Keyring) error) error {
	use := func() (err error) {
		if l.opened == nil {
			if l.opened, err = l.open(); err != nil {
				return err
			}
		}
		return work(l.opened)
	}
	if l.around == nil {
		return use()
	}
	return l.around(ctx, use)
}

func (l *library) Prepare(context.Context, string) error { return nil }

func (l *library) Get(ctx context.Context, name string) ([]byte, error) {
	var it keyring.Item
	err := l.use(ctx, func(k keyring.Keyring) (err error) {
		it, err = k.Get(name)
		return err
	})
	return it.Data, err
}

func (l *library) Set(ctx context.Context, name, label string, data []byte) error {
	return l.use(ctx, func(k keyring.Keyring) error { return k.Set(keyring.Item{Key: name, Label: label, Data: data}) })
}

func (l *library) Remove(ctx context.Context, name string) error {
	return l.use(ctx, func(k keyring.Keyring) error { return k.Remove(name) })
}

func (l *library) List(ctx context.Context) (names []string, err error) {
	err = l.use(ctx, func(k keyring.Keyring) (err error) {
		names, err = k.Keys()
		return err
	})
	return names, err
}
