package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Resolve settles on a keyring, within timeout for each that is asked (0: what it needs). An explicit wish is checked and kept
// or refused, never replaced. Auto takes the Keychain on macOS and the Credential Manager on Windows; on Linux the Secret
// Service if it can be reached and has a collection, else the kernel keyring; the others are chosen by explicit wish only.
// note is a sentence for the person about what was chosen, or "". Nothing is created and no one is prompted.
func Resolve(ctx context.Context, wanted backend.Name, timeout time.Duration) (selection Selection, note string, err error) {
	if wanted != Auto {
		selection, err = check(ctx, wanted, timeout)
		return selection, "", err
	}
	missing := errors.New("none is known on this system")
	failures := 0
	for _, b := range backends {
		if !b.Auto || !b.Exists() {
			continue
		}
		selection, err = check(ctx, b.Name, timeout)
		failed, unavailable := errors.AsType[*UnavailableError](err)
		switch {
		case err == nil && failures > 0:
			return selection, b.Caveat + ", because " + ui.Clean(missing.Error()), nil
		case !unavailable:
			return selection, "", err
		case failures == 0:
			missing = failed
		default:
			missing = fmt.Errorf("%w; %w", missing, failed)
		}
		failures++
	}
	if failures == 1 {
		return Selection{}, "", err // it says what to do
	}
	return Selection{}, "", ui.Errorf("keyring-none", ui.KeyringUnavailable, "no keyring can be used here (%w)", missing).
		With(ui.Advice("keep an encrypted file: DBXACCESS_KEYRING_BACKEND=file dbxaccess login"))
}

// check finds out whether a kind of keyring can be used, and where.
func check(ctx context.Context, name backend.Name, timeout time.Duration) (Selection, error) {
	selection := Selection{Backend: name}
	b := descriptorOf(name)
	if b == nil {
		return Selection{}, selection.unknown()
	}
	if err := b.Usable(); err != nil {
		return Selection{}, err
	}
	if b.Find == nil {
		return selection, nil
	}
	err := newCaller(b, timeout).call(ctx, false, func(ctx context.Context) (err error) {
		selection.Place, err = b.Find(ctx)
		return err
	})
	if err != nil { // where the call was given up, it may still be writing to selection
		return Selection{}, err
	}
	return selection, nil
}
