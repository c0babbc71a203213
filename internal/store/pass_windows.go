package store

import (
	"github.com/99designs/keyring"

	"github.com/dbxaccess/dbxaccess/internal/store/lock"
)

// newPassRing is never reached: Open refuses backends of other systems.
func newPassRing(o Options, _ lock.Func) ring {
	return &libraryRing{open: func() (keyring.Keyring, error) { return nil, o.Selection.Backend.supported() }}
}

// findPasswordStore is never reached either.
func findPasswordStore() (dir string, err error) { return "", Pass.supported() }
