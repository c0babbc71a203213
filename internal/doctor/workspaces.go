package doctor

import (
	"context"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// checkWorkspaces exchanges an ID token at each workspace, once for each principal there, whose roles share a token, and asks
// the workspace who that is.
func (d *examination) checkWorkspaces(ctx context.Context, g given) {
	if len(g.rows) == 0 {
		d.skip("workspace-skipped", "", g.lacking)
		return
	}
	var first []access.Row
	for _, row := range g.rows {
		same := func(r access.Row) bool {
			return r.Identity == row.Identity && r.Workspace == row.Workspace && r.Principal == row.Principal
		}
		if row.Workspace != "" && !slices.ContainsFunc(first, same) {
			first = append(first, row)
		}
	}
	if len(first) == 0 {
		d.ok("workspace-none", "", "none of your roles has one")
		return
	}
	d.tryAll(ctx, "workspace-skipped", len(first), func(ctx context.Context, i int) Finding {
		row := first[i]
		workspace := g.view.Map.Workspaces[row.Workspace]
		if workspace.Login != accessmap.LoginFederation {
			return Finding{
				ID: "workspace-not-federated", Subject: row.Workspace, Status: Warning, What: "this version can't sign in there",
				Why: "the access map asks for a sign-in in the browser (`login: " + workspace.Login + "`)",
				Fix: ui.Advice("ask the map's owner to set up token federation (`login: federation`)"),
			}
		}
		if ctx.Err() != nil {
			return Finding{ID: "workspace-skipped", Subject: row.Workspace, Status: Skipped, What: "not checked: " + outOfTime}
		}
		me, err := g.broker.TryWorkspace(ctx, broker.Request{Identity: row.Identity, Role: row.Role})
		if err != nil {
			return failed(Fault, "workspace-refused", row.Workspace, "no token that "+ui.Host(workspace.Host)+" accepts", err)
		}
		return meFinding(row.Workspace, ui.Host(workspace.Host), me)
	})
}

func meFinding(workspace, host string, me *databricks.Principal) Finding {
	f := Finding{ID: "workspace-works", Subject: workspace, Status: OK}
	switch {
	case me == nil:
		f.What = host + " gives a token for the account"
	case !me.Active:
		f.ID, f.Status, f.What = "workspace-user-inactive", Fault, host+" knows you as "+me.UserName+", who is not active"
		f.Why, f.Fix = "inactive users can do nothing there", ui.Advice("a workspace admin must activate "+me.UserName)
	default:
		f.What = host + " knows you as " + me.UserName
	}
	return f
}
