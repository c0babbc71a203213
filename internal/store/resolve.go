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
func Resolve(ctx context.Context, wanted Backend, timeout time.Duration) (choice Choice, note string, err error) {
	if wanted != Auto {
		choice, err = check(ctx, wanted, timeout)
		return choice, "", err
	}
	switch runtime.GOOS {
	case "darwin":
		choice, err = check(ctx, Keychain, timeout)
		return choice, "", err
	case "windows":
		choice, err = check(ctx, CredentialManager, timeout)
		return choice, "", err
	}
	choice, err = check(ctx, SecretService, timeout)
	why, notThere := errors.AsType[*UnavailableError](err)
	if !notThere {
		return choice, "", err
	}
	if choice, err = check(ctx, Kernel, timeout); err != nil {
		return Choice{}, "", ui.Fault(ui.KeyringUnavailable, "keep an encrypted file: DBXACCESS_KEYRING_BACKEND=file dbxaccess login",
			"no keyring can be used here (%w; %w)", why, bare(err))
	}
	return choice, "credentials are kept in the kernel's memory and are gone after a reboot or the last logout, because " +
		ui.Clean(why.Error()), nil
}

// check finds out whether a backend can be used.
func check(ctx context.Context, b Backend, timeout time.Duration) (Choice, error) {
	if err := b.supported(); err != nil {
		return Choice{}, err
	}
	choice := Choice{Backend: b}
	err := newCaller(b, timeout).call(ctx, false, func(ctx context.Context) (err error) {
		if b == Pass {
			choice.Directory, err = findPasswordStore()
		} else {
			choice.Collection, err = reach(ctx, b)
		}
		return err
	})
	if err != nil { // where the call was given up, it may still be writing to choice
		return Choice{}, err
	}
	return choice, nil
}

// bare is the UnavailableError in err, without the hint around it.
func bare(err error) error {
	if e, ok := errors.AsType[*UnavailableError](err); ok {
		return e
	}
	return err
}
