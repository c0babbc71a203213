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
	ErrNoLock      = lock.ErrNone // waiting does not help
)

// UnavailableError says that the keyring can't be used now.
type UnavailableError = backend.UnavailableError

// Unreadable reports whether an error may be that of one item: the Credential Manager fails over a torn one, and the
// Keychain refuses another program's. Whether it is the keyring that fails, another item or writing this one will show.
func Unreadable(err error) bool {
	unavailable, ok := errors.AsType[*UnavailableError](err)
	return ok && (unavailable.Cause == backend.Failed || unavailable.Cause == backend.Denied)
}
