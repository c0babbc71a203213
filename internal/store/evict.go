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

// put writes one item of the backend and makes room for it if need be.
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

// evictee is one item of ours that may go.
type evictee struct {
	names  []string  // of the backend's items, head first
	stored time.Time // zero: it is useless, as it has expired, is damaged, or is parts without a head
}

// evictable lists our items that may go to make room for one named name, in the order in which they go: the useless
// ones, then the oldest. The item that is being written and those to be kept are not among them.
func (s *Store) evictable(ctx context.Context, name string) ([]evictee, error) {
	if head := headOf(name); head != "" {
		name = head
	}
	names, err := s.items.List(ctx)
	if err != nil {
		return nil, err
	}
	items := map[string][]string{} // head → its parts
	for _, n := range names {
		if !strings.HasPrefix(n, s.prefix) {
			continue
		}
		if head := headOf(n); head != "" {
			items[head] = append(items[head], n)
		} else if _, seen := items[n]; !seen {
			items[n] = nil
		}
	}
	delete(items, name)
	var found []evictee
	for head, parts := range items {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		e := evictee{names: append([]string{head}, parts...)}
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
