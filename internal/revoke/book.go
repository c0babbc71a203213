package revoke

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Person is whom the record knows.
type Person struct {
	Issuer  string   `json:"issuer,omitempty"`
	Subject string   `json:"subject"`
	Key     string   `json:"key,omitempty"`
	Names   []string `json:"names"` // in sessions and at sign-ins, and the e-mail address, sorted
}

// Book is what a record says of all people at one time.
type Book struct {
	now     time.Time
	holders map[string]*Holder // by issuer and subject; one may stand there several times
	bearers map[bearing]map[*Holder]bool
}

// bearing is a name in the sessions of one role.
type bearing struct {
	target string
	name   name
}

// Holder is one person.
type Holder struct {
	who   audit.Who
	names map[string]bool
	roles map[string]bool // ARNs
	live  map[string]Credential
	into  *Holder // the same person, once a record has shown that they are
}

// Read reads records, of one machine or several, in any order. Refused ones tell of nothing that was issued. An error is the
// records' own.
func Read(records iter.Seq2[audit.Record, error], now time.Time) (*Book, error) {
	b := &Book{now: now, holders: map[string]*Holder{}, bearers: map[bearing]map[*Holder]bool{}}
	for r, err := range records {
		if err != nil {
			return nil, err
		}
		if r.Subject == "" || r.Refused != nil {
			continue
		}
		b.learn(b.holder(r.Who), r)
	}
	return b, nil
}

// holder is that of a record. A provider's own key makes one person of the subjects that several clients have for them.
func (b *Book) holder(who audit.Who) *Holder {
	subject := who.Issuer + "\x00" + who.Subject
	h := b.holders[subject].last()
	if h == nil {
		h = &Holder{who: who, names: map[string]bool{}, roles: map[string]bool{}, live: map[string]Credential{}}
		b.holders[subject] = h
	}
	if who.Key == "" {
		return h
	}
	key := "key\x00" + who.Key
	switch known := b.holders[key].last(); known {
	case nil:
		b.holders[key] = h
		h.who.Key = who.Key
	case h:
	default:
		known.take(h)
		h = known
	}
	return h
}

func (h *Holder) last() *Holder {
	for h != nil && h.into != nil {
		h = h.into
	}
	return h
}

// take makes another one's the person's own.
func (h *Holder) take(other *Holder) {
	maps.Copy(h.names, other.names)
	maps.Copy(h.roles, other.roles)
	maps.Copy(h.live, other.live)
	h.names[other.who.Subject] = true
	other.into = h
}

func (b *Book) learn(h *Holder, r audit.Record) {
	for _, n := range []string{r.SessionName, r.SourceIdentity} {
		if n, _, _ = strings.Cut(n, beforeRun); n != "" {
			h.names[n] = true
		}
	}
	for _, n := range []string{r.Name, r.Email} { // which a provider may give two people, and Find then does
		if n != "" {
			h.names[n] = true
		}
	}
	if r.RoleARN != "" {
		h.roles[r.RoleARN] = true
	}
	c := credentialOf(r)
	for _, n := range c.names {
		at := bearing{c.target(), n}
		if b.bearers[at] == nil {
			b.bearers[at] = map[*Holder]bool{}
		}
		b.bearers[at][h] = true
	}
	if c.Kind == "" || !c.Ends.After(b.now) {
		return
	}
	id := strings.Join([]string{string(c.Kind), c.AccessKeyID, c.target(), c.Host, c.Ends.String()}, "\x00")
	if before, known := h.live[id]; known && before.Issued.Before(c.Issued) {
		c.Issued, c.timed = before.Issued, before.timed // it was served again
		c.names = slices.Compact(append(before.names, c.names...))
	}
	h.live[id] = c
}

// shares reports whether somebody else has had sessions of a role under a name.
func (b *Book) shares(target string, n name, h *Holder) bool {
	for other := range b.bearers[bearing{target, n}] {
		if other.last() != h {
			return true
		}
	}
	return false
}

