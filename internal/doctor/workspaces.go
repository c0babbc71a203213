package doctor

import (
	"context"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// checkWorkspaces gets a token of each workspace, once for each principal there, whose roles share it, and asks the workspace
// who that is.
func (d *examination) checkWorkspaces(ctx context.Context, g given) {
	if len(g.rows) == 0 {
		d.skip("workspace-skipped", "", g.lacking)
		return
	}
	type workplace struct {
		access.Row
		in access.Workplace
	}
	var first []workplace
	for _, row := range g.rows {
		for _, in := range row.Workplaces {
			same := func(w workplace) bool {
				return w.Identity == row.Identity && w.in.Workspace == in.Workspace && w.Principal == row.Principal && slices.Equal(w.in.Scopes, in.Scopes)
			}
			if !slices.ContainsFunc(first, same) {
				first = append(first, workplace{row, in})
			}
		}
	}
	switch {
	case len(first) == 0 && g.untried:
		d.ok("workspace-none", "", "the role that was tried has none")
		return
	case len(first) == 0:
		d.ok("workspace-none", "", "none of your roles has one")
		return
	}
	d.tryAll(ctx, "workspace-skipped", len(first), func(ctx context.Context, i int) Finding {
		row, in := first[i].Row, first[i].in
		workspace := g.view.Map.Workspaces[in.Workspace]
		if ctx.Err() != nil {
			return Finding{ID: "workspace-skipped", Subject: in.Workspace, Status: Skipped, What: "not checked: " + outOfTime}
		}
		me, err := g.broker.TryWorkspace(ctx, broker.Request{Identity: row.Identity, Role: row.Role, Workspace: in.Workspace})
		switch scopes := in.Narrowed(); {
		case scopes != nil && ui.IDOf(err) == databricks.OutOfScope:
			return Finding{
				ID: "workspace-works", Subject: in.Workspace, Status: OK,
				What: ui.Host(workspace.Host) + " gives a token for " + strings.Join(scopes, ", ") + ", which does not tell who you are",
			}
		case stepUp(err): // that nobody has signed in for it is no fault
			return Finding{
				ID: "workspace-skipped", Subject: in.Workspace, Status: Skipped, What: "not checked: " + ui.Told(err), Fix: ui.FixOf(err), Cause: ui.IDOf(err),
			}
		case in.ByBrowser && ui.CodeOf(err) == ui.LoginNeeded:
			return failed(Warning, "workspace-login-needed", in.Workspace, "you are not signed in there, besides the identity "+row.Identity, err)
		case err != nil:
			f := failed(Fault, "workspace-refused", in.Workspace, "no token that "+ui.Host(workspace.Host)+" accepts", err)
			f.Alike, f.Several = alike(f, in.Workspace, workspace.Host, ui.Host(workspace.Host), row.Role), "workspaces accept no token"
			return f
		}
		return meFinding(in.Workspace, ui.Host(workspace.Host), me)
	})
}

func meFinding(workspace, host string, me *databricks.Principal) Finding {
	f := Finding{ID: "workspace-works", Subject: workspace, Status: OK}
	switch {
	case me == nil:
		f.What = host + " gives a token for the account"
	case !me.Active:
		f.ID, f.Status, f.What = "workspace-user-inactive", Fault, host+" knows you as "+me.UserName+", who is not active"
		f.Why, f.Fix = "inactive users can do nothing there", ui.ForAdmin("activate "+me.UserName+" in the workspace")
	default:
		f.What = host + " knows you as " + me.UserName
	}
	return f
}
