package trace

import (
	"bytes"
	"slices"
	"sort"
	"strings"
)

// By is what an access was joined by; the first that fits counts.
type By string

// What accesses are joined by.
const (
	ByKey     By = "access-key"
	ByParent  By = "parent-access-key" // of which narrower credentials were made
	ByOrigin  By = "origin-identity"
	BySource  By = "source-identity"
	BySession By = "session-name" // with the role
	ByUser    By = "user"         // of a workspace
	// ByPrincipal: the workspace's user is a service principal, which others may be, too.
	ByPrincipal By = "service-principal"
)

// Bys are what accesses are joined by, those that prove most first.
func Bys() []By { return []By{ByKey, ByParent, ByOrigin, ByUser, BySource, BySession, ByPrincipal} }

// Words say what an access was joined by, and where somebody can choose it, who.
func (b By) Words() string {
	return map[By]string{
		ByKey: "access key", ByParent: "the access key that narrower credentials were made of", ByOrigin: "origin identity", ByUser: "user of the workspace",
		BySource: "source identity, which whoever may take the role can choose", BySession: "session name, which whoever may take the role can choose",
		ByPrincipal: "service principal of the workspace, which others may be, too",
	}[b]
}

// Proven reports whether the log has a key of the record, and so tells by which credential it was. All else tells of a person.
func (b By) Proven() bool { return b == ByKey || b == ByParent }

// Named reports whether whoever may take a role, or be a service principal, can choose what an access was joined by.
func (b By) Named() bool { return b == BySource || b == BySession || b == ByPrincipal }

// Reason is why an access was joined to nobody.
type Reason string

// Reasons; Joined is none.
const (
	Joined Reason = ""
	// NoIdentity: the log names no key, session or user, as for services of AWS and for anonymous requests.
	NoIdentity Reason = "no-identity"
	// NotIssued: the record tells of no such credential.
	NotIssued Reason = "not-issued"
	// NameOnly: the record tells of credentials of the name, by other keys than the access was made with. Who may take a role can
	// choose the name.
	NameOnly Reason = "name-only"
	// OutsideLife: the record tells of the credential, which had not begun or had ended.
	OutsideLife Reason = "outside-life"
	// Ambiguous: it may have been one of several people.
	Ambiguous Reason = "ambiguous"
	// Contradictory: what the log says of who it was does not fit together.
	Contradictory Reason = "contradictory"
	// NoTime: the log does not say when it was.
	NoTime Reason = "no-time"
)

// Reasons are why accesses are joined to nobody.
func Reasons() []Reason {
	return []Reason{NoIdentity, NotIssued, NameOnly, OutsideLife, Ambiguous, Contradictory, NoTime}
}

// Words say what a reason means.
func (r Reason) Words() string {
	return map[Reason]string{
		NoIdentity:    "the log names no key, session or user",
		NotIssued:     "the record tells of no such credential",
		NameOnly:      "a name is the record's and the key is not: whoever may take the role can choose the name",
		OutsideLife:   "the credential had not been issued yet, or had ended",
		Ambiguous:     "several people could have been it",
		Contradictory: "what the log says of who it was does not fit together, or not with the record",
		NoTime:        "the log does not say when it was",
	}[r]
}

// way is what leads from a caller to credentials of the record.
type way struct {
	by By
	to []*issued // in the order in which they begin
}

// joiner joins accesses; it is for one goroutine.
type joiner struct {
	*Index
	held  map[Holder]*Holder
	live  []*issued
	known callers
}

func newJoiner(x *Index) *joiner { return &joiner{Index: x, held: map[Holder]*Holder{}} }

// join says whose credentials a caller used at a time, in seconds.
func (j *joiner) join(c *caller, at int64) (*Holder, By, Reason) {
	if c == nil {
		return nil, "", NoIdentity
	}
	if !c.read {
		c.ways, c.why = j.ways(c)
		c.read = true
	}
	why := c.why
	for _, w := range c.ways {
		j.live = j.livingAt(j.live[:0], w.to, at)
		switch {
		case len(j.live) == 0:
			if w.by.Proven() {
				return nil, "", OutsideLife
			}
			if why != NameOnly {
				why = OutsideLife
			}
			continue
		case !samePerson(j.live):
			return nil, w.by, Ambiguous
		case w.by.Named():
			// By a credential whose key is known it was not: that key would stand in the log.
			j.live = slices.DeleteFunc(j.live, func(c *issued) bool { return !c.unkeyed })
			if len(j.live) == 0 {
				why = NameOnly
				continue
			}
		}
		return j.told(w.by, at), w.by, Joined
	}
	return nil, "", why
}

