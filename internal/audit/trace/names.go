package trace

import (
	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/audit/query"
)

// account is what a provider knows somebody by: names change, and may be given to two.
type account struct{ issuer, subject string }

func (p Person) account() account { return account{p.Issuer, p.Subject} }

// named is what somebody was called, and when, in seconds of Unix time.
type named struct {
	name string
	at   int64
}

// learn takes the name that a record has, whatever it tells of. The last one counts, of one second the greatest: the join in SQL goes by
// the same order, and neither by that of the lines.
func (x *Index) learn(r *audit.Record) {
	name := query.NameOf(r)
	if name == "" || r.Subject == "" || r.Time.IsZero() {
		return
	}
	of, now := account{r.Issuer, r.Subject}, named{name, r.Time.Unix()}
	if known, ok := x.names[of]; ok && (known.at > now.at || known.at == now.at && known.name >= name) {
		return
	}
	x.names[account{x.word(of.issuer), x.word(of.subject)}] = named{x.word(name), now.at}
}

// Name is what the record calls a person last; "" where it has no name. It is for reading: only Person tells people apart.
func (x *Index) Name(p Person) string { return x.names[p.account()].name }

// learn takes the name that a row of the join in SQL has.
func (t *Tally) learn(a *Access) {
	of := account{a.Issuer, a.Person}
	if _, known := t.names[of]; a.Name == "" || !known && len(t.names) >= mostKeys {
		return
	}
	if t.names == nil {
		t.names = map[account]string{}
	}
	t.names[of] = a.Name
}

// Name is what rows of the join in SQL call a person; "" where there were none.
func (t *Tally) Name(p Person) string { return t.names[p.account()] }
