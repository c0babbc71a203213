// Package revokecmd is the command that takes away what one person still holds.
//
// In come the name of a person and the record; out comes what is alive by it, the policies that deny it, and what they don't reach, as
// text or JSON. With --apply the policies are written into IAM, with --undo they are removed. It must never write without having been
// told to twice, by the flag and by the answer to a question or --yes.
package revokecmd

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/admincli/awsaccess"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/drift/live"
	"github.com/dbxaccess/dbxaccess/internal/revoke"
	"github.com/dbxaccess/dbxaccess/internal/revoke/apply"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// asked are the flags.
type asked struct {
	person, issuer, since string
	ahead                 time.Duration
	records               []string
	apply, undo, yes      bool
	output                string

	command string // the same again, in one line
}

// maxAhead bounds --ahead: nobody's ID token lives for longer.
const maxAhead = 24 * time.Hour

// New is `revoke`.
func New(env *cli.Env) *cobra.Command {
	var (
		a      asked
		access *awsaccess.Flags
	)
	cmd := &cobra.Command{
		Use:   "revoke PERSON",
		Short: "Take away what a person still holds, and nobody else's",
		Long: `Tells from the record what a person still holds, until when, and what ends it: AWS keys, consoles, workspace tokens, vended
credentials. For each AWS role it writes an inline policy that denies everything to the sessions that were issued to this person
until now; sessions of others, and those that the person is issued later, are not touched. PERSON is a name or an e-mail address
that the record has, from a sign-in or a session, a subject, or a key.

Take the person out of their groups at the identity provider first, and end their sessions there: these decide on what they can still get.

With --apply the policies are written into IAM and read back. Writing them again changes nothing. With --undo they are removed, once
the last session that they deny has ended.

Only what the record tells of is known. That of other machines is read with --record: their files, or what a sink of yours has got.`,
		Example: "  dbxaccess revoke alice@example.com\n" +
			"  dbxaccess revoke alice@example.com --record collected/ --ahead 1h --apply --profile admin\n" +
			"  dbxaccess revoke alice@example.com --since 2026-11-29T08:00:00Z -o json\n" +
			"  dbxaccess revoke alice@example.com --record collected/ --undo --profile admin",
		Args: cli.OneArg("person"),
		RunE: func(cmd *cobra.Command, args []string) error {
			a.person, a.command = args[0], cli.Again(cmd, "dbxaccess revoke", args[0])
			return run(cmd.Context(), env, a, access)
		},
	}
	cmd.Flags().StringVar(&a.issuer, "issuer", "", "the person's provider, by its `address`, where the record knows several of the name")
	cmd.Flags().StringVar(&a.since, "since", "", "only what was issued since a `time`: 24h, 7d, 2026-11-29, or 2026-11-29T08:00:00Z")
	cmd.Flags().DurationVar(&a.ahead, "ahead", 0, "deny what is issued within the next `duration`, too, as long as an ID token lives")
	cmd.Flags().StringSliceVar(&a.records, "record", nil, "read the record in this file or directory (a `path`) instead of this machine's; may be repeated")
	cmd.Flags().BoolVar(&a.apply, "apply", false, "write the policies into IAM")
	cmd.Flags().BoolVar(&a.undo, "undo", false, "remove them, where all that they deny has ended")
	cmd.Flags().BoolVar(&a.yes, "yes", false, "do it without being asked")
	access = awsaccess.Add(env, cmd)
	cli.FormatFlag(cmd, &a.output, "print a `table` for people or json with stable field names", "table", "json")
	return cmd
}

// answer is what -o json prints.
type answer struct {
	*revoke.Plan

	Results []apply.Result `json:"results,omitempty"`
}

