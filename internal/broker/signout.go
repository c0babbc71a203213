package broker

import (
	"context"
	"errors"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// SignedOut is what became of a session.
type SignedOut struct {
	Present    bool  // somebody was signed in
	Revoked    bool  // the provider ended the session too
	NotRevoked error // why it could not be told; nil where it was, or has no revocation
}

// SignOut ends an identity's session: deleted from the keyring, revoked at the provider where that is possible, and with
// it every cached role goes.
func (b *Broker) SignOut(ctx context.Context, identity *accessmap.Identity) (out SignedOut, err error) {
	provider := ProviderOf(identity)
	_, err = b.Sessions.Load(ctx, provider)
	if err != nil && ui.CodeOf(err) != ui.LoginNeeded {
		return out, err
	}
	out.Present = err == nil
	// The session goes first: a renewal under way looks for it before it stores, and finds it gone.
	out.Revoked, err = b.Sessions.Delete(ctx, provider)
	if errors.Is(err, login.ErrNotRevoked) {
		out.NotRevoked, err = err, nil
	}
	if err != nil {
		return out, err
	}
	return out, b.Forget(ctx, identity.Name)
}

// Peek returns the cached credentials of a role if the map has not changed since and they still live, else nil. It
// renews nothing and is for showing only: nothing leaves through the seam.
func (b *Broker) Peek(ctx context.Context, r Request) (*sts.Credentials, error) {
	it, err := b.cached(ctx, b.itemKey(r))
	if err != nil || it == nil || !it.alive(b.Now()) {
		return nil, err
	}
	_, stamp, err := b.Map()
	if err != nil || !stamp.Equal(it.Map) {
		return nil, err
	}
	return &it.Credentials, nil
}
