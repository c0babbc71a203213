package mcpcmd

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// nothing is what a tool without arguments takes.
type nothing struct{}

// whoami is the answer of the tool of this name.
type whoami struct {
	Agent      string     `json:"agent" jsonschema:"the name by which you are known here: it decides what you get, and stands in the record"`
	Version    string     `json:"version" jsonschema:"of dbxaccess"`
	Map        string     `json:"map" jsonschema:"the file that the access map is read from"`
	Identities []identity `json:"identities" jsonschema:"the ways to sign in that the access map has"`
}

// identity is who is signed in at one identity of the map.
type identity struct {
	Identity string     `json:"identity"`
	SignedIn bool       `json:"signed_in" jsonschema:"whether somebody is, or the workload's token is here"`
	Person   string     `json:"person,omitempty" jsonschema:"who is signed in"`
	State    string     `json:"state,omitempty" jsonschema:"how the sign-in stands, in words"`
	Since    *time.Time `json:"signed_in_at,omitempty"`
	Roles    []string   `json:"roles" jsonschema:"that the person may take; what you get of them, list_roles says"`
	Next     string     `json:"next,omitempty" jsonschema:"the command that the person has to run for it"`
}

func (s *server) addWhoami(p *mcp.Server) {
	add(s, p, mcp.Tool{
		Name: "whoami", Annotations: reads("Who is signed in"),
		Description: "Says by which name you are known here, who is signed in at dbxaccess on this machine, and how that stands. Asks no server.",
	}, func(ctx context.Context, c *call, _ nothing) (whoami, error) {
		answer := whoami{Agent: c.agent, Version: c.Version.Number, Identities: []identity{}}
		b, err := c.Broker(ctx)
		if err != nil {
			return answer, err
		}
		view, err := b.View()
		if err != nil {
			return answer, err
		}
		if answer.Map, _, err = c.MapFile(); err != nil {
			return answer, err
		}
		answer.Map = ui.Clean(answer.Map)
		for _, name := range slices.Sorted(maps.Keys(view.Map.Identities)) {
			answer.Identities = append(answer.Identities, identityOf(ctx, b, view, view.Map.Identities[name]))
		}
		return answer, nil
	})
}

func identityOf(ctx context.Context, b *broker.Broker, view *access.View, of *accessmap.Identity) identity {
	one := identity{Identity: of.Name, Roles: []string{}}
	provider := access.ProviderOf(view.Map, of)
	if !of.Method().SignsIn() {
		one.SignedIn = b.TokenHere(provider)
		one.State = "a workload's token, from " + ui.Clean(of.Token.From)
		return one
	}
	signIn, err := view.SignIn(ctx, of)
	if err != nil {
		one.State, one.Next = ui.Clean(err.Error()), ui.FixOf(err).Clean().String()
		return one
	}
	standing := b.Standing(provider, signIn.Session)
	one.SignedIn, one.Person, one.Since = true, ui.Clean(signIn.Session.Display()), &signIn.Session.SignedIn
	one.State = ui.Clean(access.SessionWords(signIn.Session, standing))
	if access.StateOf(standing) == access.Over {
		one.SignedIn, one.Next = false, "dbxaccess login --identity "+of.Name
	}
	one.Roles = append(one.Roles, signIn.Roles()...)
	return one
}
