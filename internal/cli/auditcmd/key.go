package auditcmd

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/audit/chain"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// signedWith is the object of `audit key -o json`.
type signedWith struct {
	Key  string `json:"key"`
	Head string `json:"head"` // "" where nothing was recorded yet
}

func newKey(env *cli.Env) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "key",
		Short: "Print the public key that the record is signed with",
		Long: `Prints the public half of the key in the keyring. Whoever keeps it elsewhere can verify the record without the keyring, and
after the keyring is lost: dbxaccess audit verify --key KEY. The head, which tells how far the record has come, is said on stderr, and is
in -o json: whoever keeps it elsewhere can show later that nothing up to it is missing or another, with audit verify --head HEAD.`,
		Example: "  dbxaccess audit key\n  dbxaccess audit key -o json",
		Args:    cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			known, err := env.RecordKnown(cmd.Context())
			if err != nil {
				return err
			}
			if known.Key == nil {
				return ui.Errorf("audit-no-key", ui.Failed, "the keyring has no key of a record: nothing was recorded yet, or by jobs alone, whose keys end with them").
					With(ui.Command("dbxaccess login"))
			}
			head := ""
			if known.Head != nil {
				head = known.Head.String()
			}
			if output == "json" {
				return json.NewEncoder(env.Streams.Out).Encode(signedWith{chain.Text(known.Key), head})
			}
			if head != "" {
				env.Console.Info("The head is %s.", head)
			}
			_, err = fmt.Fprintln(env.Streams.Out, chain.Text(known.Key))
			return err
		},
	}
	cli.OutputFlag(cmd, &output)
	return cmd
}
