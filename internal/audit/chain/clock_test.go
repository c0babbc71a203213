package chain

import (
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
)

// A clock that is set back, by more than a credential lives, moves no line and ends no chain: order and place are those of the numbers,
// also over the end of a file, and servings that were counted by then are told once.
func TestAClockThatIsSetBackChangesNoOrder(t *testing.T) {
	t.Parallel()
	w := writer(t.TempDir())
	w.MaxSize = 4000
	clock := time.Now()
	w.Now = func() time.Time { return clock }
	keep := func(r audit.Record) {
		t.Helper()
		r.Time, r.Expires = clock.UTC(), clock.Add(time.Hour)
		if err := w.Record(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		clock = clock.Add(time.Second)
	}
	served := issued(1)
	served.Activity = audit.Serve
	keep(issued(1))
	for range 2 {
		keep(served)
	}
	clock = clock.Add(-48 * time.Hour)
	keep(served)
	for n := 2; n < 8; n++ {
		keep(issued(n))
	}
	clock = clock.Add(96 * time.Hour) // and forward, past the end of what is counted
	keep(issued(8))

	entries := read(t, w)
	checkChain(t, w, entries)
	told, back := 0, 0
	for i, e := range entries {
		if e.Activity == audit.Serve {
			told += max(e.Count, 1)
		}
		if i > 0 && e.Time.Before(entries[i-1].Time) {
			back++
		}
	}
	if n, damaged := Untold(w.Dir); told != 3 || n != 0 || len(damaged) != 0 || back != 1 {
		t.Errorf("%d servings told, %d untold, damaged %v; the time went back %d times", told, n, damaged, back)
	}
	if first, last := audit.FileNumber(entries[0].File), audit.FileNumber(entries[len(entries)-1].File); first != 1 || last < 3 {
		t.Errorf("files %d to %d", first, last)
	}
}
