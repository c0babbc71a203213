package verify

import (
	"cmp"
	"crypto/ed25519"
	"maps"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/audit"
)

// state is a chain while it is read.
type state struct {
	*Chain
	key     ed25519.PublicKey // nil where it is not known
	hash    string            // of the last record, as the next
	wrong   bool              // it was edited or forged
	missing []gap             // by their numbers
	filled  map[uint64]bool   // of the missing, those that stand behind a later one
	after   *audit.Head       // of the first record
	began   Finding           // where that is

	workload bool // all of it is a workload's, by its own word
}

// gap are numbers that were passed over.
type gap struct {
	from, to uint64
	behind   Finding // the record behind it
}

// fill notes that a number which was passed over is there after all; false if it was not passed over, or is there a second time. What
// is passed over comes in the order of the numbers, so that its gap is found by halves: whoever can write the files decides how many
// there are.
func (s *state) fill(n uint64) bool {
	i, _ := slices.BinarySearchFunc(s.missing, n, func(g gap, n uint64) int { return cmp.Compare(g.to, n) })
	if i == len(s.missing) || n < s.missing[i].from || s.filled[n] {
		return false
	}
	if s.filled == nil {
		s.filled = map[uint64]bool{}
	}
	s.filled[n] = true
	return true
}

// gaps are what is left of those that were passed over, in order.
func (s *state) gaps() (left []gap) {
	filled := slices.Sorted(maps.Keys(s.filled))
	for _, g := range s.missing {
		for len(filled) > 0 && filled[0] <= g.to {
			if n := filled[0]; g.from < n {
				left = append(left, gap{g.from, n - 1, g.behind})
			}
			g.from, filled = filled[0]+1, filled[1:]
		}
		if g.from <= g.to {
			left = append(left, g)
		}
	}
	return left
}
