package broker

import (
	"context"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
)

// kind is a kind of credential that a sign-in is traded for: what differs between AWS and Databricks on an otherwise
// equal line.
type kind interface {
	// key names the item of a request in the keyring.
	key(r Request) (string, error)
	// order works out what is to be asked for.
	order(ctx context.Context, e entitlement) (*order, error)
	// tokenLife is what the session's token must still live for an order, of the life it had.
	tokenLife(o *order, life time.Duration) time.Duration
	// ask asks once, with the order's session. Of the item it sets credential and expiry, and the session's name where that is another's.
	ask(ctx context.Context, o *order) (*item, error)
	// tokenRefused reports whether a fresh ID token may help.
	tokenRefused(err error) bool
	// scope is what a request narrows the role to, as far as that means something here.
	scope(r Request) []string
	// activity is what the record calls asking.
	activity() audit.Activity
}

// TokenLife is what a session's ID token must still live so that nothing it is traded for needs a renewal first: half
// of its whole life, 20 minutes at most.
func (b *Broker) TokenLife(idTokenLife time.Duration) time.Duration {
	return max(b.aws().tokenLife(&order{}, idTokenLife), b.workspace().tokenLife(&order{}, idTokenLife))
}
