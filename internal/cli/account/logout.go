package account

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/footprint"
	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// NewLogout is `logout`.
func NewLogout(env *cli.Env) *cobra.Command {
	var (
		identity, output       string
		profiles, verbose, all bool
	)
	cmd := &cobra.Command{
		Use:   "logout",
		Short: "Sign out: revoke the session and delete what is stored",
		Long: `Revokes the session at the identity provider where that is possible, and those at workspaces beside it, and deletes them
and every cached credential from the keyring. Credentials that programs already hold stay valid until they expire: AWS offers
no way to revoke them. With --all, notes, locks and lists of what you used go too; your settings, the access map, the
profiles and the record stay ("dbxaccess uninstall" removes those).`,
		Example: "  dbxaccess logout\n  dbxaccess logout --identity acme --profiles\n  dbxaccess logout --all",
		Args:    cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if all && identity != "" {
				return ui.Errorf("logout-all-of-one", ui.Usage, "--all is of everybody who is signed in here, and goes without --identity").
					With(ui.Command("dbxaccess logout --all"))
			}
			out := leaving{env: env, Sessions: []leftSession{}, Profiles: []cli.ProfileChange{}}
			err := out.run(cmd.Context(), identity)
			if all {
				err = errors.Join(err, out.forget())
			}
			if profiles {
				changes, removeErr := cli.RemoveProfiles(env, identity, verbose)
				cli.SayNoneRemoved(env, changes, removeErr)
				out.Profiles, err = append(out.Profiles, changes...), errors.Join(err, removeErr)
			}
			if output == "json" {
				err = errors.Join(err, ui.PrintJSON(env.Streams.Out, out))
			}
			return err
		},
	}
	cli.IdentityFlag(env, cmd, &identity)
	cmd.Flags().BoolVar(&all, "all", false, "also forget what is kept for a while beside the keyring")
	cmd.Flags().BoolVar(&profiles, "profiles", false, "also remove the profile entries that dbxaccess wrote")
	cli.VerboseFlag(cmd, &verbose)
	cli.OutputFlag(cmd, &output)
	return cli.ForPeople(env, cmd)
}

// leaving is a sign-out with what became of it. Its JSON is the contract of `logout -o json`.
type leaving struct {
	env *cli.Env

	Sessions []leftSession       `json:"sessions"`
	Profiles []cli.ProfileChange `json:"profiles"`
	Forgot   []footprint.Item    `json:"forgot,omitempty"` // by --all
}

type leftSession struct {
	At       string `json:"at"` // the identity, or the workspace that has a sign-in of its own
	Issuer   string `json:"issuer"`
	SignedIn bool   `json:"was_signed_in"`
	Revoked  bool   `json:"revoked"`       // at the provider too
	Why      string `json:"why,omitempty"` // it was not
	Fix      string `json:"fix,omitempty"`
}

func (l *leaving) run(ctx context.Context, only string) error {
	env := l.env
	settings, err := env.Settings()
	if err != nil {
		return err
	}
	selected, err := env.SelectedKeyring(ctx)
	unrecorded := ui.CodeOf(err) == ui.LoginNeeded
	if unrecorded { // leftovers of an earlier sign-in can only be where a new one would go
		selected, _, err = store.Resolve(ctx, store.Auto, 0)
	}
	var keyring *store.Store
	if err == nil {
		keyring, err = env.PromptingKeyring(selected)
	}
	if err != nil && unrecorded {
		env.Console.Info("Nobody is signed in.")
		return nil
	}
	if err != nil {
		return err
	}
	b, err := env.BrokerOn(keyring)
	if err != nil {
		return err
	}
	if only != "" {
		view, err := b.View()
		if err != nil {
			return err
		}
		identity, err := access.Identity(view.Map, only)
		if err != nil {
			return err
		}
		err = l.signOut(ctx, b, access.ProviderOf(view.Map, identity))
		return errors.Join(err, forgetSelection(ctx, keyring, settings.Dir))
	}
	_, unlisted := keyring.Keys(ctx, "")
	if unlisted != nil {
		return l.unlisted(ctx, b, unlisted)
	}
	providers, unread := signedInAt(ctx, b, keyring)
	if unread != nil {
		// Deleting needs no passphrase and no key: a person who lost it must be able to start over.
		env.Console.Warn(ui.Warning{
			ID: "session-not-revoked", What: "a stored session that can't be read is deleted, and not revoked at the identity provider: " + ui.Clean(unread.Error()),
		})
	}
	nobody := unread == nil && len(providers) == 0
	if nobody {
		env.Console.Info("Nobody is signed in.")
	}
	for _, provider := range providers {
		if err := l.signOut(ctx, b, provider); err != nil {
			return err
		}
	}
	if err := deleteAll(context.WithoutCancel(ctx), keyring); err != nil {
		return err
	}
	if nobody {
		return nil // nothing was deleted: the selection may belong to another service name
	}
	return forgetSelection(ctx, keyring, settings.Dir)
}

