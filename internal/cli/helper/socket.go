package helper

import (
	"cmp"
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/profiles"
	"github.com/dbxaccess/dbxaccess/internal/serve"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const socketFlagName = "socket"

func socketFlag(cmd *cobra.Command, path *string) {
	cmd.Flags().StringVar(path, socketFlagName, "", "ask the Unix socket at this `path`, which dbxaccess exec --socket serves, and nothing else (default $"+serve.SocketVariable+")")
}

// socketClient asks the socket that the flag or else the environment names; nil where none does. Keyring, map, settings and
// network are not touched then.
func socketClient(env *cli.Env, cmd *cobra.Command, path string) (*serve.Client, error) {
	if cmd.Flags().Changed(socketFlagName) && path == "" {
		return nil, ui.Errorf("socket-empty", ui.Usage, "--socket is given, and it is empty").With(ui.Command(cmd.CommandPath() + " --socket PATH"))
	}
	path = cmp.Or(path, env.Getenv(serve.SocketVariable))
	switch {
	case path == "":
		return nil, nil //nolint:nilnil // no socket is a proper answer
	case env.NamesAgent():
		return nil, ui.Errorf("socket-scope", ui.Usage, "--agent can't change what a socket serves").
			With(ui.Advice("give it to the dbxaccess exec that serves it"))
	}
	return serve.Dial(path, env.Now), nil
}

// socketCredentials are those of a role that the socket serves.
func socketCredentials(ctx context.Context, socket *serve.Client, r broker.Request) (*credential.AWS, error) {
	if len(r.Scope) > 0 || r.From != (credential.Vended{}) {
		return nil, ui.Errorf("socket-scope", ui.Usage, "--scope and --from-… can't change what a socket serves").
			With(ui.Advice("give them to the dbxaccess exec that serves it"))
	}
	c, _, err := socket.Credentials(r.Role, r.Identity)(ctx, 0)
	return c, err
}

// socketToken is one for the workspace that is meant, of those that the socket serves.
func socketToken(ctx context.Context, env *cli.Env, socket *serve.Client, q question, args []string) (*credential.Token, error) {
	file, err := env.DatabricksFile()
	if err != nil {
		return nil, err
	}
	if err := q.complete(env.Getenv, func(string) (bool, error) { return false, nil }, file, args); err != nil {
		return nil, err
	}
	place, err := q.onSocket(ctx, env.Getenv, socket, file)
	if err != nil {
		return nil, err
	}
	token, _, err := socket.Token("", place)(ctx, 0)
	return token, err
}

// onSocket is the place that is meant. A profile that the socket does not know by its name, as a person's own in a container, is
// its host; nothing at all is any workspace.
func (q *question) onSocket(ctx context.Context, getenv func(string) string, socket *serve.Client, file profiles.Target) (serve.Place, error) {
	if q.profile == "" && q.host == "" {
		return serve.Place{AccountID: q.accountID, WorkspaceID: q.workspaceID}, nil
	}
	flags, err := q.flags()
	if err != nil {
		return serve.Place{}, err
	}
	set := access.Place{Host: getenv(hostVariable), AccountID: getenv(accountVariable), WorkspaceID: getenv(workspaceVariable)}
	if q.profile == "" {
		return serve.Place{Host: flags.Host, AccountID: flags.AccountID, WorkspaceID: cmp.Or(flags.WorkspaceID, set.WorkspaceID)}, nil
	}
	entry, err := file.Find(q.profile)
	if err != nil {
		return serve.Place{}, err
	}
	var place access.Place
	if entry != nil {
		if err := q.ours(entry, getenv, file.Path); err != nil {
			return serve.Place{}, err
		}
		if place, err = q.placeOf(entry, file.Path); err != nil {
			return serve.Place{}, err
		}
		if err := q.agrees(place, flags, set); err != nil {
			return serve.Place{}, err
		}
	}
	meant := serve.Place{
		Host: cmp.Or(place.Host, flags.Host, set.Host), AccountID: cmp.Or(place.AccountID, flags.AccountID, set.AccountID),
		WorkspaceID: cmp.Or(place.WorkspaceID, flags.WorkspaceID, set.WorkspaceID),
	}
	offers, err := socket.Offers(ctx)
	if err != nil {
		return serve.Place{}, err
	}
	known := slices.ContainsFunc(offers, func(o serve.Offer) bool {
		return o.Role == q.profile || slices.ContainsFunc(o.Workspaces, func(p serve.Place) bool { return p.Profile == q.profile })
	})
	if known || place.Host == "" {
		meant.Profile = q.profile
	}
	return meant, nil
}