// told is what those that lived have in common, as far as what they were found by tells it. Only a key leads to one credential, and
// so to the run that used it. A name in a role is one of a session of that role; other names are of a person.
func (j *joiner) told(by By, at int64) *Holder {
	h := j.holder(j.live, at)
	if by.Proven() {
		return h
	}
	less := Holder{Person: h.Person}
	if by == BySession {
		less.Role, less.Rule, less.Session = h.Role, h.Rule, h.Session
	}
	return j.once(less)
}

// ways are those from a caller to credentials, and what is so if none leads to one.
func (j *joiner) ways(c *caller) (ways []way, why Reason) {
	if len(c.keyID) > 0 {
		if known := j.keys[string(c.keyID)]; known != nil {
			return []way{{ByKey, []*issued{known}}}, NotIssued
		}
		if made := j.parents[string(c.keyID)]; made != nil {
			return []way{{ByParent, made}}, NotIssued
		}
	}
	session, agree := sessionOf(c)
	if !agree {
		return nil, Contradictory
	}
	if len(c.keyID)+len(c.originUser)+len(c.sourceID)+len(session) == 0 {
		return nil, NoIdentity
	}
	why = NotIssued
	add := func(by By, list []*issued) {
		var fit []*issued
		for _, known := range list {
			if fits(known, c) {
				fit = append(fit, known)
			}
		}
		switch {
		case fit != nil:
			ways = append(ways, way{by: by, to: fit})
		case list != nil:
			why = Contradictory
		}
	}
	if len(c.originUser) > 0 && len(c.originFrom) > 0 { // a subject is one of its issuer's
		add(ByOrigin, j.origins[string(c.originUser)])
	}
	if len(c.sourceID) > 0 {
		add(BySource, j.sources[string(c.sourceID)])
	}
	if role := sessionRole(string(c.roleARN)); role != "" && session != "" {
		add(BySession, j.byNames[nameIn(role, session)])
	}
	return ways, why
}

// fits reports whether nothing stronger that the log says of the caller speaks against a credential.
func fits(known *issued, c *caller) bool {
	if len(c.originUser) > 0 && known.origin != "" && (known.origin != string(c.originUser) || len(c.originFrom) > 0 && bare(known.Issuer) != bare(string(c.originFrom))) {
		return false
	}
	return len(c.sourceID) == 0 || known.source == "" || known.source == string(c.sourceID)
}

// bare is an issuer as AWS's origin identity spells it: without the scheme.
func bare(issuer string) string {
	return strings.TrimSuffix(strings.TrimPrefix(issuer, "https://"), "/")
}

// sessionOf is the name of the caller's session, the end of its ARN and of its principal ID, which have to agree.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
func sessionOf(c *caller) (name string, agree bool) {
	if _, session, ok := bytes.Cut(c.arn, []byte(":assumed-role/")); ok {
		if _, last, ok := bytes.Cut(session, []byte{'/'}); ok {
			name = string(last)
		}
	}
	_, end, ok := bytes.Cut(c.principal, []byte{':'})
	if name == "" || !ok {
		return name, true
	}
	return name, name == string(end)
}

// livingAt adds those of a list that lived at a time. None lives longer than the longest, so that few of a long list are looked at.
func (j *joiner) livingAt(live, list []*issued, at int64) []*issued {
	const early = int64(skew / 1e9)
	first := sort.Search(len(list), func(i int) bool { return list[i].from >= at-j.longest })
	for _, c := range list[first:] {
		if c.from-early > at {
			break
		}
		if at <= c.until {
			live = append(live, c)
		}
	}
	return live
}

// samePerson reports whether credentials are all of one person.
func samePerson(list []*issued) bool {
	for _, c := range list {
		if c.disputed || c.Person != list[0].Person {
			return false
		}
	}
	return true
}

// holder is what the credentials have in common that were in use by then.
func (j *joiner) holder(live []*issued, at int64) *Holder {
	if len(live) == 1 && live[0].held != nil {
		return live[0].held
	}
	const early = int64(skew / 1e9)
	common, found := live[0].Holder, false
	for _, c := range live {
		h := c.Holder
		for _, u := range c.uses {
			if u.from-early > at {
				continue
			}
			h.Run, h.Host, h.Agent, h.Reason = u.run, u.host, u.agent, u.reason
			if !found {
				common, found = h, true
			}
			for _, same := range [][2]*string{
				{&common.Role, &h.Role}, {&common.Rule, &h.Rule}, {&common.Run, &h.Run}, {&common.Host, &h.Host},
				{&common.Agent, &h.Agent}, {&common.Reason, &h.Reason}, {&common.Session, &h.Session}, {&common.Key, &h.Key},
			} {
				if *same[0] != *same[1] {
					*same[0] = ""
				}
			}
		}
	}
	return j.once(common)
}

// once is the same holder each time: sums are looked up by it.
func (j *joiner) once(h Holder) *Holder {
	if known := j.held[h]; known != nil {
		return known
	}
	j.held[h] = &h
	return &h
}
