package ship

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
)

// poll is how often the record's files are looked at. That costs a few system calls.
const poll = 2 * time.Second

// Follow ships until ctx ends: what is there, and what is added. told gets the outcome of each call of Ship that sent something or
// failed.
func (s *Shipper) Follow(ctx context.Context, told func(Report, error)) {
	for shipped := ""; ctx.Err() == nil; {
		there := s.extent() // before, so that what is added meanwhile is seen
		wait := poll
		if there != shipped {
			r, err := s.Ship(ctx)
			switch {
			case ctx.Err() != nil:
				return
			case err == nil:
				shipped = there
			case !errors.Is(err, ErrBusy):
				wait = max(wait, r.Retry.Sub(s.Now()))
			}
			if err != nil || r.Sent > 0 || r.Gap {
				told(r, err)
			}
		}
		_ = httpclient.Wait(ctx, wait)
	}
}

// ShipWithin ships, and tries again after failures for as long as that may take. Before it is due again, a sink is left alone.
func (s *Shipper) ShipWithin(ctx context.Context, patience time.Duration) (r Report, err error) {
	for end := s.Now().Add(patience); ; {
		due := s.Due()
		if due.After(end) {
			return r, err
		}
		if wait := due.Sub(s.Now()); wait > 0 {
			if waited := httpclient.Wait(ctx, wait); waited != nil {
				return r, waited
			}
		}
		if r, err = s.Ship(ctx); err == nil || errors.Is(err, ErrBusy) || ctx.Err() != nil || r.Retry.IsZero() {
			return r, err
		}
	}
}

// extent is how much there is of the record; what is the same has not grown.
func (s *Shipper) extent() string {
	paths, err := audit.Files(s.Record)
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	fmt.Fprintln(&b, paths)
	for _, path := range paths[max(0, len(paths)-2):] {
		if info, err := os.Stat(path); err == nil {
			fmt.Fprintln(&b, info.Size())
		}
	}
	return b.String()
}