// forget removes what is kept for a while beside the keyring: nothing that a person decided, and nothing that proves anything.
func (l *leaving) forget() error {
	settings, err := l.env.Settings()
	if err != nil {
		return err
	}
	home, _ := localfile.Home(l.env.Getenv)
	kept, err := footprint.InSettings(settings.Dir)
	for _, item := range slices.Concat(kept, footprint.Locks(home), footprint.LocksAt(filepath.Join(settings.Dir, store.FileFolder, store.LockFolder))) {
		if item.Kind != footprint.Cache && item.Kind != footprint.Lock {
			continue
		}
		if removeErr := item.Remove(); removeErr != nil {
			err = errors.Join(err, removeErr)
			continue
		}
		l.Forgot = append(l.Forgot, item)
	}
	if n := len(l.Forgot); n > 0 {
		l.env.Console.Info("Forgot %s of what was kept for a while.", ui.Count(n, "file or folder", "files and folders"))
	}
	return err
}

// unlisted signs out where the keyring can't list what it holds: of all that the access map names.
func (l *leaving) unlisted(ctx context.Context, b *broker.Broker, unlisted error) error {
	view, err := b.View()
	if err != nil {
		return errors.Join(unlisted, err)
	}
	done := map[string]bool{}
	for _, name := range view.Map.People() {
		provider := access.ProviderOf(view.Map, view.Map.Identities[name])
		if key := login.SessionKey(provider); !done[key] {
			done[key] = true
			if err := l.signOut(ctx, b, provider); err != nil {
				return err
			}
		}
	}
	return nil
}

// signedInAt lists the providers of all stored sessions, also those that the access map no longer names. The error is
// why others can't be read.
func signedInAt(ctx context.Context, b *broker.Broker, keyring *store.Store) (providers []login.Provider, unread error) {
	sessions, unread := login.All(ctx, keyring)
	view, mapErr := b.View()
	beside := func(s *login.Session) bool { // which goes with the session that it stands beside
		return s.Workspace != nil && slices.ContainsFunc(sessions, func(other *login.Session) bool {
			return other.Workspace == nil && login.SessionKey(other.Provider()) == s.Workspace.Beside
		})
	}
	for _, session := range sessions {
		if beside(session) {
			continue
		}
		provider := session.Provider()
		if mapErr == nil {
			for _, name := range slices.Sorted(maps.Keys(view.Map.Identities)) {
				p := access.ProviderOf(view.Map, view.Map.Identities[name])
				if p.Method == provider.Method && p.Issuer == session.Issuer && p.ClientID == session.ClientID {
					provider = p
					break
				}
			}
		}
		providers = append(providers, provider)
	}
	return providers, unread
}

func (l *leaving) signOut(ctx context.Context, b *broker.Broker, provider login.Provider) error {
	out, err := b.SignOut(ctx, provider)
	for _, beside := range out.Beside {
		l.say(beside.At.Provider(""), beside)
	}
	if err != nil {
		return err
	}
	l.say(provider, out)
	return nil
}

// say tells what became of a session.
func (l *leaving) say(provider login.Provider, out broker.SignedOut) {
	if provider.Workspace != nil {
		provider.Name = "workspace " + provider.Workspace.Name
	}
	left := leftSession{At: provider.Name, Issuer: provider.Issuer, SignedIn: out.Present, Revoked: out.Revoked}
	if out.NotRevoked != nil {
		left.Why, left.Fix = ui.Clean(out.NotRevoked.Error()), ui.FixOf(out.NotRevoked).Clean().String()
	}
	l.Sessions = append(l.Sessions, left)
	switch host := ui.Host(provider.Issuer); {
	case !out.Present:
		l.env.Console.Info("%s: nobody was signed in.", provider.Name)
	case out.Revoked:
		l.env.Console.Info("%s: signed out, and the session was revoked at %s.", provider.Name, host)
	case errors.Is(out.NotRevoked, login.ErrNoRevocation):
		l.env.Console.Info("%s: signed out here; %s has no way to revoke a session.", provider.Name, host)
		if fix := ui.FixOf(out.NotRevoked); len(fix) > 0 {
			l.env.Console.Info("  %s", fix.Clean())
		}
	case out.NotRevoked != nil:
		l.env.Console.Info("%s: signed out here.", provider.Name)
		l.env.Console.Warn(ui.Warning{ID: "session-not-revoked", What: out.NotRevoked.Error(), Fix: append(ui.FixOf(out.NotRevoked), endElsewhere(provider)...)})
	default:
		l.env.Console.Info("%s: signed out here; the session had no refresh token that %s could revoke.", provider.Name, host)
	}
}

// endElsewhere is where a person ends a session that is still open at the provider: the token that could do it here is deleted.
func endElsewhere(p login.Provider) ui.Fix {
	page := p.Quirks().SessionsPage(p.Issuer)
	if page == "" || p.Workspace != nil || p.Method == idp.IdentityCenter {
		return ui.Advice("the session may still be open at " + p.Host() + ": end it in your account there")
	}
	return ui.Advice("the session may still be open at " + p.Host() + ": end it at " + ui.Clean(page))
}
