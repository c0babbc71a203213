package account

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

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
		said   address
		output string
		trust  trustOptions
	)
	cmd := &cobra.Command{
		Use:   "init [FILE|URL]",
		Short: "Fetch your organisation's access map",
		Long: `Fetches the access map, checks it, shows what it makes dbxaccess trust (identity providers, IAM Identity Center,
sources of workload tokens, workspaces, AWS accounts) and asks before it is used; on a terminal it goes on to sign you in. A
newer version asks again if it gives more: another ARN, dataset or host, a role for another group. Where there is no
terminal, confirm it with --sha256 or --yes. Without an address, the map is fetched again from where it came.

It comes from a file, over https, from a git repository as you reach it (git+ssh://, git+https://; two slashes part the
repository from the file), from S3 as you reach it, or is what a command prints, which then runs again, without a shell,
whenever the map is compared.

With --signed-by, each version of the map has to be signed by that minisign key, this one and all to come, wherever they
come from; the signature lies beside the map, with .minisig after its name. Only another --signed-by, or --unsigned,
changes that.`,
		Example: `  dbxaccess init https://git.example.com/platform/access-map.yaml
  dbxaccess init 'git+ssh://git@git.example.com/acme/platform.git//access-map.yaml?ref=main'
  dbxaccess init 's3://acme-platform/access-map.yaml?profile=sso'
  dbxaccess init --from-command "gh api -H 'Accept: application/vnd.github.raw' repos/acme/platform/contents/map.yaml"
  dbxaccess init access-map.yaml --sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
  dbxaccess init access-map.yaml --signed-by RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3`,
		Args: cli.MaybeOne("file or address"),
		RunE: func(cmd *cobra.Command, args []string) error {
			trust.keyed = cmd.Flags().Changed("signed-by")
			from, err := said.wanted(args, cmd.Flags().Changed)
			if err == nil {
				_, _, err = env.MapFile() // before anybody is asked: no map can be used while the variable names an address
			}
			if err != nil {
				return err
			}
			offer, err := fetchMap(cmd.Context(), env, from, trust)
			if err != nil {
				return err
			}
			t, err := taken(env, offer)
			if err != nil {
				return err
			}
			if output == "json" {
				return ui.PrintJSON(env.Streams.Out, t)
			}
			return t.goOn(cmd.Context(), env, trust.yes)
		},
	}
	cmd.Flags().StringVar(&said.from, "from", "", "`file or address` of the access map, as the argument")
	cmd.Flags().StringVar(&said.command, "from-command", "", "take what this `command` prints as the access map, now and whenever it is compared")
	cmd.Flags().StringVar(&said.signature, "signature-command", "", "with --from-command: this `command` prints the signature")
	cmd.Flags().StringVar(&trust.sha256, "sha256", "", "accept the map only if its SHA-256 is this `digest` (64 hex digits)")
	cmd.Flags().StringVar(&trust.signedBy, "signed-by", "", "take only maps signed with this minisign `key`, from now on")
	cmd.Flags().BoolVar(&trust.unsigned, "unsigned", false, "take maps without a signature again")
	cmd.Flags().BoolVar(&trust.yes, "yes", false, "trust the map without being asked, and ask nothing else")
	cli.OutputFlag(cmd, &output)
	return cli.ForPeople(env, cmd)
}

// fetchMap fetches the map, has the person agree to it where it asks for that, and keeps a copy. Without from, it fetches from
// where the map last came.
func fetchMap(ctx context.Context, env *cli.Env, from source.Wanted, trust trustOptions) (*source.Offer, error) {
	settings, err := env.Settings()
	if err != nil {
		return nil, err
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
	wanted := last.Wanted()
	if from.From != "" {
		wanted = from
	}
	if wanted.From == "" {
		return nil, ui.Errorf("map-origin-missing", ui.Usage, "no access map yet: its file or address is missing").
			With(ui.Command("dbxaccess init FILE|URL"))
	}
	if wanted.SignedBy, err = trust.key(last.SignedBy); err != nil {
		return nil, err
	}
	offer, err := source.Look(ctx, env.MapTools(0), wanted, agreed)
	if err != nil {
		return nil, err
	}
	if err := env.Version.Serves(offer.Map.Defaults.MinVersion); err != nil { // before it takes the place of one that is of use
		return nil, err
	}
	if err := agree(ctx, env, dir, offer, trust); err != nil {
		return nil, err
	}
	return offer, offer.Keep(dir, env.Now())
}

// agree warns of the address's query, and has the person agree to what is not the copy.
func agree(ctx context.Context, env *cli.Env, dir string, offer *source.Offer, trust trustOptions) error {
	if offer.Same {
		return trust.check(offer.Origin)
	}
	if offer.Origin.HoldsQuery() {
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
	agreed, err := env.Streams.Confirm(ctx, question)
	if err != nil {
		return err
	}
	if !agreed {
		return ui.Errorf("map-refused", ui.Refused, "access map not accepted").With(ui.Command(command))
	}
	return nil
}
