package main

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func newLogout(a *app) *cobra.Command {
	var (
		identity string
		profiles bool
	)
	cmd := &cobra.Command{
		Use:   "logout",
		Short: "Sign out: revoke the session and delete what is stored",
		Long: `Revokes the session at the identity provider where that is possible, and deletes the session and every cached
credential from the keyring. Credentials that programs already hold stay valid until they end, which is at
AWS's side and can't be called back from here.`,
		Example: "  dbxaccess logout\n  dbxaccess logout --identity acme --profiles",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a.mayPrompt = true
			err := runLogout(cmd.Context(), a, identity)
			if profiles {
				var only []string
				if identity != "" {
					only = []string{identity}
				}
				err = errors.Join(err, a.removeProfiles(only))
			}
			return err
		},
	}
	a.identityFlag(cmd, &identity)
	cmd.Flags().BoolVar(&profiles, "profiles", false, "also remove the profile entries that dbxaccess wrote")
	return cmd
}

func runLogout(ctx context.Context, a *app, only string) error {
	keyring, err := a.openStore(ctx)
	if ui.CodeOf(err) == ui.LoginNeeded {
		a.say("Nobody is signed in.")
		return nil
	}
	if err != nil {
		return err
	}
	b, err := a.brokerOn(keyring)
	if err != nil {
		return err
	}
	m, _, mapErr := b.Map()
	if mapErr != nil && only != "" {
		return mapErr
	}
	if mapErr == nil {
		identities := slices.Sorted(maps.Keys(m.Identities))
		if only != "" {
			identities = []string{only}
		}
		for _, name := range identities {
			if err := a.signOut(ctx, b, name); err != nil {
				return err
			}
		}
	} else {
		a.warn("the access map can't be read, so nothing is revoked at the identity provider: " + mapErr.Error())
	}
	if only == "" {
		// Also what no identity of the present map accounts for.
		if err := deleteAll(ctx, keyring); err != nil {
			return err
		}
	}
	return a.forgetChoice(ctx, keyring)
}

func (a *app) signOut(ctx context.Context, b *broker.Broker, name string) error {
	m, _, err := b.Map()
	if err != nil {
		return err
	}
	identity, err := broker.Identity(m, name)
	if err != nil {
		return err
	}
	out, err := b.SignOut(ctx, identity)
	if err != nil {
		return err
	}
	switch host := hostOf(identity.Issuer); {
	case !out.Present:
		a.say("%s: nobody was signed in.", name)
	case out.Revoked:
		a.say("%s: signed out, and the session was revoked at %s.", name, host)
	case out.NotRevoked != nil:
		a.say("%s: signed out here.", name)
		a.warn(out.NotRevoked.Error())
	default:
		a.say("%s: signed out here; %s has no way to revoke a session.", name, host)
	}
	return nil
}

// deleteAll removes every item of ours.
func deleteAll(ctx context.Context, keyring *store.Store) error {
	keys, err := keyring.Keys(ctx, "")
	if err != nil {
		return err
	}
	var failed []error
	for _, key := range keys {
		if err := keyring.Delete(ctx, key); err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// forgetChoice lets the next login choose the keyring anew, once nothing of ours is left in this one.
func (a *app) forgetChoice(ctx context.Context, keyring *store.Store) error {
	keys, err := keyring.Keys(ctx, "")
	if err != nil || len(keys) > 0 {
		return err
	}
	if err := os.Remove(filepath.Join(a.dir, store.ChoiceFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
