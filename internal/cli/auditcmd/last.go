package auditcmd

import (
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/audit/query"
)

// lastEntries keeps the last of many.
type lastEntries struct {
	most    int            // how many
	kept    []*audit.Entry // a ring once it is full
	dropped int
}

func (l *lastEntries) add(e *audit.Entry) {
	if len(l.kept) < l.most {
		l.kept = append(l.kept, e)
		return
	}
	l.kept[l.dropped%l.most] = e
	l.dropped++
}

// entries are those that are kept, the oldest first.
func (l *lastEntries) entries() []*audit.Entry {
	begin := 0
	if l.dropped > 0 {
		begin = l.dropped % l.most
	}
	return slices.Concat(l.kept[begin:], l.kept[:begin])
}

// lastPrinter has another printer print the last entries alone.
type lastPrinter struct {
	to printer
	lastEntries
}

func (p *lastPrinter) namesAtOnce() bool { return false }

func (p *lastPrinter) print(e *audit.Entry, _ *query.People) error {
	p.add(e)
	return nil
}

func (p *lastPrinter) end(people *query.People) error {
	to := p.to
	for _, e := range p.entries() {
		if err := to.print(e, people); err != nil {
			return err
		}
	}
	return to.end(people)
}
