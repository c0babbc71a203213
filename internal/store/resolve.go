package store

import (
	"context"
	"errors"
	"runtime"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Resolve settles on a keyring, within timeout (0: DefaultTimeout). An explicit wish is checked and kept or refused,
// never replaced. Auto takes the Keychain on macOS and the Credential Manager on Windows; elsewhere the Secret Service if
// it can be reached and has a collection, else, on Linux, the kernel keyring. note is a sentence for the person about
// what was chosen, or "". Nothing is created and nobody is prompted. An encrypted File and a password store (Pass) are
// chosen by explicit wish only.
func Resolve(ctx context.Context, wanted Backend, timeout time.Duration) (selection Selection, note string, err error) {
	if wanted != Auto {
		selection, err = check(ctx, wanted, timeout)
		return selection, "", err
	}
	switch runtime.GOOS {
	case "darwin":
		selection, err = check(ctx, Keychain, timeout)
		return selection, "", err
	case "windows":
		selection, err = check(ctx, CredentialManager, timeout)
		return selection, "", err
	}
	selection, err = check(ctx, SecretService, timeout)
	why, notThere := errors.AsType[*UnavailableError](err)
	if !notThere {
		return selection, "", err
	}
	if selection, err = check(ctx, Kernel, timeout); err != nil {
		return Selection{}, "", ui.Fault(ui.KeyringUnavailable, "keep an encrypted file: DBXACCESS_KEYRING_BACKEND=file dbxaccess login",
			"no keyring can be used here (%w; %w)", why, bare(err))
	}
	return selection, "credentials are kept in the kernel's memory and are gone after a reboot or the last logout, because " +
		ui.Clean(why.Error()), nil
}

// check finds out whether a backend can be used.
func check(ctx context.Context, b Backend, timeout time.Duration) (Selection, error) {
	if err := b.supported(); err != nil {
		return Selection{}, err
	}
	selection := Selection{Backend: b}
	err := newCaller(b, timeout).call(ctx, false, func(ctx context.Context) (err error) {
		if b == Pass {
			selection.Directory, err = findPasswordStore()
		} else {
			selection.Collection, err = reach(ctx, b)
		}
		return err
	})
	if err != nil { // where the call was given up, it may still be writing to selection
		return Selection{}, err
	}
	return selection, nil
}

// bare is the UnavailableError in err, without the hint around it.
func bare(err error) error {
	if e, ok := errors.AsType[*UnavailableError](err); ok {
		return e
	}
	return err
}
