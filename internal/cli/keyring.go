package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/command"
	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	// passphraseWait bounds the passphrase command, which may prompt.
	passphraseWait = 60 * time.Second
	// maxComplaint bounds what is kept of what it says on stderr, in bytes.
	maxComplaint = 16 << 10
)

// UnlockWait bounds one keyring operation of an interactive command: the person may have to unlock the keyring.
const UnlockWait = 60 * time.Second

// Keyring opens a keyring for a command that must not prompt.
func (e *Env) Keyring(selected store.Selection) (*store.Store, error) {
	return e.openKeyring(selected, false)
}

// PromptingKeyring opens a keyring for an interactive command, which may prompt to unlock it or for its passphrase.
func (e *Env) PromptingKeyring(selected store.Selection) (*store.Store, error) {
	return e.openKeyring(selected, true)
}

func (e *Env) openKeyring(selected store.Selection, prompting bool) (*store.Store, error) {
	settings, err := e.Settings()
	if err != nil {
		return nil, err
	}
	return store.Open(e.keyringOptions(settings, selected, prompting))
}

func (e *Env) keyringOptions(settings *config.Settings, selected store.Selection, prompting bool) store.Options {
	o := store.Options{
		Service: settings.Keyring.Service, Selection: selected, FileDir: keyringDir(settings), Now: e.Now, Warn: e.Console.Warn, Waiting: e.Console.Waiting, Log: e.Log(),
		Passphrase:      func(ctx context.Context) (secret.String, error) { return e.passphrase(ctx, settings, prompting) },
		PassphraseTyped: len(settings.Keyring.PassphraseCommand) == 0 && e.Passphrase.IsZero(),
	}
	if prompting {
		o.Unlock, o.Timeout = true, UnlockWait
	}
	return o
}

// keyringDir is where the encrypted file backend keeps its items.
func keyringDir(settings *config.Settings) string {
	return filepath.Join(settings.Dir, store.FileFolder)
}

// KeyringInUse is SelectedKeyring; where nobody has signed in and the access map has workload identities, which need no login
// and so no keyring, it is this process's memory.
func (e *Env) KeyringInUse(ctx context.Context) (store.Selection, error) {
	selected, err := e.SelectedKeyring(ctx)
	if ui.CodeOf(err) != ui.LoginNeeded {
		return selected, err
	}
	m, _, mapErr := e.Map()
	if mapErr != nil { // no login works without it
		return selected, mapErr
	}
	for _, identity := range m.Identities {
		if !identity.Method().SignsIn() {
			return store.Selection{Backend: store.Memory}, nil
		}
	}
	return selected, err
}

// SelectedKeyring is the keyring that commands other than login use: the recorded one, else (before the first login, or
// without HOME) the one that the settings name.
func (e *Env) SelectedKeyring(ctx context.Context) (store.Selection, error) {
	settings, err := e.Settings()
	if err != nil {
		return store.Selection{}, err
	}
	selected, recorded, err := store.ReadSelection(settings.Dir)
	if err != nil {
		return selected, err
	}
	backend, err := store.ParseBackend(settings.Keyring.Backend)
	switch {
	case err != nil:
		return selected, err
	case recorded && backend != store.Auto && store.Here(backend) != nil: // no login could take it
		setting := "the setting keyring.backend"
		if variable := config.VariableOf("keyring.backend"); e.Getenv(variable) != "" {
			setting = variable
		}
		return selected, ui.Errorf("keyring-not-here", ui.KeyringUnavailable, "%s is %s: %w", setting, backend, store.Here(backend)).
			With(ui.Advice("correct " + setting + ", or unset it"))
	case recorded && backend != store.Auto && backend != selected.Backend:
		e.Console.Warn(ui.Warning{
			ID: "keyring-differs", What: "the setting keyring.backend is " + backend.String(),
			Why: "login chose " + selected.Backend.String() + ", which is in use until the next login", Fix: ui.Command("dbxaccess login"),
		})
		return selected, nil
	case recorded:
		return selected, nil
	}
	if backend == store.Auto {
		return store.Selection{}, ui.Errorf("nobody-signed-in", ui.LoginNeeded, "%w on this machine", login.ErrNotSignedIn).With(ui.Command("dbxaccess login"))
	}
	selected, _, err = store.Resolve(ctx, backend, 0)
	return selected, err
}

