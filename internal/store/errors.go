package store

import (
	"errors"

	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/store/lock"
)

var (
	// ErrNotFound: the keyring works and has no such item.
	ErrNotFound = errors.New("not in the keyring")
	// ErrCorrupt: the item is there but damaged, of an unknown format, or a part of it is missing. Treat it as absent.
	ErrCorrupt = backend.ErrCorrupt
	// ErrFull: the keyring's quota or the disk is used up, and evicting did not help. The former value is untouched.
	ErrFull = backend.ErrFull
	// ErrLockTimeout: the context's deadline passed while another process held the lock.
	ErrLockTimeout = lock.ErrTimeout
)

// UnavailableError tells that the keyring can't be used now; nothing was read or changed. It always comes inside a
// ui.Error with the code KeyringUnavailable and a fix.
type UnavailableError = backend.UnavailableError

// BadPassphrase is the Cause of an UnavailableError: the encrypted file's passphrase is wrong, empty or missing.
const BadPassphrase = backend.BadPassphrase
