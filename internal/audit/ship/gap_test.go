package ship

import (
	"os"
	"testing"
)

// A file that was removed behind the last line that the sink has is told, though that line is still there.
func TestLinesMissingInTheMiddleAreTold(t *testing.T) {
	t.Parallel()
	r := newRecord(t)
	s := shipper(t, r, &collector{})
	r.add(1, 5)
	if got := must(t, s); got.Sent != 5 || got.Gap {
		t.Fatalf("%+v", got)
	}
	r.add(2, 5)
	r.add(3, 10)
	if err := os.Remove(r.file(2)); err != nil {
		t.Fatal(err)
	}
	if got := must(t, s); got.Sent != 10 || !got.Gap || got.Missed != 5 {
		t.Errorf("%+v", got)
	}
	r.append(3, "no record\n") // in the place of a line: damage, and no gap
	r.line(assumed(21))
	r.add(3, 1)
	if got := must(t, s); got.Sent != 1 || got.Gap || got.Damaged != 1 {
		t.Errorf("%+v", got)
	}
}
