package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// recordName is the file in the settings directory that holds which keyring login chose. internal/store/busguard reads
// it too.
const recordName = "keyring.json"

// passphraseWait bounds the passphrase command: it may ask a person to unlock something.
const passphraseWait = 60 * time.Second

// recordedChoice returns what login recorded; nil where nobody has signed in yet.
func recordedChoice(dir string) (*store.Choice, error) {
	path := filepath.Join(dir, recordName)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var choice store.Choice
	if err == nil {
		err = json.Unmarshal(data, &choice)
	}
	if err == nil {
		choice.Backend, err = store.ParseBackend(string(choice.Backend))
	}
	if err == nil && choice.Backend == store.Auto {
		err = errors.New("it names no keyring")
	}
	if err != nil {
		return nil, ui.Fault(ui.KeyringUnavailable, "dbxaccess login records the keyring anew; if that does not help, remove "+path, "reading which keyring is used: %w", err)
	}
	return &choice, nil
}

func recordChoice(dir string, choice store.Choice) error {
	data, err := json.Marshal(choice)
	if err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(dir, recordName), append(data, '\n'), 0o600)
}

// keyringChoice is the keyring that commands other than login use: the recorded one; where none is recorded (before the
// first login, or where HOME is missing) the setting's, if it names one.
func (a *app) keyringChoice() (*store.Choice, error) {
	settings, dir, err := a.config()
	if err != nil {
		return nil, err
	}
	choice, err := recordedChoice(dir)
	if choice != nil || err != nil {
		return choice, err
	}
	backend, err := store.ParseBackend(settings.Keyring.Backend)
	if err != nil {
		return nil, err
	}
	if backend == store.Auto {
		return nil, ui.Fault(ui.LoginNeeded, "dbxaccess login", "nobody has signed in on this machine")
	}
	return &store.Choice{Backend: backend}, nil
}

// askPassphrase finds the encrypted file's passphrase: the configured command, else the environment (for CI), else the
// terminal.
func (a *app) askPassphrase(ctx context.Context) (secret.String, error) {
	settings, _, err := a.config()
	if err != nil {
		return secret.String{}, err
	}
	if argv := settings.Keyring.PassphraseCommand; len(argv) > 0 {
		return passphraseFrom(ctx, argv)
	}
	if !a.passphrase.IsZero() {
		return a.passphrase, nil
	}
	if !a.streams.Interactive || !a.mayPrompt {
		return secret.String{}, ui.Fault(ui.KeyringUnavailable,
			"set keyring.passphrase_command in your settings (or DBXACCESS_KEYRING_PASSPHRASE in CI)",
			"the encrypted keyring needs its passphrase, and this command can't ask for it")
	}
	fmt.Fprint(a.streams.Err, "Passphrase of the encrypted keyring: ")
	typed, err := term.ReadPassword(int(os.Stdin.Fd()))
	fmt.Fprintln(a.streams.Err)
	if err != nil {
		return secret.String{}, ui.Fault(ui.KeyringUnavailable, "", "reading the passphrase: %w", err)
	}
	return secret.New(string(typed)), nil
}

func passphraseFrom(ctx context.Context, argv []string) (secret.String, error) {
	ctx, cancel := context.WithTimeout(ctx, passphraseWait)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...) //nolint:gosec // the person's own setting
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return secret.String{}, ui.Fault(ui.KeyringUnavailable, "check keyring.passphrase_command in your settings", "running %s for the passphrase: %w", argv[0], err)
	}
	line, _, _ := bytes.Cut(out, []byte("\n"))
	return secret.New(strings.TrimSuffix(string(line), "\r")), nil
}
