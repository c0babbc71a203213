package broker

import (
	"context"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/databricks"
)

// Try has AWS issue credentials for a role, whatever is cached, and throws them away: it tells whether the role can be
// taken now, which a cached credential does not. r.Identity must be given. Errors are those of Credentials.
//
// Nothing is stored but the session, where its ID token had to be renewed. What AWS issued is recorded as everything
// is, although it is handed to no one: CloudTrail shows the call, and the record must account for it.
func (b *Broker) Try(ctx context.Context, r Request) (accessKeyID string, expires time.Time, err error) {
	it, err := b.try(ctx, r, b.kindOf(b.asking(r)))
	if err != nil {
		return "", time.Time{}, err
	}
	return it.Credentials.AccessKeyID, it.Expires, nil
}

// TryWorkspace is Try for the token of the role's workspace. It also asks the workspace who the bearer is; an
// account console has no answer to that, and me is nil.
func (b *Broker) TryWorkspace(ctx context.Context, r Request) (me *databricks.Principal, err error) {
	it, err := b.try(ctx, r, b.workspace())
	if err != nil || it.Token.AtConsole() {
		return nil, err
	}
	return b.parts.Databricks.Me(ctx, it.Token)
}

func (b *Broker) try(ctx context.Context, r Request, k kind) (*item, error) {
	ctx, cancel := context.WithTimeout(ctx, credentialsWait)
	defer cancel()
	r = b.asks(r)
	c := call{Broker: b, request: r, kind: k}
	o, err := c.order(ctx)
	if err == nil {
		var it *item
		if it, _, err = c.ask(ctx, o); err == nil {
			return it, nil
		}
	}
	c.recordRefused(ctx, b.recordOf(k.activity(), r, c.asker, Binding{}), err)
	return nil, err
}
