package store

import (
	"context"
	"errors"
	"slices"

	"github.com/99designs/keyring"

	"github.com/dbxaccess/dbxaccess/internal/store/lock"
)

// ring is one backend with its quirks smoothed. Names are those of single items of the backend. Its calls may hang, but
// where they can they heed the context. The errors that count: keyring.ErrKeyNotFound, ErrCorrupt, errQuota and
// UnavailableError.
type ring interface {
	// prepare does what may take a person's time, before the deadline of an operation begins. name is that of an item
	// about to be read; "" before a write.
	prepare(ctx context.Context, name string) error
	get(ctx context.Context, name string) ([]byte, error)
	set(ctx context.Context, name, label string, data []byte) error
	remove(ctx context.Context, name string) error
	list(ctx context.Context) ([]string, error)
}

// newRing returns the ring of the chosen backend; nothing is opened yet.
func newRing(o Options, lock lock.Func) ring {
	switch o.Selection.Backend {
	case Memory:
		return &memoryRing{items: map[string][]byte{}}
	case File:
		return newFileRing(o)
	case Pass:
		return newPassRing(o, lock)
	case Keychain:
		return &keychainRing{libraryRing{open: func() (keyring.Keyring, error) { return openLibrary(Keychain, keychainConfig(o)) }}}
	case CredentialManager:
		return &libraryRing{open: func() (keyring.Keyring, error) {
			return openLibrary(CredentialManager, keyring.Config{ServiceName: o.Service, WinCredPrefix: o.Service})
		}}
	default:
		return newLinuxRing(o, lock)
	}
}

// openLibrary opens the one backend that is named. The library would otherwise go on to weaker ones.
func openLibrary(b Backend, config keyring.Config) (keyring.Keyring, error) {
	config.AllowedBackends = []keyring.BackendType{traits[b].library}
	if !slices.Contains(keyring.AvailableBackends(), traits[b].library) {
		return nil, unavailable(b, Absent, nil)
	}
	return keyring.Open(config)
}

// libraryRing is a keyring of the library that needs no more than opening.
type libraryRing struct {
	open   func() (keyring.Keyring, error)
	opened keyring.Keyring
}

func (r *libraryRing) library() (keyring.Keyring, error) {
	if r.opened == nil {
		opened, err := r.open()
		if err != nil {
			return nil, err
		}
		r.opened = opened
	}
	return r.opened, nil
}

func (r *libraryRing) prepare(context.Context, string) error { return nil }

func (r *libraryRing) get(_ context.Context, name string) ([]byte, error) {
	k, err := r.library()
	if err != nil {
		return nil, err
	}
	it, err := k.Get(name)
	return it.Data, err
}

func (r *libraryRing) set(_ context.Context, name, label string, data []byte) error {
	k, err := r.library()
	if err != nil {
		return err
	}
	return k.Set(keyring.Item{Key: name, Label: label, Data: data})
}

func (r *libraryRing) remove(_ context.Context, name string) error {
	k, err := r.library()
	if err != nil {
		return err
	}
	return k.Remove(name)
}

func (r *libraryRing) list(context.Context) ([]string, error) {
	k, err := r.library()
	if err != nil {
		return nil, err
	}
	return k.Keys()
}

// keychainRing tells an item that can't be read from one that isn't there: the library reports a locked Keychain, or a
// person's "Deny", as absent.
type keychainRing struct{ libraryRing }

func keychainConfig(o Options) keyring.Config {
	return keyring.Config{
		ServiceName: o.Service,
		// Our own later reads don't ask, and items don't leave for iCloud.
		KeychainTrustApplication:       true,
		KeychainAccessibleWhenUnlocked: true,
		KeychainSynchronizable:         false,
	}
}

func (r *keychainRing) get(ctx context.Context, name string) ([]byte, error) {
	data, err := r.libraryRing.get(ctx, name)
	if !errors.Is(err, keyring.ErrKeyNotFound) {
		return data, err
	}
	names, listErr := r.list(ctx)
	if listErr != nil {
		return nil, unavailable(Keychain, Locked, listErr)
	}
	if slices.Contains(names, name) {
		return nil, unavailable(Keychain, Locked, nil)
	}
	return nil, err
}
