package login

import (
	"context"
	"time"
)

// ClockAhead tells by how much the provider's clock is ahead of ours, negative where it is behind, by the Date of the
// last answer (RFC 9110 section 6.6.1): exact to about a second. known is false where no answer had one of its own.
func (e *Endpoints) ClockAhead() (ahead time.Duration, known bool) {
	ahead = time.Duration(e.clockAhead.Load())
	return ahead.Round(time.Second), ahead != 0
}

// SigningKeys fetches the keys that the provider signs ID tokens with and counts them. None is an error.
func (c *Client) SigningKeys(ctx context.Context, p Provider, e *Endpoints) (count int, err error) {
	keys, err := c.signingKeys(ctx, p, e, "")
	return len(keys), err
}
