package ship

import (
	"math/rand/v2"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
)

const (
	firstPause   = 2 * time.Second
	longestPause = 15 * time.Minute
	longestAsked = 6 * time.Hour // of what a sink asks for: it may be wrong about itself
)

// pause is how long to leave a sink alone after so many failures in a row: twice as long after each, or as long as it asks for.
// Up to a half is added at random, so that the laptops of a company don't return together after an outage.
func pause(failures int, err error) time.Duration {
	own := longestPause
	if n := failures - 1; n < 10 {
		own = min(own, firstPause<<n)
	}
	own = max(own, min(httpclient.AskedToWait(err), longestAsked))
	return own + rand.N(own/2) //nolint:gosec // jitter, not a secret
}
