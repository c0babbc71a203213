package cli

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// passphraseWait bounds the passphrase command: it may ask a person to unlock something.
const passphraseWait = 60 * time.Second

// keyringInUse is keyringChoice, and where nobody has signed in, this process's memory for the machine's identities that
// the access map has: they need no sign-in, and nobody has chosen a keyring for them.
func (a *app) keyringInUse(ctx context.Context) (store.Selection, error) {
	choice, err := a.keyringChoice(ctx)
	if ui.CodeOf(err) != ui.LoginNeeded {
		return choice, err
	}
	m, _, mapErr := a.loadMap()
	if mapErr != nil {
		return choice, err
	}
	for _, identity := range m.Identities {
		if identity.Machine() {
			return store.Selection{Backend: store.Memory}, nil
		}
	}
	return choice, err
}

// keyringChoice is the keyring that commands other than login use: the recorded one; where none is recorded (before the
// first login, or where HOME is missing) the setting's, if it names one.
func (a *app) keyringChoice(ctx context.Context) (store.Selection, error) {
	settings, dir, err := a.config()
	if err != nil {
		return store.Selection{}, err
	}
	choice, recorded, err := store.ReadSelection(dir)
	if recorded || err != nil {
		return choice, err
	}
	backend, err := store.ParseBackend(settings.Keyring.Backend)
	if err != nil {
		return store.Selection{}, err
	}
	if backend == store.Auto {
		return store.Selection{}, ui.Fault(ui.LoginNeeded, "dbxaccess login", "nobody has signed in on this machine")
	}
	choice, _, err = store.Resolve(ctx, backend, 0)
	return choice, err
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
	return a.typedPassphrase(ctx)
}

// typedPassphrase asks on the terminal; twice for a keyring that is not there yet, as a slip of the finger would lock it.
func (a *app) typedPassphrase(ctx context.Context) (secret.String, error) {
	typed, err := a.streams.AskHidden(ctx, "Passphrase of the encrypted keyring: ")
	if err != nil {
		return secret.String{}, err
	}
	if items, err := os.ReadDir(a.keyringDir()); err == nil && len(items) > 0 {
		return secret.New(typed), nil
	}
	again, err := a.streams.AskHidden(ctx, "The same once more, for the new keyring: ")
	if err != nil {
		return secret.String{}, err
	}
	if again != typed {
		return secret.String{}, ui.Fault(ui.KeyringUnavailable, "try again", "the two passphrases differ")
	}
	a.warn("programs can't type a passphrase: set keyring.passphrase_command in your settings, or the AWS profiles will not work")
	return secret.New(typed), nil
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
