package account

import (
	"context"
	"errors"

	"github.com/dbxaccess/dbxaccess/internal/audit/chain"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// loginKeyring chooses the keyring of a sign-in and proves that it can be written. settle, called after the sign-in, empties
// the previous keyring and records the new one for later commands: a sign-in that is given up changes nothing.
func loginKeyring(ctx context.Context, env *cli.Env, settings *config.Settings) (keyring *store.Store, settle func() error, err error) {
	if err := localfile.MayKeep(settings.Dir); err != nil { // before a person signs in for nothing
		return nil, nil, err
	}
	defer env.Console.Progress("waiting for the keyring")()
	wanted, err := store.ParseBackend(settings.Keyring.Backend)
	if err != nil {
		return nil, nil, err
	}
	former, recorded, err := store.ReadSelection(settings.Dir)
	if err != nil {
		env.Console.Warn(ui.Warning{ID: "keyring-record-unusable", What: ui.Told(err), Why: "choosing a keyring again"})
	}
	selected := former
	if !recorded || wanted != store.Auto && wanted != former.Backend {
		var note string
		if selected, note, err = store.Resolve(ctx, wanted, cli.UnlockWait); err != nil {
			return nil, nil, err
		}
		if note != "" && store.Former(settings.Dir) != selected.Backend { // else it was said before that sign-out
			env.Log().Debug("a keyring that is not the usual one", "why", note)
			env.Console.Warn(ui.Warning{
				ID: "keyring-second-best", What: selected.Caveat(), Fix: ui.Command("dbxaccess config set keyring.backend file"),
			})
		}
	}
	if keyring, err = env.PromptingKeyring(selected); err != nil {
		return nil, nil, err
	}
	settle = func() error {
		if recorded && former.Backend != selected.Backend {
			emptyFormer(ctx, env, former, keyring)
		}
		return selected.Record(settings.Dir)
	}
	if err := keyring.Probe(ctx); err != nil {
		return nil, nil, err
	}
	return keyring, settle, env.MayRecord(ctx, keyring)
}

// emptyFormer deletes our items from a keyring that is no longer used: two copies of a rotating refresh token would end the
// session. The record's key goes along to the next one, so that the chain goes on.
func emptyFormer(ctx context.Context, env *cli.Env, former store.Selection, next *store.Store) {
	keyring, err := env.PromptingKeyring(former)
	if err == nil {
		err = errors.Join(chain.Move(ctx, keyring, next), deleteAll(ctx, keyring))
	}
	if err != nil {
		env.Console.Warn(ui.Warning{
			ID: "former-keyring-kept", What: "could not empty the previous keyring (" + string(former.Backend) + "): " + ui.Told(err),
		})
	}
}

// deleteAll removes every item of ours but the record's key, which proves what was recorded before; one that can't be read proves
// nothing, and would keep a person who has lost the passphrase from starting over.
func deleteAll(ctx context.Context, keyring *store.Store) error {
	keys, err := keyring.Keys(ctx, "")
	if err != nil {
		return err
	}
	var failed []error
	for _, key := range keys {
		if chain.IsKey(key) && chain.Usable(ctx, keyring) {
			continue
		}
		if err := keyring.Delete(ctx, key); err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// forgetSelection lets the next login choose a keyring again, if this one is known to hold no item of ours but the record's key.
func forgetSelection(ctx context.Context, keyring *store.Store, dir string) error {
	keys, err := keyring.Keys(ctx, "")
	if err != nil {
		return nil //nolint:nilerr // it may hold some, so it stays in use
	}
	for _, key := range keys {
		if !chain.IsKey(key) {
			return nil
		}
		if !chain.Usable(ctx, keyring) {
			if err := keyring.Delete(ctx, key); err != nil {
				return err
			}
		}
	}
	return store.Forget(dir)
}
