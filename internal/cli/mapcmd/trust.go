package mapcmd

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/render"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// trustJSON is the contract of `map trust -o json`.
type trustJSON struct {
	Role              string                  `json:"role"`
	RoleARN           string                  `json:"role_arn"`
	Roles             []string                `json:"roles"` // of the map, that stand on the IAM role
	Trust             iam.Document            `json:"trust_policy"`
	MaxSessionSeconds int                     `json:"max_session_seconds"`
	Providers         []render.ProviderObject `json:"providers"` // that the policy names
	Gaps              []render.GapObject      `json:"gaps"`
}

func newMapTrust(env *cli.Env) *cobra.Command {
	var (
		file, output string
		subjects     []string
		context      bool
	)
	cmd := &cobra.Command{
		Use:   "trust ROLE",
		Short: "Print the trust policy that the role's IAM role needs",
		Long: `Prints the trust policy that lets in whom the map gives the role, and nobody else; where that is nobody, one that lets in nobody. The IAM role has one trust policy, so it is
for all roles of the map that stand on it. What the map says and IAM can't hold is told on stderr. AWS does not see
groups: --subject lists the people, by the claim sub of their ID tokens, where nothing else tells them apart.

With --context it prints the context provider of the identity provider instead, as input for the AWS CLI. It has STS put into
each session who signed in, in a way that the caller can't forge. No context provider of ours was ever run against AWS.`,
		Example: `  dbxaccess map trust ml-trainer
  dbxaccess map trust ml-trainer --subject 00u1alice --subject 00u1bob
  aws iam update-assume-role-policy --role-name ml-trainer --policy-document "$(dbxaccess map trust ml-trainer)"
  aws iam update-open-id-connect-provider --cli-input-json "$(dbxaccess map trust ml-trainer --context)"`,
		Args: cli.OneArg("role"), ValidArgsFunction: env.CompleteRoles,
		RunE: func(_ *cobra.Command, args []string) error {
			m, err := mapFrom(env, file)
			if err != nil {
				return err
			}
			state, err := desired.Of(m, args, desired.Options{Now: env.Now(), Subjects: subjects})
			if err != nil {
				return known(err, file)
			}
			role, err := trustedRole(m, state, args[0])
			if err != nil {
				return err
			}
			providers := providersOf(state, role.Trust)
			if output == "json" {
				return ui.PrintJSON(env.Streams.Out, trustJSON{
					args[0], role.ARN, role.For, role.Trust, int(role.MaxSession.Seconds()),
					render.JSON(&desired.State{Providers: providers}).Providers, render.GapsJSON(state.Gaps),
				})
			}
			if context {
				return printContext(env, file, args[0], providers)
			}
			if err := ui.PrintJSON(env.Streams.Out, role.Trust); err != nil {
				return err
			}
			tellTrust(env, file, args[0], subjects, state, role, providers)
			return nil
		},
	}
	fileFlag(cmd, &file)
	cli.SubjectFlag(cmd, &subjects)
	cmd.Flags().BoolVar(&context, "context", false, "print the context provider of the identity provider instead")
	cli.OutputFlag(cmd, &output)
	return cmd
}

// trustedRole is the IAM role of a role.
func trustedRole(m *accessmap.Map, state *desired.State, name string) (*desired.Role, error) {
	i := slices.IndexFunc(state.Roles, func(r desired.Role) bool { return slices.Contains(r.For, name) })
	if i < 0 {
		fix := ui.Advice("ask for a role that has aws.role_arn")
		if aws := m.Roles[name].AWS; aws != nil && aws.RoleName != "" {
			return nil, ui.Errorf("trust-not-ours", ui.Failed, "the role %s stands on a permission set of IAM Identity Center, which writes the trust policy itself", name).
				With(fix)
		}
		return nil, ui.Errorf("trust-without-role", ui.Failed, "the role %s has no IAM role of AWS, so there is no trust policy to write", name).With(fix)
	}
	return &state.Roles[i], nil
}

// providersOf are those that a trust policy names.
func providersOf(state *desired.State, trust iam.Document) []desired.Provider {
	return slices.DeleteFunc(slices.Clone(state.Providers), func(p desired.Provider) bool {
		return !slices.ContainsFunc(trust.Statement, func(s iam.Statement) bool { return slices.Contains(s.Principal["Federated"], p.ARN) })
	})
}

// tellTrust says what the policy stands on, and what it does not hold.
func tellTrust(env *cli.Env, file, name string, subjects []string, state *desired.State, role *desired.Role, providers []desired.Provider) {
	note(env, "This is the trust policy of "+role.ARN+".", "")
	if others := slices.DeleteFunc(slices.Clone(role.For), func(other string) bool { return other == name }); len(others) > 0 {
		note(env, "It is for "+strings.Join(others, ", ")+" too, which stands on the same IAM role.", "")
	}
	for _, p := range providers {
		note(env, "It needs the identity provider "+p.ARN+", with the audiences "+strings.Join(p.Audiences, ", ")+".", "")
		if p.Context != nil && p.Context.Needed {
			note(env, "The provider needs its context provider, or the policy lets nobody in:", again(file, "trust", name, "--context"))
		}
	}
	for _, before := range state.Roles {
		if before.ARN != role.ARN && len(before.For) > 0 {
			words := append([]string{"trust", before.For[0]}, withSubjects(subjects)...)
			note(env, "The way leads through another role, which has a trust policy of its own:", again(file, words...))
		}
	}
	for _, gap := range state.Gaps {
		env.Console.Warn(warningOf(gap))
	}
}

func warningOf(gap desired.Gap) ui.Warning {
	w := ui.Warning{ID: ui.ID(gap.ID), What: gap.What}
	if gap.Role != "" {
		w.Subject, w.What = "role "+gap.Role+":", gap.What
	}
	if gap.Fix != "" {
		w.Fix = ui.Advice(gap.Fix)
	}
	return w
}

// contextInput is what AWS's command line reads with --cli-input-json:
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateOpenIDConnectProvider.html
type contextInput struct {
	OpenIDConnectProviderArn string
	ContextProvider          json.RawMessage
}

func printContext(env *cli.Env, file, name string, providers []desired.Provider) error {
	printed := false
	for _, p := range providers {
		if p.Context == nil {
			continue
		}
		printed = true
		if err := ui.PrintJSON(env.Streams.Out, contextInput{p.ARN, json.RawMessage(render.ContextJSON(p.Context))}); err != nil {
			return err
		}
	}
	if !printed {
		return ui.Errorf("context-none", ui.Failed, "the trust policy of %s names no provider that could have a context provider", name).
			With(ui.Command(again(file, "trust", name)))
	}
	return nil
}
