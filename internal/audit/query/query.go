// Package query picks records of those that were read, and knows people by the names that they are asked for by.
//
// In come entries of the record, in any number, and what is wanted of them; out comes whether an entry is wanted, and whom it is
// about. It must never keep entries: a record may be larger than memory.
package query

import (
	"cmp"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
)

// Outcome is how what a record tells of ended.
type Outcome string

// The outcomes.
const (
	Allowed Outcome = "allowed"
	Refused Outcome = "refused"
)

// OutcomeOf is that of an entry.
func OutcomeOf(e *audit.Entry) Outcome {
	if e.Refused != nil {
		return Refused
	}
	return Allowed
}

// Filter is which records are wanted; what is zero leaves all.
type Filter struct {
	Since, Until time.Time // the latter excluded
	Role, Run    string
	Person       string // as People.Are takes it
	Outcome      Outcome
}

// Takes reports whether a filter takes an entry.
func (f Filter) Takes(e *audit.Entry, people *People) bool {
	switch {
	case !f.Since.IsZero() && e.Time.Before(f.Since), !f.Until.IsZero() && !e.Time.Before(f.Until),
		f.Role != "" && !f.hasRole(e), f.Run != "" && e.Run != f.Run, f.Outcome != "" && OutcomeOf(e) != f.Outcome:
		return false
	}
	return f.Person == "" || people.Are(e, f.Person)
}

// hasRole reports whether an entry is of the role that is wanted, or tells that somebody is given it.
func (f Filter) hasRole(e *audit.Entry) bool {
	for _, g := range e.Grants {
		if g.Role == f.Role {
			return true
		}
	}
	return e.Role == f.Role
}

// People are the names of those whom entries tell of. A record has the name that a sign-in prints; in what older builds wrote, the
// session names of what was issued have it alone.
type People struct{ names map[key]string }

// key is by which a provider knows somebody.
type key struct{ issuer, subject string }

// maxPeople bounds the names that are kept. Whom they don't hold is told by the subject.
const maxPeople = 100_000

// Learn takes the name that an entry has.
func (p *People) Learn(e *audit.Entry) {
	name, of := NameOf(&e.Record), key{e.Issuer, e.Subject}
	if name == "" || e.Subject == "" {
		return
	}
	if p.names == nil {
		p.names = make(map[key]string)
	}
	if _, known := p.names[of]; known || len(p.names) < maxPeople {
		p.names[of] = name
	}
}

// Name is whom an entry is about: the name that it has, else one of another entry about them, else the subject; "" where nobody is
// known.
func (p *People) Name(e *audit.Entry) string {
	return cmp.Or(NameOf(&e.Record), p.names[key{e.Issuer, e.Subject}], e.Subject)
}

// Are reports whether an entry is about a person who is named as Name has it, by e-mail address, as AWS's session name has it, by
// subject, which AWS shows as its origin, by key or by source identity, in whatever case.
func (p *People) Are(e *audit.Entry, person string) bool {
	for _, name := range []string{p.Name(e), e.Email, sessionOf(&e.Record), e.Subject, e.Key, e.SourceIdentity} {
		if name != "" && strings.EqualFold(name, person) {
			return true
		}
	}
	return false
}

// NameOf is what a record calls the person whom it is about: as a sign-in printed it, else as AWS's session name has it, where some
// characters are replaced. "" where it has neither.
func NameOf(r *audit.Record) string { return cmp.Or(r.Name, sessionOf(r)) }

// sessionOf is the person's part of a role session name, before the comma that begins the run: see sts.RunSessionName.
func sessionOf(r *audit.Record) string {
	name, _, _ := strings.Cut(r.SessionName, ",")
	return name
}
