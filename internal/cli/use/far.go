package use

import (
	"context"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/serve"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// grantFrom gets a role's credentials from the socket that another dbxaccess serves: in a container, or at the far end of an
// SSH connection, there is neither keyring nor map. What they are narrowed to is decided where they come from.
func grantFrom(ctx context.Context, env *cli.Env, socket string, r broker.Request, named []string, withDatabricks bool) (*granted, error) {
	if len(r.Scope) > 0 || r.Run != "" || r.Reason != "" || r.For > 0 || r.From != (broker.Vended{}) || env.NamesAgent() {
		return nil, ui.Errorf("socket-decides", ui.Usage, "--scope, --run, --reason, --for, --agent and --from-… are decided where the socket %s is served", ui.Clean(socket)).
			With(ui.Advice("give them to the dbxaccess exec there"))
	}
	if len(named) > 0 {
		r.Role = named[0]
	}
	client := serve.Dial(socket, env.Now)
	offers, err := client.Offers(ctx)
	if err != nil {
		return nil, err
	}
	offer, err := offerOf(offers, r)
	if err != nil {
		return nil, err
	}
	r.Role, r.Identity = offer.Role, offer.Identity
	if sts.CheckRun(offer.Run) == nil {
		r.Run = offer.Run
	}
	if offer.NoCopies && r.Ahead == 0 { // as grant has it: they are not renewed
		return nil, broker.EnvDenied(r.Role, "")
	}
	g := &granted{role: r.Role, request: r, profile: offer.Profile, noCopies: offer.NoCopies}
	if offer.AWS {
		keys, _, err := client.Credentials(r.Role, r.Identity)(ctx, 0)
		if err != nil {
			return nil, err
		}
		g.keys, g.region = keys, offer.Region
	}
	if len(offer.Workspaces) > 0 && withDatabricks {
		if err := g.takeOffered(ctx, client, offer.Workspaces); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// takeOffered gets a token for the workspace that the request names, or for the first, and notes the others.
func (g *granted) takeOffered(ctx context.Context, client *serve.Client, offered []serve.Place) error {
	meant := 0
	if name := g.request.Workspace; name != "" {
		named := func(p serve.Place) bool { return p.Name == name }
		if meant = slices.IndexFunc(offered, named); meant < 0 {
			var names []string
			for _, p := range offered {
				names = append(names, ui.Clean(p.Name))
			}
			return broker.NotAWorkspaceOf(g.role, name, names)
		}
	}
	token, _, err := client.Token(g.role, offered[meant])(ctx, 0)
	if err != nil {
		return err
	}
	g.token = token
	for i, p := range offered {
		if i == meant {
			g.workspace, g.tokenProfile = p.Name, p.Profile
			continue
		}
		g.further = append(g.further, p)
	}
	return nil
}

// offerOf is the offer that a request means: by the role's name or its profile's, else the first.
func offerOf(offers []serve.Offer, r broker.Request) (serve.Offer, error) {
	var names []string
	for _, offer := range offers {
		if (r.Role == "" || r.Role == offer.Role || r.Role == offer.Profile) && (r.Identity == "" || r.Identity == offer.Identity) {
			return offer, nil
		}
		names = append(names, offer.Role)
	}
	return serve.Offer{}, ui.Errorf("socket-serves-others", ui.NoSuchRole, "the socket does not serve the role %s", ui.Clean(r.Role)).
		With(ui.Advice("it serves " + ui.Listed(names)))
}