// credentialOf is what a record tells of; without a kind where nothing was handed out.
func credentialOf(r audit.Record) Credential {
	c := Credential{
		Role: r.Role, RoleARN: r.RoleARN, Host: r.Host, For: r.Vended, AccessKeyID: r.AccessKeyID,
		SessionName: r.SessionName, Hostname: r.Hostname, Issued: r.Time, Ends: r.Expires,
	}
	if c.RoleARN == "" {
		c.PermissionSet = r.PermissionSet
	}
	switch {
	case r.Activity == audit.Console:
		c.Kind = Console
	case r.Activity == audit.Vend, r.Vended != "":
		c.Kind = Vended
	case r.Activity == audit.Exchange, r.Activity == audit.Serve && r.Host != "":
		c.Kind = Token
	case r.Activity == audit.Assume, r.Activity == audit.Step, r.Activity == audit.Serve:
		c.Kind = Keys
	}
	if c.Kind == Keys || c.Kind == Console {
		c.names = namesOf(r)
		c.timed = r.Activity == audit.Assume || r.Activity == audit.Step
	}
	return c
}

// alive are what has not ended, and was issued since a time, by its end.
func (h *Holder) alive(now, since time.Time) []Credential {
	var all []Credential
	for _, c := range h.live {
		if c.Ends.After(now) && !c.Issued.Before(since) {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b Credential) int {
		return cmp.Or(a.Ends.Compare(b.Ends), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.AccessKeyID, b.AccessKeyID), cmp.Compare(a.Host, b.Host))
	})
	return all
}

// id is the same for a person in every record.
func (h *Holder) id() string { return cmp.Or(h.who.Key, h.who.Issuer+"\x00"+h.who.Subject) }

func (h *Holder) person() Person {
	p := Person{Issuer: h.who.Issuer, Subject: h.who.Subject, Key: h.who.Key, Names: slices.AppendSeq([]string{}, maps.Keys(h.names))}
	slices.Sort(p.Names)
	return p
}

// called reports whether a person has a name, e-mail address, subject or key. Case does not count, as it does not in an address.
func (h *Holder) called(text string) bool {
	return strings.EqualFold(h.who.Subject, text) || strings.EqualFold(h.who.Key, text) ||
		slices.ContainsFunc(slices.Collect(maps.Keys(h.names)), func(n string) bool { return strings.EqualFold(n, text) })
}

// maxTold is how many people an error names.
const maxTold = 10

// Find is the person whom the record knows by a text; issuer is their provider's, "" for any. Errors are revoke-person-unknown and
// revoke-person-ambiguous.
func (b *Book) Find(text, issuer string) (*Holder, error) {
	found := map[*Holder]bool{}
	known := map[string]bool{}
	for _, h := range b.holders {
		h = h.last()
		known[h.who.Subject] = true
		for n := range h.names {
			known[n] = true
		}
		if h.called(text) && (issuer == "" || h.who.Issuer == issuer) {
			found[h] = true
		}
	}
	said := ui.Clean(text)
	switch len(found) {
	case 1:
		for h := range found {
			return h, nil
		}
	case 0:
		err := ui.Errorf("revoke-person-unknown", ui.Failed, "the record knows nobody by %q", said)
		if near := ui.Nearest(text, maps.Keys(known)); near != "" {
			return nil, err.With(ui.Advice("did you mean:"), ui.Command("dbxaccess revoke "+ui.Word(ui.Clean(near))))
		}
		return nil, err.With(ui.Advice("name them by name, e-mail address, session name, subject or key; the record of another machine is read with --record PATH"))
	}
	var lines []string
	for h := range found {
		lines = append(lines, "dbxaccess revoke "+ui.Word(ui.Clean(h.who.Subject))+" --issuer "+ui.Word(ui.Clean(h.who.Issuer)))
	}
	slices.Sort(lines)
	return nil, ui.Errorf("revoke-person-ambiguous", ui.Failed, "the record knows %d people by %q", len(found), said).
		With(ui.Command(lines[:min(len(lines), maxTold)]...))
}
