package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/99designs/keyring"

	"github.com/dbxaccess/dbxaccess/internal/store/backend"
)

// put writes one item of the backend, and evicts others if there is no room.
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
		if i+1 < len(doomed) && doomed[i+1].stored.IsZero() {
			continue // all that is useless goes before the next attempt
		}
		if err = s.items.Set(ctx, name, label, data); !errors.Is(err, backend.ErrQuota) {
			return err
		}
	}
	return s.backend.Full(err)
}

// evictee is an item of ours that may be evicted.
type evictee struct {
	names  []string  // of the backend's items, the head first
	stored time.Time // zero: useless, as it is expired, damaged, or parts without a head
}

// evictable lists our items that may be evicted, the useless ones first, then the oldest. The item that is being
// written and those to be kept are not among them.
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
		case it.keep:
			continue
		case it.expires.IsZero(), !it.expires.Before(s.options.Now()):
			e.stored = it.stored
		}
		found = append(found, e)
	}
	slices.SortFunc(found, func(a, b evictee) int {
		return cmp.Or(a.stored.Compare(b.stored), cmp.Compare(a.names[0], b.names[0]))
	})
	return found, nil
}
