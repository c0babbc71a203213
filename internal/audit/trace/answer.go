package trace

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// errNoAccess says of a row that it is none of the join's.
var errNoAccess = errors.New("a row is not as the query asks for it")

// AccessOf is an access as the join in SQL tells of it: names of columns, which are those of JSON, and values, "" for none. A value that
// the join can't have is an error.
func AccessOf(columns, values []string) (Access, error) {
	var a Access
	into := map[string]*string{
		"log": &a.Log, "event_id": &a.EventID, "action": &a.Action, "verb": (*string)(&a.Verb), "dataset": &a.Dataset, "place": &a.Place,
		"refused": &a.Refused, "region": &a.Region, "address": &a.Address, "person": &a.Person, "person_name": &a.Name, "identity": &a.Identity, "issuer": &a.Issuer,
		"role": &a.Role, "rule": &a.Rule, "run": &a.Run, "host": &a.Host, "agent": &a.Agent, "reason": &a.Reason, "session_name": &a.Session,
		"access_key_id": &a.Key, "joined_by": (*string)(&a.By), "not_joined": (*string)(&a.Why),
	}
	seen := 0
	for i, name := range columns {
		text := into[name]
		switch {
		case text != nil:
			*text = values[i]
			seen++
		case name == "bytes" && values[i] != "":
			n, err := strconv.ParseInt(values[i], 10, 64)
			if err != nil || n < 0 {
				return Access{}, fmt.Errorf("%w: its bytes are no number", errNoAccess)
			}
			a.Bytes = &n
		case name == "time" && values[i] != "":
			var m moment
			if m.parse(values[i]); !m.ok {
				return Access{}, fmt.Errorf("%w: its time can't be read", errNoAccess)
			}
			a.Time = time.Unix(m.at, 0).UTC()
		}
	}
	switch {
	case seen < len(into)-len([]string{"region", "access_key_id"}): // Databricks' log has neither
		return Access{}, fmt.Errorf("%w: columns are missing", errNoAccess)
	case a.Verb != Read && a.Verb != Write && a.Verb != Delete, a.By != "" && !slices.Contains(Bys(), a.By),
		a.Why != Joined && !slices.Contains(Reasons(), a.Why), (a.Why == Joined) != (a.Person != ""), a.Why == Joined && (a.By == "" || a.Time.IsZero()):
		return Access{}, errNoAccess
	}
	return a, nil
}

// Told adds up an access that was joined elsewhere.
func (t *Tally) Told(a *Access) {
	t.Events++
	s := &seen{bytes: -1, verb: a.Verb, refused: a.Refused != "", by: a.By, why: a.Why}
	if !a.Time.IsZero() {
		s.at = a.Time.Unix()
	}
	if a.Bytes != nil {
		s.bytes = *a.Bytes
	}
	if a.Why == Joined {
		t.learn(a)
		s.holder = &Holder{Person: Person{a.Identity, a.Issuer, a.Person}, Role: a.Role, Rule: a.Rule, Run: a.Run}
	}
	t.count(s, t.sums(s.holder, a.Dataset, a.Verb))
}
