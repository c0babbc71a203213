//go:build !windows

package store

import "github.com/dbxaccess/dbxaccess/internal/store/backend"

// It is never called: what exists on Windows only is refused before.
var openCredentialManager func(backend.Config) (backend.Backend, error)
