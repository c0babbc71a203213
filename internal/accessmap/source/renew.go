package source

import (
	"context"
	"errors"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/place"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Renew compares the copy with what is where it came from, and makes that the copy if nobody has to agree to it. It
// returns what was found, nil where that failed, and always notes that it was tried. A version that asks waits for the
// person; an older one is a problem. It must not be killed while it works: the copy is two files.
func Renew(ctx context.Context, tools *place.Tools, dir string, now time.Time) *Offer {
	agreed, err := LoadCopy(dir)
	if err != nil {
		return nil // who uses the copy is told
	}
	noted := agreed.Age.Compared
	noted.Tried, noted.Waiting, noted.Problem = now.UTC(), "", ""
	offer, err := Look(ctx, tools, agreed.Origin.Wanted(), agreed)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return nil
	case err != nil:
		noted.Problem = ui.Cut(err.Error(), 200)
	case offer.Older:
		noted.Problem = ui.Cut(offer.Refusal().Error(), 200)
	case offer.Asks():
		noted.Waiting = offer.Origin.SHA256
	default:
		if present, err := LoadOrigin(dir); err != nil || present.SHA256 != agreed.Origin.SHA256 {
			return nil // another process was quicker, and may have been told to take more
		}
		if err = offer.Keep(dir, now); err == nil {
			return offer
		}
		noted.Problem = ui.Cut(err.Error(), 200)
	}
	note(dir, noted)
	return offer
}

// Refusal is the error of an older version.
func (o *Offer) Refusal() *ui.Error {
	return ui.Errorf("map-older", ui.Failed, "the access map from %s has the serial %d, and you have agreed to a newer one already",
		o.Origin.Display(), o.Map.Serial)
}
