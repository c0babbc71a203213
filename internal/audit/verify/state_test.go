package verify

import (
	"testing"
	"time"
)

// Whoever can write the files can have a gap before each line, and the lines of the gaps behind them, from the last to the first. A
// gap that was looked for one by one would cost minutes.
func TestGapsAreFoundByHalves(t *testing.T) {
	t.Parallel()
	const many = 300_000
	s := &state{}
	for i := range uint64(many) {
		s.missing = append(s.missing, gap{from: 4*i + 2, to: 4*i + 4})
	}
	began := time.Now()
	for i := uint64(many); i > 0; i-- {
		if !s.fill(4*i-1) || s.fill(4*i-1) || s.fill(4*i+1) { // the one in the middle, twice, and one that was never missing
			t.Fatalf("gap %d", i)
		}
	}
	left := s.gaps()
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
	if len(left) != 2*many || left[0].from != 2 || left[0].to != 2 || left[1].from != 4 || left[1].to != 4 {
		t.Errorf("%d are left: %+v", len(left), left[:2])
	}
}

func TestAGapThatIsFilledWholeIsNone(t *testing.T) {
	t.Parallel()
	s := &state{missing: []gap{{from: 3, to: 5}, {from: 8, to: 8}}}
	for _, n := range []uint64{4, 5, 3} {
		if !s.fill(n) {
			t.Errorf("%d was not missing", n)
		}
	}
	if left := s.gaps(); len(left) != 1 || left[0].from != 8 || s.fill(1) || s.fill(6) || s.fill(9) {
		t.Errorf("%+v", left)
	}
}
