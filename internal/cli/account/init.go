package account

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/source"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// trustOptions say how the person confirms a map.
type trustOptions struct {
	sha256 string // the digest the map must have
	yes    bool
}

// check compares the map's digest with the required one, if any.
func (t trustOptions) check(origin source.Origin) error {
	if t.sha256 == "" || strings.EqualFold(t.sha256, origin.SHA256) {
		return nil
	}
	return ui.Errorf("map-digest-differs", ui.Refused, "the access map's SHA-256 is %s, not %s", origin.SHA256, ui.Clean(t.sha256)).
		With(ui.Advice("get the right digest, or the right map, from the map's owner"))
}

// NewInit is `init`.
func NewInit(env *cli.Env) *cobra.Command {
	var (
		from  string
		trust trustOptions
	)
	cmd := &cobra.Command{
		Use:   "init --from FILE|URL",
		Short: "Fetch your organisation's access map",
		Long: `Fetches the access map from a file or over https, checks it, shows what it makes dbxaccess trust (identity
providers, IAM Identity Center, sources of workload tokens, workspaces, AWS accounts) and asks before it is used. A
newer version asks again if it gives more: another ARN, dataset or host, a role for another group. Where there is no
terminal, confirm it with --sha256 or --yes. Without --from, the map is fetched again from where it came.`,
		Example: `  dbxaccess init --from https://git.example.com/platform/access-map.yaml
  dbxaccess init --from access-map.yaml --sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			m, err := fetchMap(cmd.Context(), env, from, trust)
			if err != nil {
				return err
			}
			next := "dbxaccess login"
			if len(m.People()) == 0 {
				next = "dbxaccess roles" // workload identities need no login
			}
			env.Console.Info("The access map has %s, %s and %s. Next: %s",
				ui.Count(len(m.Identities), "identity", "identities"), ui.Count(len(m.Roles), "role", "roles"), ui.Count(len(m.Datasets), "dataset", "datasets"), next)
			return nil
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "`file or https URL` of the access map")
	cmd.Flags().StringVar(&trust.sha256, "sha256", "", "accept the map only if its SHA-256 is this `digest` (64 hex digits)")
	cmd.Flags().BoolVar(&trust.yes, "yes", false, "trust the map without being asked")
	return cmd
}

// fetchMap fetches the map, has the person agree to it where it asks for that, and keeps a copy. Without from, it fetches from
// where the map last came.
func fetchMap(ctx context.Context, env *cli.Env, from string, trust trustOptions) (*accessmap.Map, error) {
	settings, err := env.Settings()
	if err != nil {
		return nil, err
	}
	dir := settings.Dir
	// A copy that does not load confirms nothing: only its address is used.
	agreed, err := source.LoadCopy(dir)
	if err != nil && !errors.Is(err, source.ErrNoCopy) {
		env.Console.Warn(ui.Warning{ID: "map-copy-unusable", What: err.Error(), Why: "treating it as a new map"})
		if origin, originErr := source.LoadOrigin(dir); from == "" && originErr == nil {
			from = origin.From
		}
	}
	if from == "" {
		if agreed == nil {
			return nil, ui.Errorf("map-origin-missing", ui.Usage, "no access map yet: --from is required").
				With(ui.Command("dbxaccess init --from FILE|URL"))
		}
		from = agreed.Origin.From
	}
	offer, err := source.Look(ctx, env.HTTP(accessmap.MaxSize), from, agreed)
	if err != nil {
		return nil, err
	}
	if offer.Same {
		if err := trust.check(offer.Origin); err != nil {
			return nil, err
		}
		return offer.Map, offer.Keep(dir, env.Now())
	}
	if offer.Origin.Display() != offer.Origin.From {
		env.Console.Warn(ui.Warning{
			ID:   "map-address-query",
			What: "the address has a query, which is stored unencrypted in " + filepath.Join(dir, source.OriginName),
			Why:  "it must hold no secret",
		})
	}
	if err := confirm(ctx, env, offer, trust); err != nil {
		return nil, err
	}
	return offer.Map, offer.Keep(dir, env.Now())
}

// confirm asks the person about a map that gives more than the one they agreed to.
func confirm(ctx context.Context, env *cli.Env, offer *source.Offer, trust trustOptions) error {
	if trust.sha256 != "" {
		return trust.check(offer.Origin)
	}
	from := offer.Origin.Display()
	command := "dbxaccess init --from " + ui.Word(from) + " --sha256 " + offer.Origin.SHA256
	if from != offer.Origin.From {
		command = "dbxaccess init --from the same address --sha256 " + offer.Origin.SHA256
	}
	if offer.Older {
		return offer.Refusal().With(ui.Advice("ask the map's owner; to go back to it all the same: " + command))
	}
	if !offer.Asks() {
		cli.TellChanges(env, offer)
		return nil
	}
	question := showOffer(env, offer)
	if trust.yes {
		return nil
	}
	if !env.Streams.Interactive {
		return ui.Errorf("map-unconfirmed", ui.Refused, "the access map needs your confirmation, but there is no terminal").
			With(ui.Advice("after checking what it names: " + command))
	}
	answer, err := env.Streams.Ask(ctx, question)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if answer = strings.ToLower(strings.TrimSpace(answer)); err != nil || answer != "y" && answer != "yes" {
		return ui.Errorf("map-refused", ui.Refused, "access map not accepted").With(ui.Command(command))
	}
	return nil
}
