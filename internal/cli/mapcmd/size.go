package mapcmd

import (
	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// policySize is the ID of the error of a session policy that is longer than AWS takes.
const policySize ui.ID = "session-policy-size"

// warnOfSizes warns of the roles that are given and can't be taken whole, since AWS refuses their session policy: what the map allows
// is no use then.
func warnOfSizes(env *cli.Env, m *accessmap.Map, rows []access.Row) error {
	for _, row := range rows {
		if !row.MayTake || row.RoleARN == "" && row.Permission == "" {
			continue
		}
		_, _, err := m.PolicySize(row.Role, nil)
		switch {
		case ui.IDOf(err) == policySize:
			warnOfSize(env, row.Role, err)
		case err != nil:
			return err
		}
	}
	return nil
}

// warnOfSize passes on by how much a role's policy is too long, and what would fit.
func warnOfSize(env *cli.Env, role string, err error) {
	env.Console.Warn(ui.Warning{ID: "policy-too-large", Subject: "role " + role, What: "can't be taken as a whole", Why: err.Error(), Fix: ui.FixOf(err)})
}
