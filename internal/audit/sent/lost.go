package sent

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Lost is what a sink does not get of the record.
type Lost struct {
	Rejected int `json:"rejected"` // of those that were sent, as the sink says
	Refused  int `json:"refused"`  // lines that the sink does not take, though it takes others
	Damaged  int `json:"damaged"`  // lines of the files that are no record; they stay where they are
	// Gap is whether what followed the last line that the sink has was no longer there, and Missed how many lines that were, where
	// it is known.
	Gap    bool   `json:"gap"`
	Missed uint64 `json:"missed"`
	// Since is when the first of it was found, where that was by an earlier pass.
	Since time.Time `json:"lost_since,omitzero"`
}

// Any reports whether anything is lost.
func (l Lost) Any() bool {
	return l.Rejected > 0 || l.Refused > 0 || l.Damaged > 0 || l.Gap || l.Missed > 0
}

// Plus is both, since the earlier of them.
func (l Lost) Plus(m Lost) Lost {
	since := l.Since
	if since.IsZero() || !m.Since.IsZero() && m.Since.Before(since) {
		since = m.Since
	}
	return Lost{l.Rejected + m.Rejected, l.Refused + m.Refused, l.Damaged + m.Damaged, l.Gap || m.Gap, l.Missed + m.Missed, since}
}

// less is what is left of it once a part was told.
func (l Lost) less(told Lost) Lost {
	left := Lost{
		Rejected: max(0, l.Rejected-told.Rejected), Refused: max(0, l.Refused-told.Refused), Damaged: max(0, l.Damaged-told.Damaged),
		Missed: l.Missed - min(l.Missed, told.Missed),
	}
	left.Gap = left.Missed > 0 || l.Gap && !told.Gap
	if left.Any() {
		left.Since = l.Since
	}
	return left
}

// Words say it to people; "" for nothing.
func (l Lost) Words() string {
	var parts []string
	switch {
	case l.Missed > 0:
		parts = append(parts, fmt.Sprintf("%d lines were no longer there to be sent", l.Missed))
	case l.Gap:
		parts = append(parts, "the line that it has last is no longer there: all that is there was sent")
	}
	if l.Refused > 0 {
		parts = append(parts, ui.Count(l.Refused, "line", "lines")+" it does not take")
	}
	if l.Rejected > 0 {
		parts = append(parts, ui.Count(l.Rejected, "line", "lines")+" it says that it did not keep")
	}
	if l.Damaged > 0 {
		parts = append(parts, ui.Count(l.Damaged, "line", "lines")+" of the files are no record")
	}
	return strings.Join(parts, "; ")
}

// Told takes what a person was told of out of what is kept. It must be called by who holds the sink: see package ship.
func (c *Cursor) Told(told Lost) { c.Lost = c.Lost.less(told) }

// Standing is how a sink stands, by what is kept here.
type Standing struct {
	Backlog

	Lost     Lost // that nobody was told of
	Failures int  // to send to it, in a row
}

// Stand looks at where a sink is in a record, counting most lines of what it lacks.
func (p Place) Stand(record string, most int) (s Standing, err error) {
	c := p.Load()
	s.Lost, s.Failures = c.Lost, c.Failures
	s.Backlog, err = c.Backlog(record, most)
	return s, err
}

// lag is how old the first line that a sink does not have may be: what was recorded just now is still being sent.
const lag = 5 * time.Minute

// Behind reports whether the sink lacks what it should have by now.
func (s Standing) Behind(now time.Time) bool {
	return s.Lines > 0 && (s.Failures > 0 || now.Sub(s.Since) >= lag)
}

// Find returns which of the record's files has the last line that the sink has, and the number of that line; 0, 0 where it is not
// there. The file in which it was is looked at first.
func (c *Cursor) Find(paths []string) (file, line int) {
	if c.Head.Chain == "" {
		return 0, 0
	}
	for _, first := range []bool{true, false} {
		for i, path := range paths {
			if (filepath.Base(path) == c.File) != first {
				continue
			}
			if line, err := audit.FindHead(path, c.Head); err == nil && line > 0 {
				return i, line
			}
		}
	}
	return 0, 0
}
