package store

import (
	"errors"
	"fmt"

	"github.com/dbxaccess/dbxaccess/internal/store/lock"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

var (
	// ErrNotFound: the keyring works and has no such item.
	ErrNotFound = errors.New("not in the keyring")
	// ErrCorrupt: the item is there but damaged, of an unknown format, or a part of it is missing. Treat it as absent.
	ErrCorrupt = errors.New("the stored item is damaged")
	// ErrFull: the keyring's quota or the disk is used up, and evicting what may be evicted did not help. What stood
	// under the key before is untouched.
	ErrFull = errors.New("no room left")
	// ErrLockTimeout: the context's deadline passed while another process held the lock.
	ErrLockTimeout = lock.ErrTimeout
)

// Cause is why a keyring can't be used.
type Cause int

const (
	// Failed: it answered with an error that says nothing more precise.
	Failed Cause = iota
	// Absent: it isn't there: no session bus, no service, no collection.
	Absent
	// Hung: it did not answer in time.
	Hung
	// Locked: it is locked, and nobody unlocked it.
	Locked
	// Denied: the system forbids its use.
	Denied
	// Unsupported: it does not exist on this system or in this build.
	Unsupported
	// BadPassphrase: the encrypted file's passphrase is wrong, empty or not to be had.
	BadPassphrase
)

// UnavailableError tells that the keyring can't be used now; nothing was read or changed. It always comes inside a
// ui.Error with the code KeyringUnavailable and a hint.
type UnavailableError struct {
	Backend Backend
	Cause   Cause
	Err     error // what the system said; may be nil
}

func (e *UnavailableError) Error() string {
	text := e.Backend.title() + " " + map[Cause]string{
		Failed:        "failed",
		Absent:        "is not there",
		Hung:          "did not answer in time",
		Locked:        "is locked",
		Denied:        "refuses access",
		Unsupported:   "can't be used",
		BadPassphrase: "can't be opened",
	}[e.Cause]
	if e.Err != nil {
		text += ": " + ui.Clean(e.Err.Error())
	}
	return text
}

func (e *UnavailableError) Unwrap() error { return e.Err }

func unavailable(b Backend, cause Cause, err error) error {
	return ui.Fault(ui.KeyringUnavailable, hint(b, cause), "%w", &UnavailableError{Backend: b, Cause: cause, Err: err})
}

const (
	useFile   = "or keep an encrypted file: DBXACCESS_KEYRING_BACKEND=file dbxaccess login"
	useKernel = "or use the kernel's, in memory only: DBXACCESS_KEYRING_BACKEND=kernel dbxaccess login"
)

// hint is the remedy for a cause, one step per line.
func hint(b Backend, cause Cause) string {
	switch {
	case cause == BadPassphrase:
		return "it comes from the setting keyring.passphrase_command, else from DBXACCESS_KEYRING_PASSPHRASE, else from a prompt at login\n" +
			"if it is lost: dbxaccess logout, then dbxaccess login with a new one"
	case cause == Unsupported && b == Keychain:
		return "install a release build of dbxaccess for macOS\n" + useFile
	case cause == Unsupported:
		return "let dbxaccess choose: DBXACCESS_KEYRING_BACKEND=auto dbxaccess login\n" + useFile
	case b == SecretService && cause == Locked:
		return "unlock it in the desktop's password manager, or run dbxaccess login there\n" + useKernel
	case b == SecretService && cause == Hung:
		return "restart it: log out of the desktop and in again\n" + useKernel
	case b == SecretService:
		return "use dbxaccess from within the desktop session that you logged in from\n" + useKernel
	case b == Kernel:
		return "containers and sandboxes often forbid it (keyctl)\n" + useFile
	case b == Keychain:
		return "unlock it: security unlock-keychain\nif macOS asks, choose Always Allow"
	case b == CredentialManager:
		return "it is not to be had in sessions over the network (SSH, services)\n" + useFile
	case b == Pass && cause == Locked:
		return "unlock the key that it is encrypted to: dbxaccess login"
	case b == Pass && cause == Hung:
		return "a prompt for the passphrase may be open, or a security key wait to be touched\n" +
			"if gpg-agent hangs: gpgconf --kill gpg-agent, then dbxaccess login"
	case b == Pass && cause == Denied:
		return "its directory must be yours and writable\n" + useFile
	case b == Pass:
		return "look whether pass itself works: pass ls\n" + useFile
	case b == File && cause == Denied:
		return "make its directory yours and private (chmod 700)"
	}
	return "try again; if it stays so, look at the disk and the permissions of the keyring folder in the settings directory"
}

// full tells that nothing more fits.
func full(b Backend, err error) error {
	remedy := "dbxaccess logout frees what dbxaccess keeps\n" + useFile
	if b == File || b == Pass {
		remedy = "free some space on its disk"
	}
	return ui.Fault(ui.KeyringUnavailable, remedy, "%s is full: %w (%w)", b.title(), ErrFull, err)
}

func corrupt(what string) error { return fmt.Errorf("%w: %s", ErrCorrupt, what) }
