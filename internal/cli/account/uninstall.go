package account

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/beside"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/footprint"
	"github.com/dbxaccess/dbxaccess/internal/profiles"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// uninstalling is the command line.
type uninstalling struct {
	dryRun, yes, record bool
	output              string
}

// NewUninstall is `uninstall`.
func NewUninstall(env *cli.Env) *cobra.Command {
	var u uninstalling
	cmd := &cobra.Command{
		Use:   "uninstall",
		Short: "Sign out, and remove what dbxaccess left here",
		Long: `Lists what dbxaccess left on this machine, asks, and removes it: sign-ins and credentials in the keyring, entries in the AWS
and Databricks config files, kernels, programs, completions, entries of coding agents, the copy of the access map, and your
settings. What dbxaccess did not write stays as it is. The record of what was issued to you stays, too, with its key, unless --record
is given; so do static keys that doctor --secrets --fix moved out of use.

The program itself, and lines in the files of your shell, are yours to remove: it says which. What was interrupted is finished by
running it again.`,
		Example: "  dbxaccess uninstall --dry-run\n  dbxaccess uninstall",
		Args:    cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return u.run(cmd.Context(), env)
		},
	}
	cmd.Flags().BoolVar(&u.dryRun, "dry-run", false, "list it, and remove nothing")
	cmd.Flags().BoolVar(&u.yes, "yes", false, "without the question")
	cmd.Flags().BoolVar(&u.record, "record", false, "also remove the record of what was issued")
	cmd.MarkFlagsMutuallyExclusive("dry-run", "yes")
	cli.OutputFlag(cmd, &u.output)
	return cli.ForPeople(env, cmd)
}

func (u uninstalling) run(ctx context.Context, env *cli.Env) error {
	left, err := u.look(ctx, env)
	if err != nil {
		return err
	}
	warnOfRunning(env, left.Running)
	if len(left.Removes) == 0 && u.output != "json" {
		env.Console.Info("There is nothing of dbxaccess to remove.")
		return u.show(env, left)
	}
	if u.dryRun {
		return u.show(env, left)
	}
	if err := u.confirm(ctx, env, left); err != nil {
		return err
	}
	failed := u.remove(context.WithoutCancel(ctx), env, left)
	if u.output == "json" {
		return errors.Join(u.show(env, left), failed)
	}
	if failed != nil {
		return failed
	}
	env.Console.Info("dbxaccess: all of it was removed.")
	return showByHand(env.Streams.Err, left, env.Version.Module)
}

// confirm shows what goes, and asks.
func (u uninstalling) confirm(ctx context.Context, env *cli.Env, left *leftovers) error {
	if u.yes {
		return nil
	}
	again := "dbxaccess uninstall"
	if u.record {
		again += " --record"
	}
	if !env.Streams.Interactive {
		return ui.Errorf("uninstall-unconfirmed", ui.Refused, "this removes what dbxaccess left after a question, and there is no terminal to ask at").
			With(ui.Command("dbxaccess uninstall --dry-run", again+" --yes"))
	}
	if err := showGoing(env.Streams.Err, left); err != nil {
		return err
	}
	agreed, err := env.Streams.Confirm(ctx, "Sign out, and remove all of this?")
	if err != nil {
		return err
	}
	if !agreed {
		return ui.Errorf("uninstall-declined", ui.Refused, "nothing was removed").With(ui.Command(again))
	}
	return nil
}

// remove takes it away in an order in which a second run finds what the first did not get to. What fails keeps the rest from nothing but
// what would be needed to try again.
func (u uninstalling) remove(ctx context.Context, env *cli.Env, left *leftovers) error {
	_, failed := cli.ApplyPlans(env, left.plans, false)
	made := profiles.LoadRecord(left.settings)
	for _, plan := range left.plans {
		if made.Made(plan.For, plan.Path) {
			failed = errors.Join(failed, plan.RemoveEmptied())
		}
	}
	beside.Sweep(ctx)
	signedOut := u.signOut(ctx, env, left)
	failed = errors.Join(failed, signedOut)
	for _, item := range left.Removes {
		if item.Kind == footprint.Session && signedOut != nil {
			continue // it says where the rest is
		}
		if item.Kind == footprint.State && failed != nil {
			continue
		}
		if err := item.Remove(); err != nil {
			failed = errors.Join(failed, ui.Errorf("uninstall-left", ui.CodeOf(err), "%s is still there: %w", ui.Clean(item.Path), err).
				With(ui.FixOf(err), ui.Advice("then again:"), ui.Command("dbxaccess uninstall")))
		}
	}
	if failed == nil {
		footprint.RemoveEmpty(left.settings)
	}
	return failed
}

// signOut revokes and deletes what the keyring holds.
func (u uninstalling) signOut(ctx context.Context, env *cli.Env, left *leftovers) error {
	if left.keyring == nil {
		return nil
	}
	out := leaving{env: env}
	if err := out.run(ctx, ""); err != nil {
		return err
	}
	if err := store.ForgetFormer(left.settings); err != nil {
		return err
	}
	if !u.record {
		return nil
	}
	keys, err := left.keyring.Keys(ctx, "")
	for _, key := range keys {
		err = errors.Join(err, left.keyring.Delete(ctx, key))
	}
	return err
}