func run(ctx context.Context, env *cli.Env, a asked, access *awsaccess.Flags) error {
	terms, err := termsOf(a, env.Now())
	if err != nil {
		return err
	}
	book, damaged, err := readRecords(env, a.records)
	if err != nil {
		return err
	}
	holder, err := book.Find(a.person, a.issuer)
	if err != nil {
		return err
	}
	plan := book.Of(holder, terms)
	if damaged > 0 {
		plan.Left = append(plan.Left, revoke.Unreached{
			What: "what " + ui.Count(damaged, "line", "lines") + " of the record told of", Why: "they are damaged or not what was written: dbxaccess audit verify",
		})
	}
	if a.output == "table" && !a.undo {
		if err := printPlan(env.Streams.Out, plan, a); err != nil {
			return err
		}
	}
	var results []apply.Result
	if a.apply || a.undo {
		if results, err = change(ctx, env, a, access, holder, plan); err != nil {
			return err
		}
	}
	if a.output == "json" {
		err = ui.PrintJSON(env.Streams.Out, answer{plan, results})
	} else {
		err = printResults(env.Streams.Out, results)
	}
	return errors.Join(err, failed(results))
}

// change writes the policies or removes them, after a question.
func change(ctx context.Context, env *cli.Env, a asked, access *awsaccess.Flags, holder *revoke.Holder, plan *revoke.Plan) ([]apply.Result, error) {
	var roles []string
	if a.undo {
		roles = holder.Roles()
	} else {
		for i := range plan.Denials {
			if d := &plan.Denials[i]; !d.Reserved() {
				roles = append(roles, d.RoleARN)
			}
		}
	}
	if len(roles) == 0 {
		return apply.Deny(ctx, nil, plan.Denials), nil // those that IAM does not write, if any
	}
	if err := confirm(ctx, env, a, roles); err != nil {
		return nil, err
	}
	o, err := access.Options(env)
	if err != nil {
		return nil, err
	}
	o.Policy, o.SessionName = apply.Policy(roles), "dbxaccess-revoke"
	accounts, err := live.Open(ctx, apply.Accounts(roles), o)
	if err != nil {
		return nil, err
	}
	for _, note := range accounts.NotTaken() {
		env.Console.Info("Note: %s.", note)
	}
	if a.undo {
		return apply.Undo(ctx, accounts, holder.PolicyName(), roles, env.Now()), nil
	}
	return apply.Deny(ctx, accounts, plan.Denials), nil
}

// confirm asks before anything is changed.
func confirm(ctx context.Context, env *cli.Env, a asked, roles []string) error {
	if a.yes {
		return nil
	}
	doing := "Write an inline policy at "
	if a.undo {
		doing = "Remove the inline policy, as far as it is over, at "
	}
	if !env.Streams.Interactive {
		return ui.Errorf("revoke-unconfirmed", ui.Refused, "IAM is changed after a question, and there is no terminal to ask at").With(ui.Command(a.command + " --yes"))
	}
	agreed, err := env.Streams.Confirm(ctx, doing+ui.Count(len(roles), "role", "roles")+" ("+ui.Cut(ui.Clean(strings.Join(roles, ", ")), 400)+")?")
	if err != nil {
		return err
	}
	if !agreed {
		return ui.Errorf("revoke-refused", ui.Refused, "nothing was changed").With(ui.Command(a.command))
	}
	return nil
}

// failed is the error of what was not done.
func failed(results []apply.Result) error {
	var errs []error
	for _, r := range results {
		switch r.State {
		case apply.Failed:
			errs = append(errs, r.Err)
		case apply.Kept:
			errs = append(errs, ui.Errorf("revoke-still-needed", ui.Failed, "the policy at %s stays: what it denies can live until %s", r.RoleARN, r.Until.Format(time.RFC3339)).
				With(ui.Advice("remove it then; to do it before, delete the inline policy "+r.PolicyName+" in IAM")))
		case apply.ByHand:
			errs = append(errs, ui.Errorf("revoke-by-hand", ui.Failed, "IAM does not let the policies of %s be changed", ui.Clean(r.RoleARN+r.PermissionSet)).
				With(ui.Advice("put the policy's statements into the permission set's inline policy in IAM Identity Center and provision it, or into a service control policy")))
		}
	}
	return errors.Join(errs...)
}
