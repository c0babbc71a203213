package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// outOfTime is what is said of what there was no time for.
const outOfTime = "the time for all checks is over"

// whyNoRoles tells what is missing where there is nothing to try.
func (d *doctor) whyNoRoles() string {
	switch {
	case d.cfg == nil:
		return noSettings
	case d.m == nil:
		return noMap
	case d.broker == nil:
		return noKeyring
	case !d.anybody():
		return noSignIn
	case len(d.signedIn) == 0:
		return "no sign-in can be used"
	}
	return "there is no role to take"
}

// checkRoles has AWS issue credentials for each role. Cached ones would prove nothing about today.
func (d *doctor) checkRoles(ctx context.Context) {
	const check = "role"
	if len(d.rows) == 0 {
		if len(d.signedIn) == 0 { // else it was told that there is none
			d.skip(check, "", d.whyNoRoles())
		}
		return
	}
	d.tryAll(ctx, len(d.rows), func(ctx context.Context, i int) finding {
		row := d.rows[i]
		subject := row.Role
		if len(d.m.Identities) > 1 {
			subject += " (" + row.Identity + ")"
		}
		if ctx.Err() != nil {
			return finding{Check: check, Subject: subject, Status: statusSkipped, What: "not checked: " + outOfTime}
		}
		key, expires, err := d.broker.Try(ctx, broker.Request{Identity: row.Identity, Role: row.Role})
		if err != nil {
			return failed(statusFault, check, subject, "it can't be taken", err)
		}
		return finding{
			Check: check, Subject: subject, Status: statusOK,
			What: fmt.Sprintf("taken for %s, key %s", ui.Remaining(expires, d.Now()), key),
		}
	})
	role := d.cfg.DefaultRole
	if role != "" && d.m.Roles[role] != nil && !slices.ContainsFunc(d.rows, func(r access.Row) bool { return r.Role == role }) {
		d.add(finding{
			Check: check, Subject: role, Status: statusWarning, What: "the settings make it the default, and you may not take it",
			Fix: ui.Advice("set another default_role in "+filepath.Join(d.cfg.Dir, config.FileName), "dbxaccess roles lists yours"),
		})
	}
}

// principalAt is who works where: its workspace token is one for all its roles.
type principalAt struct{ identity, workspace, servicePrincipal string }

// checkWorkspaces exchanges an ID token at each workspace, once for each principal there, and asks who that is.
func (d *doctor) checkWorkspaces(ctx context.Context) {
	const check = "workspace"
	if len(d.rows) == 0 {
		d.skip(check, "", d.whyNoRoles())
		return
	}
	var (
		first []access.Row
		seen  = map[principalAt]bool{}
	)
	for _, row := range d.rows {
		as := principalAt{identity: row.Identity, workspace: row.Workspace}
		if role, err := d.m.Effective(row.Role); err == nil {
			as.servicePrincipal = role.ServicePrincipal
		}
		if row.Workspace != "" && !seen[as] {
			seen[as] = true
			first = append(first, row)
		}
	}
	d.tryAll(ctx, len(first), func(ctx context.Context, i int) finding {
		row := first[i]
		workspace := d.m.Workspaces[row.Workspace]
		if workspace.Login != accessmap.LoginFederation {
			return finding{
				Check: check, Subject: row.Workspace, Status: statusWarning, What: "this version can't sign in there",
				Why: "the access map asks for a sign-in in the browser (`login: " + workspace.Login + "`)",
				Fix: ui.Advice("have whoever keeps the access map set up token federation (`login: federation`)"),
			}
		}
		if ctx.Err() != nil {
			return finding{Check: check, Subject: row.Workspace, Status: statusSkipped, What: "not checked: " + outOfTime}
		}
		me, err := d.broker.TryWorkspace(ctx, broker.Request{Identity: row.Identity, Role: row.Role})
		if err != nil {
			return failed(statusFault, check, row.Workspace, "no token for "+ui.Host(workspace.Host)+" that it takes", err)
		}
		return meFinding(row.Workspace, workspace, me)
	})
	if len(first) == 0 {
		d.add(finding{Check: check, Status: statusOK, What: "none of your roles has one"})
	}
}

func meFinding(name string, workspace *accessmap.Workspace, me *databricks.Principal) finding {
	f := finding{Check: "workspace", Subject: name, Status: statusOK}
	switch {
	case me == nil:
		f.What = ui.Host(workspace.Host) + " gives a token for the account"
	case !me.Active:
		f.Status, f.What = statusFault, ui.Host(workspace.Host)+" knows you as "+me.UserName+", who is not active"
		f.Why, f.Fix = "inactive users can do nothing there", ui.Advice("a workspace admin must activate "+me.UserName)
	default:
		f.What = ui.Host(workspace.Host) + " knows you as " + me.UserName
	}
	return f
}