// Unlocked is the encrypted file's passphrase as the configured command has printed it, zero if that was not run. Who works
// for days remembers it: the command may ask the person.
func (e *Env) Unlocked() secret.String {
	if p := e.unlocked.Load(); p != nil {
		return *p
	}
	return secret.String{}
}

// Remember has a passphrase used in place of the configured command; zero has the command run again.
func (e *Env) Remember(passphrase secret.String) { e.unlocked.Store(&passphrase) }

// passphrase gets the encrypted file's passphrase from the configured command, else the environment (for CI), else the
// terminal where prompting is allowed.
func (e *Env) passphrase(ctx context.Context, settings *config.Settings, prompting bool) (secret.String, error) {
	switch {
	case len(settings.Keyring.PassphraseCommand) > 0 && !e.Unlocked().IsZero():
		return e.Unlocked(), nil
	case len(settings.Keyring.PassphraseCommand) > 0:
		printed, err := e.passphraseFrom(ctx, settings.Keyring.PassphraseCommand)
		e.Remember(printed)
		return printed, err
	case !e.Passphrase.IsZero():
		return e.Passphrase, nil
	case prompting && e.Streams.Interactive:
		return e.typedPassphrase(ctx, keyringDir(settings))
	}
	return secret.String{}, ui.Errorf("passphrase-missing", ui.KeyringUnavailable,
		"the encrypted keyring needs its passphrase, and this command can't ask for it").
		With(ui.Advice("set keyring.passphrase_command in your settings (or DBXACCESS_KEYRING_PASSPHRASE in CI)"))
}

// typedPassphrase prompts, twice for a new keyring: a typo would lock it for good.
func (e *Env) typedPassphrase(ctx context.Context, dir string) (secret.String, error) {
	entries, err := os.ReadDir(dir)
	if err == nil && slices.ContainsFunc(entries, func(e os.DirEntry) bool { return !e.IsDir() }) { // the locks have a directory there
		typed, err := e.Streams.AskHidden(ctx, "Passphrase of the encrypted keyring: ")
		return secret.New(typed), err
	}
	typed, err := e.Streams.AskHidden(ctx, "Choose a passphrase for the new encrypted keyring: ")
	if err != nil {
		return secret.String{}, err
	}
	again, err := e.Streams.AskHidden(ctx, "Repeat the passphrase for the new keyring: ")
	if err != nil {
		return secret.String{}, err
	}
	if again != typed {
		return secret.String{}, ui.Errorf("passphrases-differ", ui.KeyringUnavailable, "the two passphrases differ").With(ui.Advice("try again"))
	}
	e.Console.Warn(ui.Warning{
		ID:   "passphrase-typed",
		What: "AWS and Databricks tools can't unlock this keyring before a command prints its passphrase",
		Fix:  ui.Command("dbxaccess config set keyring.passphrase_command COMMAND"),
	})
	return secret.New(typed), nil
}

// passphraseFrom runs the passphrase command. A person who is present sees what it says meanwhile.
func (e *Env) passphraseFrom(ctx context.Context, argv []string) (secret.String, error) {
	p := command.Program{
		Argv: argv, Time: passphraseWait, Stdout: secret.MaxFile, Stderr: maxComplaint,
		Waiting: func() func() {
			return e.Console.Waiting("waiting for " + ui.Clean(argv[0]) + " (keyring.passphrase_command), which may be asking you for something")
		},
	}
	_, seen := e.Console.(ui.Person)
	if seen {
		p.Also = e.Streams.Err
	}
	out, err := command.Run(ctx, p)
	switch {
	case errors.Is(err, context.Canceled):
		return secret.String{}, err
	case err != nil:
		if last := ui.LastWords(out.Stderr); last != "" && !seen {
			err = fmt.Errorf("%w; its last words: %s", err, last)
		}
		return secret.String{}, ui.Errorf("passphrase-command-failed", ui.KeyringUnavailable, "running %s for the passphrase: %w", ui.Clean(argv[0]), err).
			With(ui.Advice("check keyring.passphrase_command in your settings"))
	}
	line, _, _ := bytes.Cut(out.Stdout, []byte("\n"))
	return secret.New(strings.TrimSuffix(string(line), "\r")), nil
}
