package store

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/99designs/keyring"

	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// put writes one item of the backend, and evicts others if there is no room. That a living one had to go is told.
func (s *Store) put(ctx context.Context, name, label string, data []byte) error {
	err := s.items.Set(ctx, name, label, data)
	if !errors.Is(err, backend.ErrQuota) {
		return err
	}
	doomed, listErr := s.evictable(ctx, name)
	if listErr != nil {
		return listErr
	}
	for i, e := range doomed {
		for _, part := range e.names {
			if err := s.removeOne(ctx, part); err != nil {
				return err
			}
		}
		if i+1 < len(doomed) && !doomed[i+1].living {
			continue // all that is useless goes before the next attempt
		}
		if err = s.items.Set(ctx, name, label, data); !errors.Is(err, backend.ErrQuota) {
			if err == nil && e.living {
				s.tellEvicted(ctx)
			}
			return err
		}
	}
	return s.backend.Full(err)
}

const (
	toldKey   = "notice/evicted" // an item while it is known that living items are evicted
	toldAgain = 24 * time.Hour
)

// tellEvicted says that the keyring is too small, once a day and not in each process: what is evicted is asked for again,
// and with more roles in use than there is room for, that is often.
func (s *Store) tellEvicted(ctx context.Context) {
	now, name := s.options.Now(), s.prefix+toldKey
	if it, err := s.readHead(ctx, name); err == nil && it.Expires.After(now) {
		return
	}
	told := item{Name: name, Keep: true, Stored: now, Expires: now.Add(toldAgain)}
	_ = s.put(ctx, name, "dbxaccess notice", told.Encode()) // best effort: else it is told again
	s.options.Warn(ui.Warning{
		ID:   "keyring-small",
		What: s.backend.Title + " has no room for all roles in use: cached credentials that are still good are deleted, and asked for again when they are needed",
		Fix:  ui.Advice(strings.Split(s.backend.Room, "\n")...),
	})
}

// evictee is an item of ours that may be evicted.
type evictee struct {
	names  []string // of the backend's items, the head first
	living bool     // else useless: expired, damaged, or parts without a head
}

// evictable lists our items that may be evicted, the useless ones first, the others in any order: which of them is used
// least is not known, as reading writes nothing. The oldest is no better guess, and where roles are used in turn it is the
// very one that is needed next: with room for 9 of 12, nothing would ever be found. The item that is being written and
// those to be kept are not among them.
func (s *Store) evictable(ctx context.Context, writing string) ([]evictee, error) {
	names, err := s.items.List(ctx)
	if err != nil {
		return nil, err
	}
	slices.Sort(names)             // a head before its parts
	items := map[string][]string{} // by the name of the head
	for _, n := range names {
		if strings.HasPrefix(n, s.prefix) {
			head := cmp.Or(headOf(n), n)
			items[head] = append(items[head], n)
		}
	}
	delete(items, cmp.Or(headOf(writing), writing))
	var found []evictee
	for head, names := range items {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		e := evictee{names: names}
		it, err := s.readHead(ctx, head)
		switch {
		case errors.Is(err, ErrCorrupt), errors.Is(err, keyring.ErrKeyNotFound): // the latter: parts of a killed writer
		case err != nil:
			return nil, err
		case it.Keep:
			continue
		case it.Expires.IsZero(), !it.Expires.Before(s.options.Now()):
			e.living = true
		}
		found = append(found, e)
	}
	rand.Shuffle(len(found), func(i, j int) { found[i], found[j] = found[j], found[i] }) //nolint:gosec // hides nothing
	slices.SortStableFunc(found, func(a, b evictee) int {
		switch {
		case a.living == b.living:
			return 0
		case b.living:
			return -1
		}
		return 1
	})
	return found, nil
}
