package store

import (
	"context"
	"slices"

	"github.com/99designs/keyring"

	"github.com/dbxaccess/dbxaccess/internal/store/backend"
)

// library is a keyring of the keyring library that needs no more than opening.
type library struct {
	open   func() (keyring.Keyring, error)
	opened keyring.Keyring
}

// newLibrary makes one of the kind that is named. The library would otherwise go on to weaker ones.
func newLibrary(about *backend.About, kind keyring.BackendType, config keyring.Config) library {
	return library{open: func() (keyring.Keyring, error) {
		if !slices.Contains(keyring.AvailableBackends(), kind) {
			return nil, about.Unavailable(backend.Absent, nil)
		}
		config.AllowedBackends = []keyring.BackendType{kind}
		return keyring.Open(config)
	}}
}

// keyring opens it when it is first used.
func (l *library) keyring() (keyring.Keyring, error) {
	if l.opened == nil {
		opened, err := l.open()
		if err != nil {
			return nil, err
		}
		l.opened = opened
	}
	return l.opened, nil
}

func (l *library) Prepare(context.Context, string) error { return nil }

func (l *library) Get(_ context.Context, name string) ([]byte, error) {
	k, err := l.keyring()
	if err != nil {
		return nil, err
	}
	it, err := k.Get(name)
	return it.Data, err
}

func (l *library) Set(_ context.Context, name, label string, data []byte) error {
	k, err := l.keyring()
	if err != nil {
		return err
	}
	return k.Set(keyring.Item{Key: name, Label: label, Data: data})
}

func (l *library) Remove(_ context.Context, name string) error {
	k, err := l.keyring()
	if err != nil {
		return err
	}
	return k.Remove(name)
}

func (l *library) List(context.Context) ([]string, error) {
	k, err := l.keyring()
	if err != nil {
		return nil, err
	}
	return k.Keys()
}
