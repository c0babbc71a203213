package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Resolve chooses a keyring, with a deadline of timeout for each that is tried (0: what it needs). One that is named is
// taken or refused, never replaced. Auto is the Keychain on macOS and the Credential Manager on Windows; on Linux the
// Secret Service if it can be reached and has a collection, else the kernel keyring. note tells the person why it is
// not the usual one; "" if it is. Nothing is created and no one is prompted.
func Resolve(ctx context.Context, wanted backend.Name, timeout time.Duration) (selection Selection, note string, err error) {
	if wanted != Auto {
		selection, err = check(ctx, wanted, timeout)
		return selection, "", err
	}
	return choose(backends, func(b *backend.Descriptor) (Selection, error) { return check(ctx, b.Name, timeout) })
}

// choose takes the first of the kinds of keyring that auto may take and that can be used.
func choose(candidates []*backend.Descriptor, check func(*backend.Descriptor) (Selection, error)) (selection Selection, note string, err error) {
	missing := errors.New("none is known on this system")
	failures := 0
	for _, b := range candidates {
		if !b.Auto || !b.Exists() {
			continue
		}
		selection, err = check(b)
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

// check finds out whether a kind of keyring can be used, and where its items are.
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
	if err != nil { // after a deadline, the call may still be writing to selection
		return Selection{}, err
	}
	return selection, nil
}
