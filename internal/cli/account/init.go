package account

import (
	"cmp"
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
	sha256   string // the digest the map must have
	yes      bool
	keyed    bool   // a key is named
	signedBy string // the key that has to have signed it, from now on
	unsigned bool   // no key is needed any more
}

// key is the one that has to have signed the map: what the person says, else what they said last.
func (t trustOptions) key(last string) (string, error) {
	switch {
	case t.unsigned && t.keyed:
		return "", ui.Errorf("map-key-and-none", ui.Usage, "--signed-by and --unsigned contradict one another").
			With(ui.Command("dbxaccess init --signed-by " + ui.Word(ui.Clean(t.signedBy))))
	case t.keyed: // even if it is empty, as an unset variable is
		return source.Key(t.signedBy)
	case t.unsigned:
		return "", nil
	}
	return last, nil
}

// flags are those that say so, with a blank after each.
func (t trustOptions) flags() string {
	switch {
	case t.keyed:
		return "--signed-by " + t.signedBy + " "
	case t.unsigned:
		return "--unsigned "
	}
	return ""
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
terminal, confirm it with --sha256 or --yes. Without --from, the map is fetched again from where it came.

With --signed-by, each version of the map has to be signed by that minisign key, this one and all to come, wherever they
come from; the signature lies beside the map, with .minisig after its name. Only another --signed-by, or --unsigned,
changes that.`,
		Example: `  dbxaccess init --from https://git.example.com/platform/access-map.yaml
  dbxaccess init --from access-map.yaml --sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
  dbxaccess init --from access-map.yaml --signed-by RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			trust.keyed = cmd.Flags().Changed("signed-by")
			m, signer, err := fetchMap(cmd.Context(), env, from, trust)
			if err != nil {
				return err
			}
			if signer != "" {
				env.Console.Info("The access map is signed by %s.", signer)
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
	cmd.Flags().StringVar(&trust.signedBy, "signed-by", "", "take only maps signed with this minisign `key`, from now on")
	cmd.Flags().BoolVar(&trust.unsigned, "unsigned", false, "take maps without a signature again")
	cmd.Flags().BoolVar(&trust.yes, "yes", false, "trust the map without being asked")
	return cli.ForPeople(env, cmd)
}

// fetchMap fetches the map, has the person agree to it where it asks for that, and keeps a copy. Without from, it fetches from
// where the map last came. signer is who signed it, for a person.
func fetchMap(ctx context.Context, env *cli.Env, from string, trust trustOptions) (m *accessmap.Map, signer string, err error) {
	settings, err := env.Settings()
	if err != nil {
		return nil, "", err
	}
	dir := settings.Dir
	// A copy that does not load confirms nothing: only its address and its key are used.
	agreed, copyErr := source.LoadCopy(dir)
	last, err := source.LoadOrigin(dir)
	why := "treating it as a new map"
	if err != nil {
		last, why = &source.Origin{}, why+"; if it had to be signed, say so again with --signed-by"
	}
	if copyErr != nil && !errors.Is(copyErr, source.ErrNoCopy) {
		env.Console.Warn(ui.Warning{ID: "map-copy-unusable", What: copyErr.Error(), Why: why})
	}
	if from = cmp.Or(from, last.From); from == "" {
		return nil, "", ui.Errorf("map-origin-missing", ui.Usage, "no access map yet: --from is required").
			With(ui.Command("dbxaccess init --from FILE|URL"))
	}
	key, err := trust.key(last.SignedBy)
	if err != nil {
		return nil, "", err
	}
	offer, err := source.Look(ctx, env.HTTP(accessmap.MaxSize), from, key, agreed)
	if err != nil {
		return nil, "", err
	}
	if err := agree(ctx, env, dir, offer, trust); err != nil {
		return nil, "", err
	}
	return offer.Map, offer.Origin.Signer(), offer.Keep(dir, env.Now())
}

// agree warns of the address's query, and has the person agree to what is not the copy.
func agree(ctx context.Context, env *cli.Env, dir string, offer *source.Offer, trust trustOptions) error {
	if offer.Same {
		return trust.check(offer.Origin)
	}
	if offer.Origin.Display() != offer.Origin.From {
		env.Console.Warn(ui.Warning{
			ID:   "map-address-query",
			What: "the address has a query, which is stored unencrypted in " + filepath.Join(dir, source.OriginName),
			Why:  "it must hold no secret",
		})
	}
	return confirm(ctx, env, offer, trust)
}

// confirm asks the person about a map that gives more than the one they agreed to.
func confirm(ctx context.Context, env *cli.Env, offer *source.Offer, trust trustOptions) error {
	if trust.sha256 != "" {
		return trust.check(offer.Origin)
	}
	command := offer.Origin.Init(trust.flags() + "--sha256 " + offer.Origin.SHA256)
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
