package tracecmd

import (
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit/trace"
)

func TestHoursOfTheWeek(t *testing.T) {
	t.Parallel()
	for _, at := range []time.Time{
		time.Date(2026, 11, 30, 4, 0, 0, 0, time.UTC), time.Date(2026, 11, 29, 23, 0, 0, 0, time.UTC), time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(1969, 12, 31, 23, 0, 0, 0, time.UTC), time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC), time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		day, of := weekOf(at.Unix() / 3600)
		if time.Weekday((day+1)%7) != at.Weekday() || of != at.Hour() {
			t.Errorf("%v: day %d, hour %d", at, day, of)
		}
	}
}

// What several weeks have at the same hour adds up, and the darkest cell is the one with most reads.
func TestWeeksAddUp(t *testing.T) {
	t.Parallel()
	monday := time.Date(2026, 11, 30, 4, 0, 0, 0, time.UTC).Unix() / 3600
	tally := trace.NewState().Tally
	for _, hour := range []int64{monday, monday - 7*24, monday - 14*24, monday + 1} {
		*tally.Hours.Of(hour) = trace.Sum{Reads: 4, Bytes: 1000}
	}
	p := page{summary: &summary{tally: tally}}
	p.week()
	if len(p.Week.Cells) != 7*24 || len(p.Week.Rows) != 7 || len(p.Week.Columns) != 24 {
		t.Fatalf("%d cells", len(p.Week.Cells))
	}
	for i, c := range p.Week.Cells {
		want := map[int][2]string{4: {"Mon 04:00: 3 kB in 12 reads", "1.00"}, 5: {"Mon 05:00: 1 kB in 4 reads", "0.64"}}[i]
		if want[0] == "" {
			want[0] = c.Title[:len("Mon 04:00")] + ": 0 B in 0 reads"
		}
		if c.Title != want[0] || c.Shade != want[1] || strings.Contains(c.Title, "\n") {
			t.Errorf("%d: %q %q", i, c.Title, c.Shade)
		}
	}
}
