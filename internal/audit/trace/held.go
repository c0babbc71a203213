package trace

import (
	"bytes"
	"cmp"
	"slices"
)

// Bounds of what is held back: how many accesses, and the bytes of their rows.
const (
	mostHeld     = 1 << 20
	mostHeldRows = 128 << 20
)

// Held is an access that is counted when all logs have been read. Of an access across accounts, CloudTrail gives the owner of the
// bucket a copy that says less of who it was than the one that the caller's account gets, and either may be read first.
type Held struct {
	ID, At, Bytes int64
	Verb          Verb
	Refused       bool
	Holder        *Holder // nil for nobody
	By            By
	Why           Reason
	Dataset       string
	Row           []byte
}

// counts reports whether an access counts now: it is no copy, or a copy that has a key of the record of one that had none.
func (s *State) counts(a *seen, row []byte, dataset string) bool {
	if at, ok := s.held[a.id]; ok && a.id != 0 {
		s.Tally.Duplicates++
		h := &s.Held[at]
		if a.by.Proven() && a.holder != nil {
			delete(s.held, a.id)
			s.heldRows -= len(h.Row)
			*h = Held{}
			return true
		}
		if other := heldOf(a, row, dataset); other.compare(h) < 0 {
			s.heldRows += len(other.Row) - len(h.Row)
			*h = other
		}
		return false
	}
	if !s.known.add(a.id) {
		s.Tally.Duplicates++
		return false
	}
	if !a.shared || a.id == 0 || a.by.Proven() && a.holder != nil {
		return true
	}
	if len(s.held) >= mostHeld || s.heldRows+len(row) > mostHeldRows {
		s.Forgetful = true
		return true
	}
	if s.held == nil {
		s.held = map[uint64]int{}
	}
	s.held[a.id] = len(s.Held)
	s.Held = append(s.Held, heldOf(a, row, dataset))
	s.heldRows += len(row)
	return false
}

func heldOf(a *seen, row []byte, dataset string) Held {
	return Held{int64(a.id), a.at, a.bytes, a.verb, a.refused, a.holder, a.by, a.why, dataset, bytes.Clone(row)} //nolint:gosec // the same bits
}

// compare orders copies, the one that says most first: which of them counts must not depend on which was read first.
func (h *Held) compare(o *Held) int {
	return cmp.Or(cmp.Compare(h.rank(), o.rank()), cmp.Compare(h.At, o.At), bytes.Compare(h.Row, o.Row))
}

func (h *Held) rank() int {
	return slices.IndexFunc(copyOrder[:], func(o Outcome) bool { return o.Why == h.Why && (h.Why != Joined || o.By == h.By) })
}

// release counts what was held back, and writes its rows.
func (s *State) release(o *Options) error {
	slices.SortFunc(s.Held, func(a, b Held) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.ID, b.ID)) })
	for i := range s.Held {
		h := &s.Held[i]
		if h.ID == 0 {
			continue // a copy took its place
		}
		if len(h.Row) > 0 && o.Write != nil {
			if err := o.Write(h.Row); err != nil {
				return err
			}
		}
		a := &seen{at: h.At, bytes: h.Bytes, verb: h.Verb, refused: h.Refused, holder: h.Holder, by: h.By, why: h.Why}
		s.Tally.count(a, s.Tally.sums(h.Holder, h.Dataset, h.Verb)) // a state has no numbers of datasets
	}
	s.Held, s.held, s.heldRows = nil, nil, 0
	return nil
}

// findHeld makes what was held back known again, after a state was read.
func (s *State) findHeld() {
	s.Held = slices.DeleteFunc(s.Held, func(h Held) bool { return h.ID == 0 })
	s.held = make(map[uint64]int, len(s.Held))
	for i := range s.Held {
		s.held[uint64(s.Held[i].ID)] = i //nolint:gosec // the same bits
		s.heldRows += len(s.Held[i].Row)
	}
}
