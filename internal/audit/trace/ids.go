package trace

import (
	"math/bits"
	"math/rand/v2"
)

// mostIDs bounds how many events are known again, which takes 64 MB.
const mostIDs = 4 << 20

// ids are those of events, so that each counts once. Two different ones of a few million are taken for the same with a probability
// below one in a million.
type ids struct {
	table  []uint64 // by open addressing, at most half full; 0 is free
	n      int
	seed   uint64
	warmed uint64 // for nothing, but that the reading is not left out
	full   bool   // there were more than are known again
}

// add reports whether an ID is new. 0 is none, and always is.
func (s *ids) add(id uint64) bool {
	if id == 0 {
		return true
	}
	if 2*s.n >= len(s.table) {
		s.grow()
	}
	at := s.find(id)
	if s.table[at] == id {
		return false
	}
	if s.n >= mostIDs {
		s.full = true
		return true
	}
	s.table[at] = id
	s.n++
	return true
}

// find is where an ID stands, or has to be put.
func (s *ids) find(id uint64) int {
	mask := uint64(len(s.table) - 1) //nolint:gosec // a table has at least one place
	at := s.first(id) & mask
	for s.table[at] != 0 && s.table[at] != id {
		at = (at + 1) & mask
	}
	return int(at) //nolint:gosec // it is less than the table is long
}

// first is where an ID is looked for first, in a table of any length. All its bits say where, mixed with a seed: there must be no IDs
// that by their form come to stand side by side.
func (s *ids) first(id uint64) uint64 {
	high, low := bits.Mul64(id^s.seed, 0x9e3779b97f4a7c15)
	return high ^ low
}

// warm reads the places where IDs will be looked for. They lie all over the memory, and the processor fetches many of them at once so, where
// add would wait for one after the other.
func (s *ids) warm(list []seen) {
	if len(s.table) == 0 {
		return
	}
	mask := uint64(len(s.table) - 1) //nolint:gosec // as in find
	for i := range list {
		s.warmed ^= s.table[s.first(list[i].id)&mask]
	}
}

func (s *ids) grow() {
	if len(s.table) >= 2*mostIDs {
		return
	}
	old := s.table
	if old == nil {
		s.seed = rand.Uint64() //nolint:gosec // who writes a log never sees it
	}
	s.table = make([]uint64, max(1024, 2*len(old)))
	for _, id := range old {
		if id != 0 {
			s.table[s.find(id)] = id
		}
	}
}

// all are those that are known.
func (s *ids) all() []uint64 {
	list := make([]uint64, 0, s.n)
	for _, id := range s.table {
		if id != 0 {
			list = append(list, id)
		}
	}
	return list
}
