package account

import (
	"context"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// held is what is cached of a role: until when its credentials and its workspace's token live, nil for none.
type held struct {
	aws, token *time.Time
	keyID      string // of the credentials
}

func heldOf(ctx context.Context, b *broker.Broker, row access.Row) (h held, err error) {
	request := broker.Request{Identity: row.Identity, Role: row.Role}
	if row.AtAWS {
		credentials, err := b.Peek(ctx, request)
		if err != nil {
			return h, err
		}
		if credentials != nil {
			h.aws, h.keyID = &credentials.Expires, credentials.AccessKeyID
		}
	}
	if row.Federated {
		token, err := b.PeekToken(ctx, request)
		if err != nil {
			return h, err
		}
		if token != nil {
			h.token = &token.Expires
		}
	}
	return h, nil
}

// cells are the table's, of a role at AWS and at Databricks.
func (h held) cells(row access.Row, now time.Time) []ui.Cell {
	cell := func(expires *time.Time) ui.Cell {
		c := ui.Cell{Text: access.CredentialWords(expires, now)}
		if expires != nil {
			c.Style = ui.Good
		}
		return c
	}
	cells := ui.Cells("-", "-")
	if row.AtAWS {
		cells[0] = cell(h.aws)
	}
	switch {
	case row.Federated:
		cells[1] = cell(h.token)
	case row.Workspace != "": // it issues no token
		cells[1] = ui.Cell{Text: "browser login"}
	}
	return cells
}
