//go:build !linux

package store

import (
	"context"

	"github.com/99designs/keyring"

	"github.com/dbxaccess/dbxaccess/internal/store/lock"
)

// newLinuxRing is never reached: Open refuses backends of other systems.
func newLinuxRing(o Options, _ lock.Func) ring {
	return &libraryRing{open: func() (keyring.Keyring, error) { return nil, o.Selection.Backend.supported() }}
}

// reach has nothing to find out beforehand: the first use shows whether the keyring answers.
func reach(context.Context, Backend) (collection string, err error) { return "", nil }
