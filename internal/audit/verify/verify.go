// Package verify says what the record's files prove, and what they don't.
//
// In come the files, the keys that are known to be ours, and the head as the keyring has it; out come what is wrong, the first of it
// first, and what can't be proven. It must never call a chain proven whose key nobody but the files knows, and never pass over a
// line in silence.
package verify

import (
	"cmp"
	"crypto/ed25519"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/audit/chain"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Known is what is known besides the files.
type Known struct {
	Keys   []ed25519.PublicKey // ours
	Heads  []audit.Head        // of the keyring, or kept elsewhere
	Untold int                 // servings that are counted and not told
	// Tallies are those of servings that are damaged, by name.
	Tallies []string
	// Own: it is the record of this machine, where one of Keys has signed all but what workloads did. Another's is signed with one
	// of Keys throughout, where there are any.
	Own bool
}

// verifier reads the files once.
type verifier struct {
	Report
	known    Known
	chains   map[string]*state
	atHeads  []string // the hashes of the records where the known heads are
	position int
	oldest   int // the number of the first file; 0: it has none
}

// Verify reads entries in the order of the files, as audit.ReadDir yields them. An error is why they can't be read.
func Verify(entries iter.Seq2[audit.Entry, error], known Known) (*Report, error) {
	v := &verifier{known: known, chains: make(map[string]*state), atHeads: make([]string, len(known.Heads)), Report: Report{Chains: []*Chain{}, Findings: []Finding{}, Unproven: []Finding{}}}
	for entry, err := range entries {
		v.position++
		if v.position == 1 {
			v.oldest = audit.FileNumber(entry.File)
		}
		damage, damaged := errors.AsType[*audit.Damage](err)
		switch {
		case damaged:
			v.damaged(damage)
		case err != nil:
			return nil, err
		default:
			v.entry(&entry)
		}
	}
	v.end()
	slices.SortStableFunc(v.Findings, func(a, b Finding) int { return cmp.Compare(a.order(), b.order()) })
	return &v.Report, nil
}

// order puts what has no place in the files behind what has.
func (f Finding) order() int {
	if f.position == 0 {
		return math.MaxInt
	}
	return f.position
}

func (v *verifier) found(list *[]Finding, f Finding, format string, args ...any) {
	f.What = fmt.Sprintf(format, args...)
	if len(*list) >= maxFindings {
		v.Omitted++
		return
	}
	*list = append(*list, f)
}

// at is a finding about a record.
func (v *verifier) at(id ui.ID, e *audit.Entry) Finding {
	return Finding{ID: id, File: e.File, Line: e.Number, Chain: e.Chain, Sequence: e.Sequence, position: v.position}
}

func (v *verifier) damaged(d *audit.Damage) {
	f := Finding{ID: Unreadable, File: d.File, Line: d.Number, position: v.position}
	if d.Torn {
		f.ID = Torn
		v.found(&v.Unproven, f, "writing this line was broken off; what it would have told of was not handed out by then")
		return
	}
	v.found(&v.Unproven, f, "this line is no record: one that was never finished, or one that is missing below")
}

// entry holds a record against its chain.
func (v *verifier) entry(e *audit.Entry) {
	s := v.chains[e.Chain]
	if s == nil {
		s = v.begin(e)
	}
	wrong := true
	switch {
	case !e.Intact():
		v.found(&v.Findings, v.at(Edited, e), "record %d was changed after it was written", e.Sequence)
	case s.key != nil && !e.SignedBy(s.key):
		v.found(&v.Findings, v.at(Forged, e), "record %d is not signed with the key of its chain", e.Sequence)
	default:
		wrong = false
	}
	for i, head := range v.known.Heads {
		if head.Chain == e.Chain && head.Sequence == e.Sequence && v.atHeads[i] == "" {
			v.atHeads[i] = e.Hash
		}
	}
	switch next := s.Last + 1; {
	case e.Sequence < next && s.fill(e.Sequence):
		v.found(&v.Findings, v.at(Moved, e), "record %d stands behind record %d", e.Sequence, s.Last)
		s.Records++
		return
	case e.Sequence < next:
		v.found(&v.Findings, v.at(Repeated, e), "record %d is there a second time", e.Sequence)
		return
	case e.Sequence > next:
		s.missing = append(s.missing, gap{next, e.Sequence - 1, v.at(Missing, e)})
	case e.Prev != s.hash && !s.wrong: // what follows one that is wrong shows nothing new
		v.found(&v.Findings, v.at(Spliced, e), "record %d does not follow the record %d that stands before it", e.Sequence, s.Last)
	}
	if e.Count == 0 && e.Time.Before(s.To.Add(-clockLeeway)) {
		v.found(&v.Unproven, v.at(SetBack, e), "record %d is older than the one before it: the clock was set back by %s", e.Sequence, ui.Span(s.To.Sub(e.Time)))
	}
	s.Records++
	s.workload = s.workload && e.Workload
	s.Last, s.hash, s.wrong, s.To = e.Sequence, e.Hash, wrong, e.Time
}

// clockLeeway is how much older than the one before a record may be: processes take the time before they wait for one another.
const clockLeeway = time.Minute

// begin is the first record of a chain that is met.
func (v *verifier) begin(e *audit.Entry) *state {
	s := &state{Chain: &Chain{UID: e.Chain, First: e.Sequence, From: e.Time, To: e.Time}, hash: strings.Repeat("0", 64), workload: true, after: e.After, began: v.at("", e)}
	v.chains[e.Chain] = s
	v.Chains = append(v.Chains, s.Chain)
	for _, key := range v.known.Keys {
		if e.SignedBy(key) {
			s.key, s.Proven = key, true
		}
	}
	if s.key == nil {
		s.key, _ = chain.ParseKey(e.PublicKey)
	}
	if s.key == nil {
		v.found(&v.Findings, v.at(Forged, e), "chain %s names no key, and none that is known has signed its record %d: nothing shows who wrote it", e.Chain, e.Sequence)
		return s
	}
	s.Key = chain.Text(s.key)
	return s
}

// end is what shows once all is read.
func (v *verifier) end() {
	for _, c := range v.Chains {
		s := v.chains[c.UID]
		c.Head = audit.Head{Chain: c.UID, Sequence: c.Last, Hash: s.hash}.String()
		for _, g := range s.gaps() {
			f := g.behind
			f.Sequence = g.from
			if g.from == 1 && v.older(f) {
				f.ID, f.Sequence = Older, g.to+1
				v.found(&v.Unproven, f, "of chain %s, what is before record %d is older than what is kept: not looked at", c.UID, g.to+1)
				continue
			}
			v.found(&v.Findings, f, "%s missing before record %d", records(g.from, g.to), g.behind.Sequence)
		}
		v.replaces(s)
		switch f := s.began; {
		case s.Proven, s.key == nil: // which is told where it begins
		case v.known.Own && !s.workload, !v.known.Own && len(v.known.Keys) > 0:
			f.ID = Foreign
			v.found(&v.Findings, f, "chain %s is not signed with %s: another has written it, or the key it was signed with is not named", c.UID, v.known.whose())
		default:
			f.ID = Unproven
			v.found(&v.Unproven, f, "chain %s is signed with a key that is known from itself alone, as a job's without a keyring: whoever may write the files could have made it", c.UID)
		}
	}
	v.heads()
	for _, name := range v.known.Tallies {
		v.found(&v.Findings, Finding{ID: Tally}, "the tally %s is damaged: how often what it counts was served can't be told", name)
	}
	if v.known.Untold > 0 {
		v.found(&v.Unproven, Finding{ID: Untold}, "%d servings from the cache are counted and not yet in a record: until then they are not signed", v.known.Untold)
	}
	v.found(&v.Unproven, Finding{ID: OnlyHere}, "files and keyring that were put back together to an earlier state show at a sink alone")
}

// older reports whether a record is in the oldest file that is kept, and others were before that one: who makes room takes the oldest.
func (v *verifier) older(f Finding) bool { return v.oldest > 1 && audit.FileNumber(f.File) == v.oldest }

// whose are the keys that are known.
func (k Known) whose() string {
	if k.Own {
		return "a key of this keyring"
	}
	return "the key that was named"
}

// replaces holds what a chain says of the one before it against that.
func (v *verifier) replaces(s *state) {
	if s.after == nil {
		return
	}
	f := s.began
	f.ID = Replaced
	v.found(&v.Unproven, f, "chain %s takes the place of chain %s from behind its record %d: the end of that one, or its key, was not found", s.UID, s.after.Chain, s.after.Sequence)
	v.reaches(*s.after, f)
}

// reaches reports a chain that ends before a record which is known to have been there.
func (v *verifier) reaches(head audit.Head, f Finding) {
	f.ID, f.Chain, f.Sequence = Truncated, head.Chain, 1
	before := v.chains[head.Chain]
	if before == nil && f.position > 0 && v.older(f) {
		f.ID, f.Sequence = Older, head.Sequence
		v.found(&v.Unproven, f, "chain %s is older than what is kept: not looked at", head.Chain)
		return
	}
	if before != nil {
		if before.Last == head.Sequence && before.hash != head.Hash && f.position > 0 {
			f.ID, f.Sequence = Spliced, head.Sequence
			v.found(&v.Findings, f, "record %d of chain %s is not the one that the next chain knows", head.Sequence, head.Chain)
		}
		if before.Last >= head.Sequence {
			return
		}
		f.Sequence = before.Last + 1
	}
	v.found(&v.Findings, f, "at the end of chain %s, %s missing", head.Chain, records(f.Sequence, head.Sequence))
}

// heads holds the files against the heads that are known.
func (v *verifier) heads() {
	if len(v.known.Heads) == 0 && len(v.Chains) > 0 {
		v.found(&v.Unproven, Finding{ID: Headless}, "no head of this record is known from elsewhere: that nothing is missing at its end can't be said")
	}
	for i, head := range v.known.Heads {
		v.reaches(head, Finding{})
		switch v.atHeads[i] {
		case "":
		case head.Hash:
			v.Compared = true
		default:
			v.found(&v.Findings, Finding{ID: Spliced, Chain: head.Chain, Sequence: head.Sequence}, "record %d is not the one that the head knows", head.Sequence)
		}
	}
}

// records are some by their numbers, with the verb.
func records(from, to uint64) string {
	if from == to {
		return fmt.Sprintf("record %d is", from)
	}
	return fmt.Sprintf("records %d to %d are", from, to)
}
