package broker

import (
	"context"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/databricks"
)

// Try has AWS issue credentials for a role, whatever is cached, and throws them away: it tells whether the role can be
// taken now, which a cached credential does not. r.Identity must be given. Errors are those of Credentials.
//
// Nothing is stored but the session, where its ID token had to be renewed. What AWS issued passes through Issued as
// everything does, although nobody gets it: CloudTrail shows the call, and the record must account for it.
func (b *Broker) Try(ctx context.Context, r Request) (accessKeyID string, expires time.Time, err error) {
	it, err := b.try(ctx, r, assumed{b})
	if err != nil {
		return "", time.Time{}, err
	}
	return it.Credentials.AccessKeyID, it.Expires, nil
}

// TryWorkspace is Try for the token of the role's workspace. It also asks the workspace whom it takes the bearer for; an
// account console has no answer to that, and me is nil.
func (b *Broker) TryWorkspace(ctx context.Context, r Request) (me *databricks.Principal, err error) {
	it, err := b.try(ctx, r, exchanged{b})
	if err != nil || it.Token.AccountID != "" {
		return nil, err
	}
	return b.Databricks.Me(ctx, it.Token)
}

func (b *Broker) try(ctx context.Context, r Request, k kind) (*item, error) {
	ctx, cancel := context.WithTimeout(ctx, credentialsWait)
	defer cancel()
	want, err := b.entitle(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := k.bind(want, r); err != nil {
		return nil, err
	}
	it, err := b.issue(ctx, want, k)
	if err != nil {
		return nil, err
	}
	return b.hand(r, it, false), nil
}

// TokenLife is what a session's ID token must still live so that nothing it is traded for needs a renewal first: half
// of its whole life, 20 minutes at most.
func (b *Broker) TokenLife(idTokenLife time.Duration) time.Duration {
	return max(assumed{b}.tokenLife(idTokenLife), exchanged{b}.tokenLife(idTokenLife))
}
