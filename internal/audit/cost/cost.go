// Package cost sums up what a record tells: how many credentials were issued, how often they were handed out, and for how many
// hours there was a living one, by role, person, run and the tags that money is counted by.
//
// In come entries of the record, in the order in which they were written; out come lines, as numbers, a chart of text or SVG,
// and SQL that asks a cloud's own bill about the same people, roles and runs. It must never take hours of a credential for hours
// of use, nor for money: what was done with it, only the cloud knows.
package cost

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
)

// MaxLines bounds the lines, and the holders that have to be remembered for them.
const MaxLines = 100_000

// ErrTooMany is that of a record with more lines than MaxLines.
var ErrTooMany = errors.New("too many different values to count by")

// Line is what one combination of values amounts to.
type Line struct {
	Values  []string // of Sum.By; "" where a record has none
	Issued  int      // credentials and tokens
	Handed  int      // times that one was handed out, those of its issue included
	Hours   float64  // in which a living one was there, of each person, role, run and machine by itself
	Refused int      // times that one was refused
}

// holder is who may have a living credential at a time. Two at once of one holder are counted once.
type holder struct{ chain, issuer, subject, role, run, what string }

// Sum counts entries.
type Sum struct {
	By           []Dimension
	Since, Until time.Time // what is counted; Until is set

	lines map[string]*Line
	ends  map[holder]time.Time // of what has been counted
}

// Add counts an entry; person is whom it is about.
func (s *Sum) Add(e *audit.Entry, person string) error {
	within := !e.Time.Before(s.Since) && e.Time.Before(s.Until)
	issues := e.Refused == nil && (e.Activity == audit.Assume || e.Activity == audit.Vend || e.Activity == audit.Exchange)
	serves := e.Refused == nil && e.Activity == audit.Serve
	refuses := e.Refused != nil && e.Role != ""
	counts := issues || serves || refuses
	hours, err := s.hours(e, issues)
	if err != nil || !counts || !within && hours == 0 {
		return err
	}
	line, err := s.line(e, person)
	if err != nil {
		return err
	}
	line.Hours += hours
	switch {
	case !within: // it was issued before, and lived on
	case issues:
		line.Issued++
		line.Handed++
	case serves:
		line.Handed += max(1, e.Count)
	default:
		line.Refused++
	}
	return nil
}

// hours is how long what an entry issued lives within the time that is counted, but for what the holder's last one covers. What lives
// outside of it is not remembered, so that a later Since is a way out of ErrTooMany.
func (s *Sum) hours(e *audit.Entry, issues bool) (float64, error) {
	if !issues || !e.Expires.After(s.Since) || !e.Time.Before(s.Until) {
		return 0, nil
	}
	of := holder{e.Chain, e.Issuer, e.Subject, e.Role, e.Run, cmp.Or(e.Vended, e.Host) + " " + strings.Join(e.Scope, ",")}
	last, known := s.ends[of]
	if !known && len(s.ends) >= MaxLines {
		return 0, ErrTooMany
	}
	from, to := latest(e.Time, s.Since, last), e.Expires
	if to.After(s.Until) {
		to = s.Until
	}
	if s.ends == nil {
		s.ends = make(map[holder]time.Time)
	}
	if s.ends[of] = last; e.Expires.After(last) {
		s.ends[of] = e.Expires
	}
	return max(0, to.Sub(from).Hours()), nil
}

func latest(times ...time.Time) time.Time { return slices.MaxFunc(times, time.Time.Compare) }

func (s *Sum) line(e *audit.Entry, person string) (*Line, error) {
	values := make([]string, len(s.By))
	for i, d := range s.By {
		values[i] = d.of(e, person)
	}
	id := strings.Join(values, "\x00")
	line := s.lines[id]
	if line == nil {
		if len(s.lines) >= MaxLines {
			return nil, ErrTooMany
		}
		if s.lines == nil {
			s.lines = make(map[string]*Line)
		}
		line = &Line{Values: values}
		s.lines[id] = line
	}
	return line, nil
}

// Lines are the lines, those of the most hours first.
func (s *Sum) Lines() []Line {
	all := make([]Line, 0, len(s.lines))
	for _, id := range slices.Sorted(maps.Keys(s.lines)) {
		all = append(all, *s.lines[id])
	}
	slices.SortStableFunc(all, func(a, b Line) int { return cmp.Or(cmp.Compare(b.Hours, a.Hours), cmp.Compare(b.Handed, a.Handed)) })
	return all
}
