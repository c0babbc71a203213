package store

import (
	"errors"

	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/store/lock"
)

// Errors that callers tell apart.
var (
	ErrNotFound    = errors.New("not in the keyring")
	ErrCorrupt     = backend.ErrCorrupt // damaged, of an unknown format, or a part is missing: treat it as absent
	ErrFull        = backend.ErrFull    // evicting did not help either; the former value is untouched
	ErrLockTimeout = lock.ErrTimeout
)

// UnavailableError says that the keyring can't be used now.
type UnavailableError = backend.UnavailableError

// Causes of an UnavailableError that may concern a single item.
const (
	Failed = backend.Failed // it answered with an error that says nothing more precise
	Denied = backend.Denied // it refuses access
)
