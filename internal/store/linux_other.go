//go:build !linux

package store

import (
	"context"

	"github.com/dbxaccess/dbxaccess/internal/store/backend"
)

// These are never called: what exists on Linux only is refused before.
var (
	findKernel, findSecretService func(context.Context) (backend.Place, error)
	openKernel, openSecretService func(backend.Config) (backend.Backend, error)
)
