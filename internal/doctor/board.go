package doctor

import (
	"slices"
	"sync"
	"time"
)

// overtaken is how long a check that is not done keeps back what those behind it have found.
const overtaken = time.Second

// board puts findings of checks that run at the same time into an order: that of the checks, as long as none of them is slow. One
// that is, is overtaken, so that a server that hangs hides nothing. Its methods may be called from several goroutines; tell is
// called by one at a time.
type board struct {
	tell func(Finding)
	now  func() time.Time // while its clock stands still nobody is overtaken, however slow the machine

	mu    sync.Mutex
	lines []*line
	first *line // that others wait behind, and timer for how long
	timer *time.Timer
}

// line is one check on a board.
type line struct {
	board *board
	held  []Finding // not told yet
	over  bool
	late  bool // it was overtaken: it no longer keeps anything back
}

// lines makes a board with so many checks.
func lines(n int, now func() time.Time, tell func(Finding)) *board {
	b := &board{tell: tell, now: now, lines: make([]*line, n)}
	for i := range b.lines {
		b.lines[i] = &line{board: b}
	}
	return b
}

// add tells a finding of a check, now or when those before are done.
func (l *line) add(f Finding) {
	l.board.mu.Lock()
	defer l.board.mu.Unlock()
	l.held = append(l.held, f)
	l.board.tellWhatIsDue()
}

// done says that a check has found what it finds.
func (l *line) done() {
	l.board.mu.Lock()
	defer l.board.mu.Unlock()
	l.over = true
	l.board.tellWhatIsDue()
}

// tellWhatIsDue needs the lock.
func (b *board) tellWhatIsDue() {
	for _, l := range b.lines {
		for _, f := range l.held {
			b.tell(f)
		}
		l.held = nil
		if !l.over && !l.late {
			b.waitFor(l)
			return
		}
	}
}

// waitFor gives a check some time before it is overtaken, from when on somebody waits behind it. It needs the lock.
func (b *board) waitFor(l *line) {
	behind := b.lines[slices.Index(b.lines, l)+1:]
	if b.first == l || !slices.ContainsFunc(behind, func(l *line) bool { return len(l.held) > 0 }) {
		return
	}
	if b.timer != nil {
		b.timer.Stop()
	}
	b.first = l
	b.overtake(b.now().Add(overtaken))
}

// overtake lets pass what waits at that time. It needs the lock.
func (b *board) overtake(at time.Time) {
	b.timer = time.AfterFunc(overtaken, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.now().Before(at) {
			b.overtake(at)
			return
		}
		for i, l := range b.lines { // one that waits for this one would keep back as long again
			l.late = l.late || !l.over && slices.ContainsFunc(b.lines[i+1:], func(l *line) bool { return len(l.held) > 0 })
		}
		b.tellWhatIsDue()
	})
}
