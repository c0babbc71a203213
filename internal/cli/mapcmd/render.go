package mapcmd

import (
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/render"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Formats of map render.
const (
	asTerraform      = "terraform"
	asCloudFormation = "cloudformation"
	asJSON           = "json"
)

type renderOptions struct {
	file, format, account string
	subjects              []string
}

func newMapRender(env *cli.Env) *cobra.Command {
	var o renderOptions
	cmd := &cobra.Command{
		Use:   "render [ROLE…]",
		Short: "Write what has to stand at AWS and Databricks, as Terraform, CloudFormation or JSON",
		Long: `Writes what the map needs to hold: identity providers, IAM roles with trust and permissions, instance profiles, and on
Databricks' side storage credentials and federation policies; for the named roles and those on the way to them, or for all.

To set the policy of a key, a bucket or a permission set is to replace it whole, so what these need is handed out, to be
merged where they are written. What the map says and nobody can hold stands in a comment that begins with NOT HELD.

Terraform gets a module, which has a provider for each account; a template of CloudFormation is for one account. Nothing of what
is written was ever applied to an account of AWS or Databricks by the authors of dbxaccess: read the plan.`,
		Example: `  dbxaccess map render > dbxaccess/main.tf
  dbxaccess map render ml-trainer --format cloudformation --account 111122223333 > roles.yaml
  dbxaccess map render --format json --map access-map.yaml`,
		ValidArgsFunction: completeAnyRole(env),
		PersistentPreRun:  func(*cobra.Command, []string) {}, // not that of map: here garbage that stands for long is memory that is missed
		RunE:              func(_ *cobra.Command, args []string) error { return renderMap(env, o, args) },
	}
	cli.WordFlag(cmd, &o.format, "format", "", "write a module for `terraform`, a template for cloudformation, or json with stable field names",
		asTerraform, asCloudFormation, asJSON)
	cmd.Flags().StringVar(&o.account, "account", "", "write the template of this AWS `account`, where the map has several")
	cli.SubjectFlag(cmd, &o.subjects)
	fileFlag(cmd, &o.file)
	return cmd
}

func renderMap(env *cli.Env, o renderOptions, roles []string) error {
	if o.account != "" && o.format != asCloudFormation {
		return ui.Errorf("account-without-template", ui.Usage, "--account is for CloudFormation, whose templates are for one account").
			With(ui.Advice("add --format cloudformation, or leave out --account"))
	}
	m, err := mapFrom(env, o.file)
	if err != nil {
		return err
	}
	if len(roles) == 0 {
		roles = nil // all
	}
	state, err := desired.Of(m, roles, desired.Options{Now: env.Now(), Subjects: o.subjects})
	if err != nil {
		return known(err, o.file)
	}
	switch o.format {
	case asJSON:
		return ui.PrintJSON(env.Streams.Out, render.JSON(state))
	case asCloudFormation:
		err = printTemplate(env, o, roles, state)
	default:
		_, err = io.WriteString(env.Streams.Out, render.Terraform(state))
	}
	if err == nil && len(state.Gaps) > 0 {
		note(env, fmt.Sprintf("The map says %s that nobody can hold there; NOT HELD in the comments tells which.", ui.Count(len(state.Gaps), "thing", "things")), "")
	}
	return err
}

func printTemplate(env *cli.Env, o renderOptions, roles []string, state *desired.State) error {
	accounts, account := render.Accounts(state), o.account
	as := func(format string, more ...string) string {
		return again(o.file, slices.Concat([]string{"render"}, roles, []string{"--format", format}, more, withSubjects(o.subjects))...)
	}
	if len(accounts) == 0 {
		return ui.Errorf("template-empty", ui.Failed, "nothing of this has to stand in an account of AWS").
			With(ui.Command(as(asJSON)))
	}
	if account == "" && len(accounts) == 1 {
		account = accounts[0]
	}
	var each []string
	for _, one := range accounts {
		each = append(each, as(asCloudFormation, "--account", one))
	}
	switch {
	case account == "":
		return ui.Errorf("account-missing", ui.Usage, "a template is for one account, and this stands in %d", len(accounts)).With(ui.Command(each...))
	case !slices.Contains(accounts, account):
		return ui.Errorf("account-not-in-map", ui.Usage, "nothing of this has to stand in the account %s", ui.Named(account)).With(ui.Command(each...))
	}
	template, resources := render.CloudFormation(state, account)
	if resources > render.MaxResources || len(template) > render.MaxTemplate {
		return ui.Errorf("template-too-large", ui.Failed, "the template would have %d resources and %d bytes; CloudFormation takes %d and %d",
			resources, len(template), render.MaxResources, render.MaxTemplate).
			With(ui.Advice("render some of the roles at a time: dbxaccess map render ROLE… --format cloudformation"))
	}
	_, err := io.WriteString(env.Streams.Out, template)
	if err == nil && len(template) > render.MaxDirect {
		note(env, fmt.Sprintf("The template has %d bytes. CloudFormation takes %d at most with a request, and more by way of S3:", len(template), render.MaxDirect),
			"aws cloudformation deploy --s3-bucket BUCKET --capabilities CAPABILITY_NAMED_IAM --template-file FILE --stack-name NAME")
	}
	return err
}
