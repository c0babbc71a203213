// Package query picks records of those that were read, and knows people by the names that they are asked for by.
//
// In come entries of the record, in any number, and what is wanted of them; out comes whether an entry is wanted, and whom it is
// about. It must never keep entries: a record may be larger than memory.
package query

import (
	"cmp"
	"slices"
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
type People struct{ known map[key]*known }

// key is by which a provider knows somebody.
type key struct{ issuer, subject string }

// known is what somebody is called.
type known struct {
	name string   // the last one
	all  []string // names and e-mail addresses, each once
}

// maxPeople and maxNames bound what is kept. Whom it does not hold is told by the subject.
const maxPeople, maxNames = 100_000, 8

// Learn takes the names that an entry has.
func (p *People) Learn(e *audit.Entry) {
	name, of := NameOf(&e.Record), key{e.Issuer, e.Subject}
	if name == "" && e.Email == "" || e.Subject == "" {
		return
	}
	k := p.known[of]
	if k == nil {
		if len(p.known) >= maxPeople {
			return
		}
		if p.known == nil {
			p.known = make(map[key]*known)
		}
		k = new(known)
		p.known[of] = k
	}
	k.name = cmp.Or(name, k.name)
	for _, text := range []string{e.Name, e.Email, sessionOf(&e.Record)} {
		if text != "" && len(k.all) < maxNames && !slices.Contains(k.all, text) {
			k.all = append(k.all, text)
		}
	}
}

// Name is whom an entry is about: the name that it has, else the last one of other entries about them, else the subject; "" where nobody
// is known.
func (p *People) Name(e *audit.Entry) string {
	name := NameOf(&e.Record)
	if k := p.known[key{e.Issuer, e.Subject}]; k != nil {
		name = cmp.Or(name, k.name)
	}
	return cmp.Or(name, e.Subject)
}

// Are reports whether an entry is about a person who is named, in whatever case, by a name, an e-mail address or a session name that this
// or another entry has for them, by subject, which AWS shows as its origin, by key or by source identity.
func (p *People) Are(e *audit.Entry, person string) bool {
	names := []string{e.Name, e.Email, sessionOf(&e.Record), e.Subject, e.Key, e.SourceIdentity}
	if k := p.known[key{e.Issuer, e.Subject}]; k != nil {
		names = append(names, k.all...)
	}
	return slices.ContainsFunc(names, func(name string) bool { return name != "" && strings.EqualFold(name, person) })
}

// NameOf is what a record calls the person whom it is about: as a sign-in printed it, else as AWS's session name has it, where some
// characters are replaced. "" where it has neither.
func NameOf(r *audit.Record) string { return cmp.Or(r.Name, sessionOf(r)) }

// sessionOf is the person's part of a role session name, before the comma that begins the run: see sts.RunSessionName.
func sessionOf(r *audit.Record) string {
	name, _, _ := strings.Cut(r.SessionName, ",")
	return name
}
