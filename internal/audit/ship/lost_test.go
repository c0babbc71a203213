package ship

import (
	"errors"
	"os"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/audit/sent"
)

// What passes find that nobody reads of is kept, each of it once, until somebody was told.
func TestWhatIsLostIsKeptUntilItWasTold(t *testing.T) {
	t.Parallel()
	r, sink := newRecord(t), &collector{lines: Bounds{Lines: 100, Bytes: 1 << 20}}
	s := shipper(t, r, sink)
	r.add(1, 2)
	must(t, s)
	r.append(1, "no record\n")
	r.add(2, 5)
	r.add(3, 1)
	if err := os.Remove(r.file(2)); err != nil {
		t.Fatal(err)
	}

	down := errors.New("down")
	sink.answer = func([]audit.Entry) (int, error) { return 0, down }
	for range 2 { // found twice, and counted once: the line behind it has not arrived
		if got, err := s.Ship(t.Context()); !errors.Is(err, down) || got.Missed != 4 || got.Damaged != 1 {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	if kept := s.Load().Lost; kept.Any() {
		t.Errorf("%+v", kept)
	}
	sink.answer = func([]audit.Entry) (int, error) { return 1, nil }
	must(t, s)
	sink.answer = func(batch []audit.Entry) (int, error) {
		if len(batch) > 1 || batch[0].Sequence == 9 {
			return 0, &RefusedError{errors.New("too long")}
		}
		return 0, nil
	}
	r.add(3, 2)
	must(t, s)
	sink.answer = nil
	r.add(3, 1)
	got := must(t, s)
	want := sent.Lost{Rejected: 1, Refused: 1, Damaged: 1, Gap: true, Missed: 4, Since: got.Untold.Since}
	if got.Untold != want || want.Since.IsZero() || got.Any() {
		t.Fatalf("%+v", got)
	}
	if again := must(t, s); again.Untold != want {
		t.Errorf("%+v", again)
	}
	if err := s.Told(t.Context(), want); err != nil || s.Load().Lost.Any() || s.Load().Head != r.head {
		t.Errorf("%+v, %v", s.Load(), err)
	}
}
