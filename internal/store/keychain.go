package store

import (
	"context"
	"errors"
	"slices"

	"github.com/99designs/keyring"

	"github.com/dbxaccess/dbxaccess/internal/store/backend"
)

var keychainAbout = backend.About{
	Name: "keychain", Title: "the macOS Keychain",
	Hints: backend.Hints{backend.Unsupported: "install a release build of dbxaccess for macOS\n" + backend.UseFile},
	Hint:  "unlock it: security unlock-keychain\nif macOS asks, choose Always Allow",
}

// keychain is that of macOS.
var keychain = backend.Descriptor{
	About: &keychainAbout, Systems: []string{"darwin"}, Auto: true,
	Missing: func() error {
		if slices.Contains(keyring.AvailableBackends(), keyring.KeychainBackend) {
			return nil
		}
		return errors.New("this program was built without cgo, which the Keychain needs")
	},
	Open: func(c backend.Config) (backend.Backend, error) {
		return &keychainItems{newLibrary(&keychainAbout, keyring.KeychainBackend, keyring.Config{
			ServiceName: c.Service,
			// Our own later reads don't ask, and items don't leave for iCloud.
			KeychainTrustApplication:       true,
			KeychainAccessibleWhenUnlocked: true,
			KeychainSynchronizable:         false,
		})}, nil
	},
}

// keychainItems tells an item that can't be read from one that isn't there: the library reports a locked Keychain, or a
// person's "Deny", as absent.
type keychainItems struct{ *library }

func (k *keychainItems) Get(ctx context.Context, name string) ([]byte, error) {
	data, err := k.library.Get(ctx, name)
	if !errors.Is(err, keyring.ErrKeyNotFound) {
		return data, err
	}
	names, listErr := k.List(ctx)
	if listErr != nil {
		return nil, keychainAbout.Unavailable(backend.Locked, listErr)
	}
	if slices.Contains(names, name) {
		return nil, keychainAbout.Unavailable(backend.Locked, nil)
	}
	return nil, err
}
