package account

import (
	"context"
	"errors"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// takeAWS gets the AWS credentials of each role that is to be taken, to prove that it works. Which of them were, or are of Databricks
// alone, is returned.
func takeAWS(ctx context.Context, env *cli.Env, b *broker.Broker, roles []access.Row, o *loginOptions) (taken []access.Row, err error) {
	for _, row := range roles {
		took := true
		if row.AtAWS {
			took, err = o.take(ctx, env, broker.Request{Identity: row.Identity, Role: row.Role}, func(r broker.Request) error {
				_, err := b.Credentials(ctx, r)
				return err
			})
		}
		if err != nil {
			return nil, err
		}
		if took {
			taken = append(taken, row)
		}
	}
	return taken, nil
}

// take gets what proves that a role works. It reports false, with a warning that says why and what to do, where that takes a reason and
// none was said, or a sign-in afresh for a role that nobody named. A person at a terminal is asked for the reason of a role that they
// named; it is the reason of what is taken after it, too.
func (o *loginOptions) take(ctx context.Context, env *cli.Env, r broker.Request, get func(broker.Request) error) (took bool, err error) {
	named := slices.Contains(o.roles, r.Role)
	if r.Reason = o.reason; named {
		_, err = cli.WithReason(ctx, env, r, func(r broker.Request) (struct{}, error) {
			o.reason = r.Reason
			return struct{}{}, get(r)
		})
	} else {
		err = get(r)
	}
	var fix ui.Fix
	switch _, short := errors.AsType[*access.StepUpError](err); {
	case ui.IDOf(err) == "reason-required", ui.IDOf(err) == "reason-invalid":
		fix = broker.ReasonCommand(r.Role)
	case short && !named:
		fix = ui.FixOf(err)
	default:
		return err == nil, err
	}
	env.Console.Remark(ui.Warning{ID: "role-not-taken", What: "signed in without taking " + r.Role + ": " + ui.Clean(err.Error()), Fix: fix})
	return false, nil
}

// takeWorkspaces gets a workspace token for each role that was taken, to prove that it works. Workspaces where the person is still to sign in are passed over.
func takeWorkspaces(
	ctx context.Context, env *cli.Env, b *broker.Broker, taken []access.Row, without []string, o *loginOptions,
) error {
	var errs []error
	for _, row := range taken {
		i := slices.IndexFunc(row.Workplaces, func(w access.Workplace) bool {
			return w.GivesToken && (!w.ByBrowser || !slices.Contains(without, w.Workspace))
		})
		if i < 0 {
			continue
		}
		r := broker.Request{Identity: row.Identity, Role: row.Role, Workspace: row.Workplaces[i].Workspace}
		_, err := o.take(ctx, env, r, func(r broker.Request) error {
			_, err := b.WorkspaceToken(ctx, r)
			return err
		})
		switch {
		case err == nil:
			continue
		case !row.AtAWS:
			err = ui.Errorf("", ui.CodeOf(err), "%s: %w", row.Role, err)
		default:
			err = ui.Errorf("", ui.Failed, "AWS works for %s, its workspace does not: %w", row.Role, err)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
