package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/store/format"

	"github.com/99designs/keyring"

	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/store/lock"
)

// A value that is larger than one item of the backend is stored in parts beside its head:
// "<name>~<generation>~<number>". The parts are written first, then the head, so that a head never names parts that are
// not there yet; the parts of the generation before are removed last. A reader that misses a part checks whether the
// head has changed since.

// rereads bounds how often a reader starts again because a writer was faster.
const rereads = 3

func partName(name string, generation uint64, number int) string {
	return partPrefix(name, generation) + strconv.Itoa(number)
}

func partPrefix(name string, generation uint64) string {
	return fmt.Sprintf("%s~%016x~", name, generation)
}

// headOf returns the name of the head that a part belongs to; "" if name is not that of a part.
func headOf(name string) string {
	if head, _, isPart := strings.Cut(name, "~"); isPart {
		return head
	}
	return ""
}

// read returns the whole item under a name.
func (s *Store) read(ctx context.Context, name string) (*item, error) {
	it, err := s.readHead(ctx, name)
	for range rereads {
		if err != nil || it.Parts == 0 {
			return it, err
		}
		var payload []byte
		if payload, err = s.readParts(ctx, name, it); err == nil {
			return it, it.Join(payload)
		}
		if !errors.Is(err, keyring.ErrKeyNotFound) {
			return nil, err
		}
		generation := it.Generation
		if it, err = s.readHead(ctx, name); err == nil && it.Generation == generation {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	return nil, backend.Corrupt("a part of it is missing")
}

func (s *Store) readHead(ctx context.Context, name string) (*item, error) {
	data, err := s.items.Get(ctx, name)
	if err != nil {
		return nil, err
	}
	return format.Decode(name, data)
}

func (s *Store) readParts(ctx context.Context, name string, it *item) ([]byte, error) {
	payload := make([]byte, 0, it.Size())
	for number := range it.Parts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		part, err := s.items.Get(ctx, partName(name, it.Generation, number))
		if err != nil {
			return nil, err
		}
		if payload = append(payload, part...); len(payload) > it.Size() {
			return nil, backend.Corrupt("its parts are too long")
		}
	}
	return payload, nil
}

// write stores an item, in parts if it is too large for one.
func (s *Store) write(ctx context.Context, name, label string, it *item) error {
	if s.partSize == 0 {
		return s.put(ctx, name, label, it.Encode())
	}
	old, err := s.readHead(ctx, name)
	lost := errors.Is(err, ErrCorrupt) || Unreadable(s.explain(err)) && ctx.Err() == nil
	if err != nil && !lost && !errors.Is(err, keyring.ErrKeyNotFound) {
		return err
	}
	partsBefore := lost || err == nil && old.Parts > 0
	if !partsBefore && format.HeaderSize+len(it.Payload) <= s.partSize {
		return s.put(ctx, name, label, it.Encode())
	}
	// Two writers of one key would each remove the other's parts.
	unlock, err := s.lock(ctx, "store:parts:"+name, lock.Exclusive)
	if err != nil {
		return err
	}
	defer func() { _ = unlock() }()
	if err = s.writeParts(ctx, name, label, it); err == nil {
		err = s.put(ctx, name, label, it.Encode())
	}
	// Failing to remove parts that are of no more use does not change the outcome; the next write tries again.
	_ = s.removeParts(ctx, name, func(part string) bool {
		written := strings.HasPrefix(part, partPrefix(name, it.Generation))
		return written == (err != nil)
	})
	return err
}

// writeParts does nothing if the payload fits into one item.
func (s *Store) writeParts(ctx context.Context, name, label string, it *item) error {
	if format.HeaderSize+len(it.Payload) <= s.partSize {
		return nil
	}
	it.Generation = rand.Uint64() //nolint:gosec // tells writers apart, hides nothing
	for chunk := range slices.Chunk(it.Payload, s.partSize) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.put(ctx, partName(name, it.Generation, it.Parts), label, chunk); err != nil {
			return err
		}
		it.Parts++
	}
	return nil
}

// remove deletes the item under a name, head first, and all parts of it that are found, also those of killed writers.
func (s *Store) remove(ctx context.Context, name string) error {
	if s.partSize == 0 {
		return s.removeOne(ctx, name)
	}
	unlock, err := lock.Anyway(s.lock(ctx, "store:parts:"+name, lock.Exclusive))
	if err != nil {
		return err
	}
	defer func() { _ = unlock() }()
	if err := s.removeOne(ctx, name); err != nil {
		return err
	}
	return s.removeParts(ctx, name, func(string) bool { return true })
}

// removeParts deletes the parts of an item for whose names doomed is true.
func (s *Store) removeParts(ctx context.Context, name string, doomed func(part string) bool) error {
	names, err := s.items.List(ctx)
	if err != nil {
		return err
	}
	for _, part := range names {
		if headOf(part) == name && doomed(part) {
			if err := s.removeOne(ctx, part); err != nil {
				return err
			}
		}
	}
	return nil
}

// removeOne deletes one item of the backend; an absent one is no error.
func (s *Store) removeOne(ctx context.Context, name string) error {
	err := ctx.Err()
	if err == nil {
		err = s.items.Remove(ctx, name)
	}
	if errors.Is(err, keyring.ErrKeyNotFound) {
		return nil
	}
	return err
}
