package unused

import (
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/audit"
)

// Issued is what the record of one machine tells of roles.
type Issued struct {
	since, first time.Time
	used         map[Rule]bool // for which something was issued or served; of a group "" for any
	held         map[Rule]bool // that somebody who signed in here was given
	leftOut      int64
}

// NewIssued looks at a record since a time.
func NewIssued(since time.Time) *Issued {
	return &Issued{since: since, used: map[Rule]bool{}, held: map[Rule]bool{}}
}

// Add takes what a record tells. What somebody was given is told when it changes, so that it may have been told long before.
func (i *Issued) Add(r *audit.Record) {
	if i.first.IsZero() || r.Time.Before(i.first) {
		i.first = r.Time
	}
	for _, g := range r.Grants {
		i.held[Rule{r.Identity, g.Group, g.Role}] = true
	}
	if r.Role != "" && r.Refused == nil && !r.Time.Before(i.since) {
		i.used[Rule{r.Identity, r.Group, r.Role}] = true
	}
}

// LeaveOut counts a line of the record that is not used: it can't be read, or was changed. What it told of may have been a use of
// anything, so that nothing goes.
func (i *Issued) LeaveOut() { i.leftOut++ }

// LeftOut is how many such lines there are.
func (i *Issued) LeftOut() int64 { return i.leftOut }

// ByRecord judges the roles that groups are given by the record of this machine: which data was read, it does not know.
func ByRecord(m *accessmap.Map, i *Issued, now time.Time) (Answer, []Unseen) {
	w := worldOf(m, now)
	a := Answer{Unused: []Grant{}}
	for rule, of := range w.given {
		if i.used[of] || i.used[Rule{of.Identity, "", of.Role}] {
			continue
		}
		g := Grant{Identity: of.Identity, Group: of.Group, Role: of.Role}
		switch {
		case rule.Workload:
			g.Stays = Jobs
		case rule.IsPattern():
			g.Stays = Pattern
		case w.behind[of.Role]:
			g.Stays = MoreThanData
		case !i.held[of]:
			g.Stays = NotHeldHere
		case i.leftOut > 0:
			g.Stays = LeftOut
		default:
			g.Goes = GoesByRule
			a.Rules = append(a.Rules, of)
		}
		a.Unused = append(a.Unused, g)
	}
	unseen := []Unseen{
		{"one-machine", "what was issued on other machines: this is the record of this one, and others may use what nobody here does"},
		{"no-data", "which datasets were read or written: the record tells which roles were used, and the logs of the clouds the rest"},
	}
	if i.leftOut > 0 {
		unseen = append(unseen, damaged(i.leftOut))
	}
	if i.first.IsZero() || i.first.After(i.since) {
		begins := "is empty"
		if !i.first.IsZero() {
			begins = "begins on " + i.first.UTC().Format(time.DateOnly)
		}
		unseen = append(unseen, Unseen{"span", "what was before: the record " + begins})
	}
	return a, append(unseen, w.ofMap()...)
}
