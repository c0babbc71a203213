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
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const outOfTime = "out of time"

// checkRoles has AWS issue credentials for each role: cached ones would prove nothing.
func (d *examination) checkRoles(ctx context.Context, g given) {
	if len(g.rows) == 0 {
		if len(g.signIns) == 0 { // otherwise there is a finding already
			d.skip("role-skipped", "", g.lacking)
		}
		return
	}
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
		if _, short := errors.AsType[*access.StepUpError](err); short { // that nobody has signed in for it is no fault
			return Finding{
				ID: "role-asks-more", Subject: subject, Status: Skipped, What: "not checked: " + ui.Clean(err.Error()), Fix: ui.FixOf(err), Cause: ui.IDOf(err),
			}
		}
		if err != nil {
			return failed(Fault, "role-refused", subject, "it can't be taken", err)
		}
		return Finding{
			ID: "role-taken", Subject: subject, Status: OK, What: fmt.Sprintf("credentials issued for %s, key %s", ui.Remaining(expires, d.Now()), key),
		}
	})
	d.checkScoping(g, rows)
	d.checkEnds(g)
	d.checkDefaultRole(g)
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
