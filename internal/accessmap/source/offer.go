package source

import (
	"context"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/place"
)

// Offer is the map as it is where it comes from, for a person to agree to.
type Offer struct {
	Map    *accessmap.Map
	Origin Origin
	Same   bool // it is the copy
	Older  bool // its serial is smaller than that of the copy: what was taken back is offered again
	First  bool // nothing of it was agreed to yet: another place is another author
	// Changes of the copy, or of nothing at all where it is the first.
	Changes []accessmap.Change

	data []byte
}

// Look fetches the map, see Fetch, and compares it with the copy that the person agreed to; nil for none. It changes
// nothing. Where a key is named, see Key, nothing is parsed before its signature is verified: errors wrap ErrSignature. A
// map that can't be parsed is a *accessmap.Problems.
func Look(ctx context.Context, tools *place.Tools, wanted Wanted, agreed *Copy) (*Offer, error) {
	var previous *Origin
	if agreed != nil && agreed.Origin.SignedBy == wanted.SignedBy { // by another key the same bytes have to be verified again
		previous = &agreed.Origin
	}
	content, origin, err := Fetch(ctx, tools, wanted, previous)
	if err != nil {
		return nil, err
	}
	defer content.Close()
	if content.Unchanged {
		return &Offer{Map: agreed.Map, Origin: origin, Same: true}, nil
	}
	data := content.Data
	if origin.SignedBy != "" {
		if origin.Comment, err = verify(ctx, content, origin); err != nil {
			return nil, err
		}
	}
	m, err := accessmap.Parse(origin.Display(), data)
	if err != nil {
		return nil, err
	}
	o := &Offer{Map: m, Origin: origin, First: agreed == nil || agreed.Origin.From != origin.From, data: data}
	old := &accessmap.Map{}
	if !o.First {
		old, o.Older = agreed.Map, m.Serial < agreed.Map.Serial
	}
	o.Changes = accessmap.Changes(old, m)
	if agreed != nil {
		o.Changes = append(keyChange(agreed.Origin.SignedBy, origin), o.Changes...)
	}
	return o, nil
}

// Asks reports whether a person has to agree before the offer is used.
func (o *Offer) Asks() bool {
	return o.First || slices.ContainsFunc(o.Changes, accessmap.Change.Asks)
}

// Keep makes the offer the copy in a settings directory, or notes that the copy was found to be what is offered.
func (o *Offer) Keep(dir string, now time.Time) error {
	if !o.Same {
		o.Origin.Fetched = now.UTC()
		o.Origin.MaxAge, o.Origin.Expires = int64(o.Map.Defaults.MaxAge.Seconds()), int64(o.Map.Defaults.Expires.Seconds())
		if err := Save(dir, o.data, o.Origin); err != nil {
			return err
		}
	}
	note(dir, Compared{SHA256: o.Origin.SHA256, At: now.UTC(), Tried: now.UTC()})
	return nil
}
