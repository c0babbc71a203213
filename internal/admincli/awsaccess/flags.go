// Package awsaccess is how the commands of dbxaccess-admin come to credentials of AWS accounts.
//
// In come three flags; out come sources of credentials for package live: roles of the access map, profiles of the AWS CLI, or
// what AWS gives this machine, and roles to take with these in other accounts. It must never read a profile's file, which may
// hold long-lived keys, or take such a key.
package awsaccess

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/drift/live"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/sts/awscli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Flags say with whose credentials AWS is asked.
type Flags struct{ as, profiles, roles []string }

// Add adds --as, --profile and --role.
func Add(env *cli.Env, cmd *cobra.Command) *Flags {
	f := &Flags{}
	cmd.Flags().StringSliceVar(&f.as, "as", nil, "ask AWS with the credentials of this `role` of the access map; may be repeated")
	cmd.Flags().StringSliceVar(&f.profiles, "profile", nil, "ask it with those of this `profile` of the AWS CLI; may be repeated")
	cmd.Flags().StringSliceVar(&f.roles, "role", nil, "take this role for its account, as in arn:aws:iam::{account}:role/auditor for any; may be repeated (an `ARN`)")
	_ = cmd.RegisterFlagCompletionFunc("as", env.CompleteRoles)
	return f
}

// Options are those of package live. Nothing is asked yet.
func (f *Flags) Options(env *cli.Env) (live.Options, error) {
	for _, role := range f.roles {
		if err := checkRole(role); err != nil {
			return live.Options{}, err
		}
	}
	client, machine, err := env.AWS()
	if err != nil {
		return live.Options{}, err
	}
	region, err := regionOf(env.Getenv)
	if err != nil {
		return live.Options{}, err
	}
	o := live.Options{
		HTTP: client.HTTP, Endpoint: env.Getenv("AWS_ENDPOINT_URL_IAM"), TrustedHosts: client.TrustedHosts, Hosts: client.Hosts,
		STS: client, Assume: f.roles, Progress: env.Console.Progress,
	}
	for _, role := range f.as {
		o.Sources = append(o.Sources, live.Source{Name: "role " + ui.Clean(role), Region: region, Get: func(ctx context.Context) (*sts.Credentials, error) {
			b, err := env.Broker(ctx)
			if err != nil {
				return nil, err
			}
			credentials, err := b.Credentials(ctx, broker.Request{Role: role})
			if ui.IDOf(err) == "role-unknown" {
				err = fmt.Errorf("--as takes a role of the map in use, which --map does not change: %w", err)
			}
			return credentials, err
		}})
	}
	profiles := f.profiles
	if named := env.Getenv("AWS_PROFILE"); named != "" && len(f.as)+len(profiles) == 0 {
		if env.Getenv("AWS_ACCESS_KEY_ID") == "" {
			profiles = []string{named}
		} else { // as AWS's own programs do
			env.Console.Info("Not used: AWS_PROFILE (%s), as the environment has keys, which come first.", ui.Clean(named))
		}
	}
	for _, profile := range profiles {
		o.Sources = append(o.Sources, live.Source{Name: "profile " + ui.Clean(profile), Region: region, Get: func(ctx context.Context) (*sts.Credentials, error) {
			return awscli.Credentials(ctx, profile, "read with a role of the access map: --as ROLE", env.Now())
		}})
	}
	if len(o.Sources) == 0 {
		o.Sources = []live.Source{{Name: "this machine", Region: region, Get: func(ctx context.Context) (*sts.Credentials, error) {
			credentials, err := machine.Credentials(ctx)
			if ui.CodeOf(err) == ui.LoginNeeded {
				err = ui.Errorf("aws-credentials-none", ui.LoginNeeded, "there is nothing to ask AWS with: %w", err).
					With(ui.Advice("read with a profile of the AWS CLI (--profile PROFILE, or AWS_PROFILE) or a role of the access map (--as ROLE); "+
						"--role ARN takes a role with these in another account",
						"or set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN"))
			}
			return credentials, err
		}}}
	}
	return o, nil
}

// checkRole refuses what can't be the ARN of a role, with or without {account}.
func checkRole(text string) error {
	parsed, err := arn.Parse(strings.ReplaceAll(text, "{account}", "111122223333"))
	name, ok := strings.CutPrefix(parsed.Resource, "role/")
	if err == nil && ok && name != "" && parsed.Service == "iam" && iam.IsAccount(parsed.AccountID) && text == ui.Clean(text) && !strings.ContainsAny(name, "{}*") {
		return nil
	}
	return ui.Errorf("drift-role-invalid", ui.Usage, "%q is not the ARN of a role", ui.Cut(ui.Clean(text), 200)).
		With(ui.Advice("write it as in arn:aws:iam::111122223333:role/auditor, or with {account} for the account's number"))
}

// regionOf is the region whose STS is asked: AWS's own variables name it.
func regionOf(getenv func(string) string) (string, error) {
	region := "us-east-1"
	for _, name := range []string{"AWS_DEFAULT_REGION", "AWS_REGION"} {
		if named := getenv(name); named != "" {
			region = named
		}
	}
	if !iam.IsRegion(region) {
		return "", ui.Errorf("region-invalid", ui.Failed, "AWS_REGION or AWS_DEFAULT_REGION names %q, which is no region of AWS", ui.Clean(region)).
			With(ui.Advice("correct or unset it"))
	}
	return region, nil
}
