package awsaccess

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// One says with whose credentials a single account is asked.
type One struct{ As, profile string }

// AddOne adds --as and --profile for one each.
func AddOne(env *cli.Env, cmd *cobra.Command) *One {
	f := &One{}
	cmd.Flags().StringVar(&f.As, "as", "", "ask with the credentials of this `role` of the access map")
	cmd.Flags().StringVar(&f.profile, "profile", "", "ask AWS with those of this `profile` of the AWS CLI")
	_ = cmd.RegisterFlagCompletionFunc("as", env.CompleteRoles)
	return f
}

// Source gives the credentials, and says which of AWS's hosts are asked. Where no flag names any, they are what AWS gives
// this machine.
func (f *One) Source(env *cli.Env) (get func(ctx context.Context) (*sts.Credentials, error), hosts iam.Hosts, err error) {
	many := &Flags{}
	if f.As != "" {
		many.as = []string{f.As}
	}
	if f.profile != "" {
		many.profiles = []string{f.profile}
	}
	o, err := many.Options(env)
	if err != nil {
		return nil, iam.Hosts{}, err
	}
	if len(o.Sources) != 1 {
		return nil, iam.Hosts{}, ui.Errorf("aws-source-several", ui.Usage, "--as and --profile name two sources of credentials, and one is asked with").
			With(ui.Advice("leave one of them out"))
	}
	return o.Sources[0].Get, o.Hosts, nil
}
