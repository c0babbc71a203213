package cli

import (
	"context"
	"crypto/ed25519"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/audit/asker"
	"github.com/dbxaccess/dbxaccess/internal/audit/chain"
	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// recorder keeps the record on this machine. Where it can't, the access map decides.
func (e *Env) recorder(s *config.Settings, keyring *store.Store) audit.Recorder {
	policy := &chain.Policy{Denies: e.deniesUnrecorded, Warn: e.warnUnrecorded(keyring)}
	dir, err := e.RecordDir()
	if err != nil {
		policy.Recorder = nowhere{err}
		return policy
	}
	policy.Recorder = &chain.Writer{
		Dir: dir, Keyring: keyring, Version: e.Version.Number, MaxSize: s.Audit.Bytes(), Now: e.Now, Asker: asker.Here, Warn: e.Console.Warn,
	}
	return policy
}

const (
	// unrecordedAgain is after how long a helper says again that it can't record: SDKs start it thousands of times a day.
	unrecordedAgain = time.Hour
	unrecordedNote  = "told that nothing is recorded"
)

// warnUnrecorded is how people are told that something was not recorded. A helper tells it once an hour, and not at all where it can't
// note that it did; `doctor` tells it too.
func (e *Env) warnUnrecorded(n notes) func(ui.Warning) {
	if _, helper := e.Console.(ui.Quiet); !helper {
		return e.Console.Warn
	}
	return func(w ui.Warning) {
		now := e.Now()
		if since := now.Sub(noteTime(n, unrecordedNote)); since >= 0 && since < unrecordedAgain {
			return
		}
		n.SetNote(unrecordedNote, []byte(now.UTC().Format(time.RFC3339Nano)))
		if noteTime(n, unrecordedNote).Equal(now) {
			e.Console.Warn(w)
		}
	}
}

// nowhere is a recorder without a place.
type nowhere struct{ err error }

// Record implements audit.Recorder.
func (n nowhere) Record(context.Context, audit.Record) error { return n.err }

// deniesUnrecorded reports whether nothing may be issued unrecorded: as the access map says, and where that can't be read.
func (e *Env) deniesUnrecorded() bool {
	m, _, err := e.Map()
	return err != nil || m.Audit.OnFailure == accessmap.Deny
}

// MayRecord is why a sign-in could not be recorded that has to be: it is asked before a person signs in for nothing.
func (e *Env) MayRecord(ctx context.Context, keyring *store.Store) error {
	if _, err := chain.Public(ctx, keyring, ""); err != nil && e.deniesUnrecorded() {
		return err
	}
	return nil
}

// RecordKnown is what the keyring says of the record: its public key, and the head. After a sign-out it is looked for where the next
// login would choose a keyring. Zero where there is none.
func (e *Env) RecordKnown(ctx context.Context) (chain.Known, error) {
	selected, err := e.SelectedKeyring(ctx)
	if ui.CodeOf(err) == ui.LoginNeeded {
		if selected, _, err = store.Resolve(ctx, store.Auto, 0); err != nil {
			return chain.Known{}, nil //nolint:nilerr // without a keyring there is no key in it
		}
	}
	if err != nil {
		return chain.Known{}, err
	}
	keyring, err := e.PromptingKeyring(selected)
	if err != nil {
		return chain.Known{}, err
	}
	dir, err := e.RecordDir()
	if err != nil {
		return chain.Known{}, err
	}
	return chain.Public(ctx, keyring, dir)
}

// RecordKeys are the public keys of records that --key names.
func RecordKeys(named []string) (keys []ed25519.PublicKey, err error) {
	for _, text := range named {
		key, err := chain.ParseKey(text)
		if err != nil {
			return nil, ui.Errorf("audit-key-invalid", ui.Usage, "--key %s: %w", ui.Clean(text), err).With(ui.Command("dbxaccess audit key"))
		}
		keys = append(keys, key)
	}
	return keys, nil
}
