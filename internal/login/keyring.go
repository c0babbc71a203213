package login

import (
	"context"

	"github.com/dbxaccess/dbxaccess/internal/store"
)

// Keyring makes a Store of the keyring.
func Keyring(s *store.Store) Store { return keyring{s} }

// keyring differs from a *store.Store only in the type of its locks.
type keyring struct{ *store.Store }

func (k keyring) Lock(ctx context.Context, name string) (func() error, error) {
	lock, err := k.Store.Lock(ctx, name)
	if err != nil {
		return nil, err
	}
	return lock.Unlock, nil
}

func (k keyring) RLock(ctx context.Context, name string) (func() error, error) {
	lock, err := k.Store.RLock(ctx, name)
	if err != nil {
		return nil, err
	}
	return lock.Unlock, nil
}
