package account

import (
	"context"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

type statusRole struct {
	Role        string     `json:"role"`
	Profile     string     `json:"profile"`
	Expires     *time.Time `json:"expires,omitempty"` // of the cached credentials; absent where none are cached
	AccessKeyID string     `json:"access_key_id,omitempty"`
	TokenFull   int        `json:"session_token_utilization,omitempty"` // of theirs, in percent, where AWS said it

	Until  *time.Time `json:"ends_at,omitempty"` // the moment from which on the role is given no more; absent where it has no end
	Reason string     `json:"reason,omitempty"`  // why it is given until then

	SignInCommand string `json:"sign_in_command,omitempty"` // the command that signs in afresh, where the sign-in does not prove what the role asks
	SignInLacks   string `json:"sign_in_lacks,omitempty"`   // what it lacks, in words

	TakenThrough string `json:"taken_through,omitempty"` // the role that is assumed since STS does not narrow the permission set
	NotScoped    string `json:"not_scoped,omitempty"`    // why it does not, as it was lately found

	Workspace    string     `json:"workspace,omitempty"`
	TokenExpires *time.Time `json:"workspace_token_expires,omitempty"`
	// Workplaces are all of the role's workspaces; Workspace and TokenExpires are the first's.
	Workplaces []statusWorkplace `json:"workspaces,omitempty"`
	rows       [][]ui.Cell
	ends       string // until when it is given, in words; "" where that has no end
}

type statusWorkplace struct {
	Workspace string     `json:"workspace"`
	Profile   string     `json:"profile"`
	Scopes    []string   `json:"scopes"`
	Expires   *time.Time `json:"expires,omitempty"` // of the cached token; absent where none is cached
}

// roleStatus is what is cached of a role, and until when the role is given.
func roleStatus(ctx context.Context, b *broker.Broker, row access.Row, over bool, now time.Time) (*statusRole, error) {
	h, err := heldOf(ctx, b, row)
	h.over = over
	if err != nil {
		return nil, err
	}
	role := &statusRole{
		Role: row.Role, Profile: row.Profile, Expires: h.aws, AccessKeyID: h.keyID, TokenFull: h.full, Workspace: row.Workspace, TokenExpires: h.first(),
		Until: row.Until, Reason: row.Reason, SignInCommand: row.SignInCommand, SignInLacks: row.SignInLacks,
		rows: append([][]ui.Cell{slices.Concat(ui.Cells("  "+row.Role, row.Profile), h.cells(row, now))}, h.further("  ", row, now)...),
	}
	if row.Until != nil {
		role.ends = row.Role + " is given until " + cli.UntilWords(row)
	}
	if arn, why := b.TakenOtherwise(broker.Request{Identity: row.Identity, Role: row.Role}); arn != "" {
		role.TakenThrough, role.NotScoped = arn, ui.Clean(why.Error())
	}
	role.Workplaces = workplacesOf(row, h)
	return role, nil
}
