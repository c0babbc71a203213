package account

import (
	"context"
	"fmt"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/source"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/config/settings"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// takenMap is a map that was taken, and what comes next.
type takenMap struct {
	From       string `json:"from"`
	SHA256     string `json:"sha256"`
	SignedBy   string `json:"signed_by,omitempty"`
	Changed    bool   `json:"changed"` // it is not the copy that was there
	Identities int    `json:"identities"`
	Roles      int    `json:"roles"`
	Datasets   int    `json:"datasets"`
	InUse      string `json:"in_use"` // the file that the map is read from
	Named      bool   `json:"named"`  // that file is another, which DBXACCESS_MAP names
	Next       string `json:"next"`

	first  bool
	people bool // somebody can sign in by it
	signer string
}

func taken(env *cli.Env, offer *source.Offer) (*takenMap, error) {
	inUse, named, err := env.MapFile()
	if err != nil {
		return nil, err
	}
	m, o := offer.Map, offer.Origin
	t := &takenMap{
		From: o.Display(), SHA256: o.SHA256, SignedBy: o.SignedBy, Changed: !offer.Same, InUse: inUse, Named: named, Next: nextBy(m),
		Identities: len(m.Identities), Roles: len(m.Roles), Datasets: len(m.Datasets),
		first: offer.First, people: len(m.People()) > 0, signer: o.Signer(),
	}
	if named {
		t.Next = "unset " + settings.MapVariable
	}
	return t, nil
}

// nextBy is the command that a map is used with: workload identities need no login.
func nextBy(m *accessmap.Map) string {
	if len(m.People()) == 0 {
		return "dbxaccess roles"
	}
	return "dbxaccess login"
}

// goOn says what was taken, and signs a person in who has their first map, if they want that; yes: they want to be asked nothing.
func (t *takenMap) goOn(ctx context.Context, env *cli.Env, yes bool) error {
	if t.signer != "" {
		env.Console.Info("The access map is signed by %s.", t.signer)
	}
	holds := fmt.Sprintf("The access map has %s, %s and %s.",
		ui.Count(t.Identities, "identity", "identities"), ui.Count(t.Roles, "role", "roles"), ui.Count(t.Datasets, "dataset", "datasets"))
	if t.Named {
		env.Console.Info("%s", holds)
		env.Console.Warn(ui.Warning{
			ID: "map-not-in-use", Subject: settings.MapVariable, What: "names another map, " + t.InUse + ", and that one is in use",
			Why: "to use the one that you have just taken", Fix: ui.Command(t.Next),
		})
		return nil
	}
	if !t.first || !t.people || yes || !env.Streams.Interactive {
		env.Console.Info("%s Next: %s", holds, t.Next)
		return nil
	}
	env.Console.Info("%s", holds)
	answer, err := env.Streams.Ask(ctx, "Sign in now? [Y/n] ")
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if answer = strings.ToLower(strings.TrimSpace(answer)); err != nil || answer != "" && answer != "y" && answer != "yes" {
		env.Console.Info("Next: %s", t.Next)
		return nil
	}
	return runLogin(ctx, env, loginOptions{flow: accessmap.FlowAuto, mapFresh: true})
}
