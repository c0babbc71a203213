package doctor

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/shellenv"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const outOfTime = "out of time"

// checkRoles has AWS issue credentials: cached ones would prove nothing. It does so for one role, unless all are asked for, as each
// is an event in somebody's log, and the others go the same way. g.rows are in the end those that were tried.
func (d *examination) checkRoles(ctx context.Context, g *given) {
	if len(g.rows) == 0 {
		if len(g.signIns) == 0 { // otherwise there is a finding already
			d.skip("role-skipped", "", g.lacking)
		}
		return
	}
	d.checkEnds(*g)
	d.checkDefaultRole(*g)
	all := g.rows
	g.rows = d.choose(*g)
	g.untried = len(g.rows) < len(all)
	d.ok("role-chosen", "", willTry(g.rows))
	rows := slices.DeleteFunc(slices.Clone(g.rows), func(r access.Row) bool { return !r.AtAWS })
	if len(rows) == 0 {
		d.ok("role-aws-none", "", "your roles are for Databricks alone")
	}
	d.tryAll(ctx, "role-skipped", len(rows), func(ctx context.Context, i int) Finding {
		row := rows[i]
		subject := row.Role
		if len(g.view.Map.Identities) > 1 {
			subject += " (" + row.Identity + ")"
		}
		if ctx.Err() != nil {
			return Finding{ID: "role-skipped", Subject: subject, Status: Skipped, What: "not checked: " + outOfTime}
		}
		key, expires, err := g.broker.Try(ctx, broker.Request{Identity: row.Identity, Role: row.Role})
		if stepUp(err) { // that nobody has signed in for it is no fault
			return Finding{
				ID: "role-asks-more", Subject: subject, Status: Skipped, What: "not checked: " + ui.Clean(ui.Told(err)), Fix: ui.FixOf(err), Cause: ui.IDOf(err),
			}
		}
		if err != nil {
			f := failed(Fault, "role-refused", subject, "it can't be taken", err)
			f.Alike, f.Several = alike(f, row.Role, row.RoleARN), "roles can't be taken"
			return f
		}
		return Finding{
			ID: "role-taken", Subject: subject, Status: OK, What: fmt.Sprintf("credentials issued for %s, key %s", ui.Remaining(expires, d.Now()), key),
		}
	})
	d.checkScoping(*g, rows)
	if untried := rolesOf(slices.DeleteFunc(slices.Clone(all), func(r access.Row) bool {
		return slices.ContainsFunc(g.rows, func(tried access.Row) bool { return tried.Role == r.Role && tried.Identity == r.Identity })
	})); len(untried) > 0 {
		d.add(Finding{ID: "role-untried", Status: Skipped, What: "not tried: " + ui.Some(untried, shown), Fix: ui.Command("dbxaccess doctor --all-roles")})
	}
}

// stepUp reports whether the sign-in does not prove what the map's policy asks for a role's data.
func stepUp(err error) bool {
	_, short := errors.AsType[*access.StepUpError](err)
	return short
}

// choose are the rows that are tried: all, or the one of --deep, else of this shell's role, else of the settings' default role, else the
// first that works at AWS.
func (d *examination) choose(g given) []access.Row {
	if d.AllRoles {
		return g.rows
	}
	for _, fits := range []func(access.Row) bool{
		func(r access.Row) bool { return r.Role == d.Deep },
		func(r access.Row) bool { return r.Role == d.Getenv(shellenv.RoleVariable) },
		func(r access.Row) bool { return r.Role == g.settings.DefaultRole },
		func(r access.Row) bool { return r.AtAWS && r.SignInLacks == "" && r.SignInCommand == "" },
	} {
		if i := slices.IndexFunc(g.rows, fits); i >= 0 {
			return g.rows[i : i+1]
		}
	}
	return g.rows[:1]
}

// willTry says what is about to be asked for, which others may see in their logs.
func willTry(rows []access.Row) string {
	roles := rolesOf(rows)
	if len(roles) == 1 {
		return "asking for credentials of " + roles[0] + ", which are thrown away"
	}
	return fmt.Sprintf("asking for credentials of each of your %d roles, which are thrown away", len(roles))
}

func rolesOf(rows []access.Row) (roles []string) {
	for _, r := range rows {
		if !slices.Contains(roles, r.Role) {
			roles = append(roles, r.Role)
		}
	}
	return roles
}

// checkScoping tells of roles that came by the second way: no helper says so.
func (d *examination) checkScoping(g given, rows []access.Row) {
	for _, row := range rows {
		if arn, why := g.broker.TakenOtherwise(broker.Request{Identity: row.Identity, Role: row.Role}); arn != "" {
			d.add(failed(Warning, "role-not-scoped", row.Role, "it is taken through "+arn+", for 1 h at most: STS does not narrow its permission set", why))
		}
	}
}

// grantEnds is how long before its end a grant is told of: time enough to have it extended.
const grantEnds = 14 * 24 * time.Hour

// checkEnds tells of roles that are not given for much longer.
func (d *examination) checkEnds(g given) {
	for _, row := range g.rows {
		if row.Until == nil || row.Until.Sub(d.Now()) > grantEnds {
			continue
		}
		what := "it is given until " + accessmap.Until(*row.Until)
		if row.Reason != "" {
			what += " (" + row.Reason + ")"
		}
		d.warn("grant-ends", row.Role, what, "", ui.Advice("to be given it for longer, ask "+access.Contact(g.view.Map)))
	}
}

func (d *examination) checkDefaultRole(g given) {
	role := g.settings.DefaultRole
	if role != "" && g.view.Map.Roles[role] != nil && !slices.ContainsFunc(g.rows, func(r access.Row) bool { return r.Role == role }) {
		d.warn("default-role-not-given", role, "default_role is set to it, but you can't take it", "",
			append(ui.Advice("set another default_role in "+filepath.Join(g.settings.Dir, config.FileName)+"; the roles you may take:"), ui.Command("dbxaccess roles")...))
	}
}
