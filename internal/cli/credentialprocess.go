package cli

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// processCredentials is the contract of credential_process
// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html).
type processCredentials struct {
	Version         int
	AccessKeyId     string //nolint:revive,staticcheck // AWS's spelling is the contract
	SecretAccessKey string
	SessionToken    string
	Expiration      string
	AccountId       string `json:",omitempty"` //nolint:revive,staticcheck // as above
}

func newCredentialProcess(a *app) *cobra.Command {
	var r broker.Request
	cmd := &cobra.Command{
		Use:   "credential-process --role ROLE",
		Short: "Print credentials for the AWS CLI and SDKs (credential_process)",
		Long: `Prints one JSON object as the AWS CLI and SDKs expect it of a credential_process. It never asks
anything: if a login is needed, it says so on stderr and exits with 4.`,
		Example: `  dbxaccess credential-process --role ml-trainer --identity acme
  dbxaccess credential-process --role ml-trainer --scope churn`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if r.Role == "" {
				return ui.Fault(ui.Usage, cmd.UseLine(), "--role is missing")
			}
			b, err := a.Broker(cmd.Context())
			if err != nil {
				return err
			}
			c, err := b.Credentials(cmd.Context(), r)
			if err != nil {
				return err
			}
			return json.NewEncoder(a.Streams.Out).Encode(processCredentials{
				Version: 1, AccessKeyId: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey.Reveal(),
				SessionToken: c.SessionToken.Reveal(), Expiration: c.Expires.UTC().Format(time.RFC3339), AccountId: c.AccountID,
			})
		},
	}
	cmd.Flags().StringVar(&r.Role, "role", "", "role of the access map")
	_ = cmd.RegisterFlagCompletionFunc("role", a.completeRoles)
	a.identityFlag(cmd, &r.Identity)
	scopeFlag(cmd, &r.Scope)
	return cmd
}

func scopeFlag(cmd *cobra.Command, value *[]string) {
	cmd.Flags().Var(&scope{names: value}, "scope", "narrow the AWS credentials to these `datasets` of the role; may be repeated")
}

// scope is a list of datasets that can't be emptied by accident: `--scope "$UNSET"` must not mean everything.
type scope struct{ names *[]string }

func (s *scope) String() string {
	if s.names == nil {
		return ""
	}
	return strings.Join(*s.names, ",")
}
func (s *scope) Type() string { return "datasets" }
func (s *scope) Set(value string) error {
	for name := range strings.SplitSeq(value, ",") {
		if name == "" {
			return errors.New("it names no dataset")
		}
		*s.names = append(*s.names, name)
	}
	return nil
}
