package keychain

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/99designs/keyring"

	"github.com/dbxaccess/dbxaccess/internal/command"
	"github.com/dbxaccess/dbxaccess/internal/store/backend"
)

// The statuses with which security exits: the last byte of Apple's result codes
// (https://developer.apple.com/documentation/security/security-framework-result-codes).
const (
	itemNotFound          = 44  // errSecItemNotFound, -25300
	interactionNotAllowed = 36  // errSecInteractionNotAllowed, -25308: no dialog can be shown, as over SSH
	interactionRequired   = 29  // errSecInteractionRequired, -25315
	authFailed            = 51  // errSecAuthFailed, -25293: a wrong password
	userCanceled          = 128 // errSecUserCanceled, -128
	noDefaultKeychain     = 37  // errSecNoDefaultKeychain, -25307
	noSuchKeychain        = 50  // errSecNoSuchKeychain, -25294
	invalidOwnerEdit      = 100 // errSecInvalidOwnerEdit, -25244: another program's item
	noAccessForItem       = 101 // errSecNoAccessForItem, -25243
)

// errForeign: another program made the item, and security may not change it.
var errForeign = errors.New("another program made the item")

const (
	maxOutput = 32 << 20 // bytes; dump-keychain prints about 1 KB for each item of all programs
	maxStderr = 4 << 10

	// maxRun bounds one run where the operation that it is part of has more time.
	maxRun = time.Minute
)

// run runs security with input on its stdin.
func (k *items) run(ctx context.Context, input string, args ...string) ([]byte, error) {
	env := slices.DeleteFunc(os.Environ(), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return !slices.Contains(passed, name)
	})
	out, err := command.Run(ctx, command.Program{
		Argv: append([]string{k.program}, args...), Env: env, Stdin: strings.NewReader(input),
		Time: maxRun, Stdout: maxOutput, Stderr: maxStderr,
		Waiting: func() func() {
			return k.waiting("waiting for macOS, which may be asking for the keychain's password in another window")
		},
	})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() > 0 {
		return nil, meaning(exit.ExitCode())
	}
	switch {
	case errors.Is(err, command.ErrTooMuch), errors.Is(err, command.ErrTooLong):
		return nil, fmt.Errorf("security was stopped: %w", err)
	case err != nil:
		return nil, about.Unavailable(backend.Absent, err)
	}
	return out.Stdout, nil
}

// passed are the variables that security gets: whose keychains they are. Others may hold secrets.
var passed = []string{"HOME", "USER", "LOGNAME", "TMPDIR", "LANG"}

// meaning is the error that a status of security stands for. What it prints is for people, and not kept.
func meaning(status int) error {
	switch status {
	case itemNotFound:
		return keyring.ErrKeyNotFound
	case interactionNotAllowed, interactionRequired:
		return about.Unavailable(backend.Locked, errors.New("macOS can't ask for the password here (-25308)"))
	case authFailed, userCanceled:
		return about.Unavailable(backend.Locked, errors.New("macOS asked, and was not allowed"))
	case noDefaultKeychain, noSuchKeychain:
		return about.Unavailable(backend.Absent, errors.New("this user has no default keychain"))
	case invalidOwnerEdit, noAccessForItem:
		return about.Unavailable(backend.Denied, errForeign)
	}
	return fmt.Errorf("security exits with %d", status)
}
