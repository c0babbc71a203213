package sent

import (
	"testing"
	"time"
)

// What was told is taken out of what is kept, and what came meanwhile stays.
func TestWhatWasToldIsKeptNoLonger(t *testing.T) {
	t.Parallel()
	first, later := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC), time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	told := Lost{Rejected: 1, Refused: 2, Damaged: 3, Gap: true, Missed: 4, Since: first}
	more := Lost{Refused: 1, Gap: true, Missed: 2, Since: later}
	for name, c := range map[string]struct{ kept, told, left Lost }{
		"all":               {told, told, Lost{}},
		"nothing":           {told, Lost{}, told},
		"what came since":   {told.Plus(more), told, Lost{Refused: 1, Gap: true, Missed: 2, Since: first}},
		"more than is kept": {more, told.Plus(more), Lost{}},
		"a gap of unknown size": {
			Lost{Gap: true, Since: first}, Lost{Refused: 1}, Lost{Gap: true, Since: first},
		},
	} {
		cursor := &Cursor{Lost: c.kept}
		if cursor.Told(c.told); cursor.Lost != c.left {
			t.Errorf("%s: %+v", name, cursor.Lost)
		}
	}
	if both := more.Plus(told); both.Since != first || both.Missed != 6 {
		t.Errorf("%+v", both)
	}
}

// What was recorded just now is on its way, unless sending it has failed.
func TestBehindIsWhatShouldHaveArrived(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		lines, failures int
		age             time.Duration
		behind          bool
	}{{0, 3, 0, false}, {1, 0, lag - time.Second, false}, {1, 0, lag, true}, {1, 1, 0, true}} {
		s := Standing{Backlog: Backlog{Lines: c.lines, Since: now.Add(-c.age)}, Failures: c.failures}
		if s.Behind(now) != c.behind {
			t.Errorf("%+v", c)
		}
	}
}
