package account

import (
	"context"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// held is what is cached of a role: until when its credentials and the tokens of its workspaces live, nil for none.
type held struct {
	aws    *time.Time
	keyID  string       // of the credentials
	full   int          // how full their session token is, in percent; 0 where AWS did not say
	tokens []*time.Time // one for each of the role's workspaces, as the next
	signIn []bool       // a token takes a sign-in there first

	over bool // the session, so that nothing comes on first use
}

func heldOf(ctx context.Context, b *broker.Broker, row access.Row) (h held, err error) {
	request := broker.Request{Identity: row.Identity, Role: row.Role}
	if row.AtAWS {
		credentials, err := b.Peek(ctx, request)
		if err != nil {
			return h, err
		}
		if credentials != nil {
			h.aws, h.keyID, h.full = &credentials.Expires, credentials.AccessKeyID, credentials.TokenUtilization
		}
	}
	h.tokens, h.signIn = make([]*time.Time, len(row.Workplaces)), make([]bool, len(row.Workplaces))
	for i, w := range row.Workplaces {
		if !w.GivesToken {
			continue
		}
		request.Workspace = w.Workspace
		token, err := b.PeekToken(ctx, request)
		if err != nil {
			return h, err
		}
		if token != nil {
			h.tokens[i] = &token.Expires
		} else if w.ByBrowser {
			h.signIn[i] = b.LoginNeededAt(ctx, request)
		}
	}
	return h, nil
}

// first is until when the token of the role's first workspace lives.
func (h held) first() *time.Time {
	if len(h.tokens) == 0 {
		return nil
	}
	return h.tokens[0]
}

// cells are the table's, of a role at AWS and in its first workspace.
func (h held) cells(row access.Row, now time.Time) []ui.Cell {
	cells := ui.Cells("-", "-")
	if row.AtAWS {
		cells[0] = h.lifeCell(h.aws, now)
	}
	if len(row.Workplaces) > 0 {
		cells[1] = h.workplaceCell(row, 0, now)
	}
	return cells
}

// further are the table's rows for the role's workspaces but the first, each with the profile of its own.
func (h held) further(indent string, row access.Row, now time.Time) (rows [][]ui.Cell) {
	for i, w := range row.Workplaces {
		if i > 0 {
			rows = append(rows, append(ui.Cells(indent+row.Role, w.Profile, "-"), h.workplaceCell(row, i, now)))
		}
	}
	return rows
}

func (h held) workplaceCell(row access.Row, i int, now time.Time) ui.Cell {
	switch {
	case h.signIn[i]:
		return ui.Cell{Text: loginNeeded, Style: ui.Bad}
	case !row.Workplaces[i].GivesToken:
		return ui.Cell{Text: "-"}
	}
	return h.lifeCell(h.tokens[i], now)
}

const loginNeeded = "login needed"

func (h held) lifeCell(expires *time.Time, now time.Time) ui.Cell {
	if expires == nil && h.over {
		return ui.Cell{Text: loginNeeded, Style: ui.Bad}
	}
	c := ui.Cell{Text: access.CredentialWords(expires, now)}
	if expires != nil {
		c.Style = ui.Good
	}
	return c
}
