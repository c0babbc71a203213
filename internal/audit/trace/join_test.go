package trace

import (
	"errors"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
)

var noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

const (
	trainer = "arn:aws:iam::111122223333:role/ml-trainer"
	reader  = "arn:aws:iam::111122223333:role/ml-reader"
)

func records(list ...audit.Record) iter.Seq2[audit.Record, error] {
	return func(yield func(audit.Record, error) bool) {
		for _, r := range list {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// assumed is a record of credentials for an hour from noon.
func assumed(person, key string, change func(*audit.Record)) audit.Record {
	r := audit.New(noon, audit.Assume, audit.Who{Identity: "acme", Issuer: "https://login.acme.example/", Subject: person})
	r.AccessKeyID, r.Role, r.RoleARN, r.SessionName, r.Group = key, "ml-trainer", trainer, person+"@acme.example", "ml-scientists"
	r.Hostname, r.Run, r.Expires = "laptop", "churn-1", noon.Add(time.Hour)
	if change != nil {
		change(&r)
	}
	return r
}

// console is a record of a link to AWS's console, made at noon with credentials that end an hour later.
func console(person string, change func(*audit.Record)) audit.Record {
	r := assumed(person, "ASIACONSOLE", change)
	r.Activity = audit.Console
	return r
}

// calling is a caller as CloudTrail tells of one.
func calling(key, role, session string) caller {
	name := role[strings.LastIndexByte(role, '/')+1:]
	return caller{
		keyID: []byte(key), roleARN: []byte(role), principal: []byte("AROAEXAMPLE:" + session),
		arn: []byte("arn:aws:sts::111122223333:assumed-role/" + name + "/" + session),
	}
}

func indexOf(t testing.TB, list ...audit.Record) *Index {
	t.Helper()
	x, err := IndexOf(records(list...))
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestWhoItWas(t *testing.T) {
	t.Parallel()
	at := func(d time.Duration) int64 { return noon.Add(d).Unix() }
	name := calling("ASIAOTHER", trainer, "alice@acme.example")
	with := func(c caller, change func(*caller)) caller { change(&c); return c }
	alice := assumed("alice", "ASIA1", nil)
	bobAsAlice := assumed("bob", "ASIA2", func(r *audit.Record) { r.SessionName = "alice@acme.example" })
	for of, c := range map[string]struct {
		record []audit.Record
		caller caller
		at     int64
		person string
		by     By
		why    Reason
	}{
		"its key":                        {[]audit.Record{alice}, calling("ASIA1", trainer, "x"), at(time.Minute), "alice", ByKey, Joined},
		"the clock is behind":            {[]audit.Record{alice}, calling("ASIA1", trainer, "x"), at(-skew), "alice", ByKey, Joined},
		"before it was issued":           {[]audit.Record{alice}, calling("ASIA1", trainer, "alice@acme.example"), at(-skew - time.Second), "", "", OutsideLife},
		"at its end":                     {[]audit.Record{alice}, calling("ASIA1", trainer, "x"), at(time.Hour), "alice", ByKey, Joined},
		"after its end":                  {[]audit.Record{alice}, calling("ASIA1", trainer, "alice@acme.example"), at(time.Hour + time.Second), "", "", OutsideLife},
		"a key of nobody's":              {[]audit.Record{alice}, calling("ASIA9", reader, "x"), at(0), "", "", NotIssued},
		"no key, which is none's":        {[]audit.Record{assumed("alice", "", nil)}, caller{}, at(0), "", "", NoIdentity},
		"two people by one key":          {[]audit.Record{alice, assumed("bob", "ASIA1", nil)}, calling("ASIA1", trainer, "x"), at(0), "", ByKey, Ambiguous},
		"refused, so not issued":         {[]audit.Record{assumed("alice", "ASIA1", func(r *audit.Record) { r.Refused = errors.New("no") })}, calling("ASIA1", trainer, "alice@acme.example"), at(0), "", "", NotIssued},
		"a key that others were made of": {[]audit.Record{assumed("alice", "ASIA2", func(r *audit.Record) { r.ParentAccessKeyID = "ASIA1" })}, calling("ASIA1", trainer, "x"), at(0), "alice", ByParent, Joined},
		"its own record before its child's": {[]audit.Record{alice, assumed("bob", "ASIA2", func(r *audit.Record) { r.ParentAccessKeyID = "ASIA1" })},
			calling("ASIA1", trainer, "x"), at(0), "alice", ByKey, Joined},
		"origin identity": {[]audit.Record{alice, bobAsAlice},
			with(name, func(c *caller) { c.originUser, c.originFrom = []byte("alice"), []byte("login.acme.example") }), at(0), "alice", ByOrigin, Joined},
		"a name that the subject speaks against": {[]audit.Record{alice},
			with(name, func(c *caller) { c.originUser, c.originFrom = []byte("mallory"), []byte("login.acme.example") }), at(0), "", "", Contradictory},
		"the subject at another issuer": {[]audit.Record{alice},
			with(name, func(c *caller) { c.originUser, c.originFrom = []byte("alice"), []byte("evil.example") }), at(0), "", "", Contradictory},
		"a name that origin identity speaks against": {[]audit.Record{alice},
			with(name, func(c *caller) { c.originUser = []byte("mallory") }), at(0), "", "", Contradictory},
		"an origin without its issuer": {[]audit.Record{alice}, with(name, func(c *caller) { c.roleARN, c.originUser = nil, []byte("alice") }), at(0), "", "", NotIssued},
		"source identity": {[]audit.Record{console("alice", func(r *audit.Record) { r.SourceIdentity = "al" }), bobAsAlice},
			with(name, func(c *caller) { c.sourceID = []byte("al") }), at(0), "alice", BySource, Joined},
		"source identity, by another key than its credentials have": {[]audit.Record{assumed("alice", "ASIA1", func(r *audit.Record) { r.SourceIdentity = "al" })},
			with(name, func(c *caller) { c.sourceID = []byte("al") }), at(0), "", "", NameOnly},
		"source identity of two": {[]audit.Record{assumed("alice", "ASIA1", func(r *audit.Record) { r.SourceIdentity = "al" }), assumed("bob", "ASIA2", func(r *audit.Record) { r.SourceIdentity = "al" })},
			with(name, func(c *caller) { c.sourceID = []byte("al") }), at(0), "", BySource, Ambiguous},
		"session name, by another key than its credentials have":  {[]audit.Record{alice}, name, at(0), "", "", NameOnly},
		"session name, without a key":                             {[]audit.Record{alice}, calling("", trainer, "alice@acme.example"), at(0), "", "", NameOnly},
		"session name of the console":                             {[]audit.Record{alice, console("alice", nil)}, name, at(0), "alice", BySession, Joined},
		"session name of one whose key is not in the record":      {[]audit.Record{assumed("alice", "", nil)}, name, at(0), "alice", BySession, Joined},
		"session name of one's console and another's credentials": {[]audit.Record{console("alice", nil), bobAsAlice}, name, at(0), "", BySession, Ambiguous},
		"session name, another role":                              {[]audit.Record{alice}, calling("", reader, "alice@acme.example"), at(0), "", "", NotIssued},
		"session name of two":                                     {[]audit.Record{alice, bobAsAlice}, name, at(0), "", BySession, Ambiguous},
		"session name of two, one of whom has ended": {[]audit.Record{console("alice", nil), assumed("bob", "ASIA2", func(r *audit.Record) {
			r.SessionName, r.Expires = "alice@acme.example", noon.Add(time.Minute)
		})}, name, at(2 * time.Minute), "alice", BySession, Joined},
		"session name after the end":     {[]audit.Record{alice}, name, at(2 * time.Hour), "", "", OutsideLife},
		"ARN and principal do not agree": {[]audit.Record{alice}, with(name, func(c *caller) { c.principal = []byte("AROAEXAMPLE:bob") }), at(0), "", "", Contradictory},
		"session without its role":       {[]audit.Record{alice}, with(name, func(c *caller) { c.roleARN = nil }), at(0), "", "", NotIssued},
		"permission set": {[]audit.Record{assumed("alice", "ASIA1", func(r *audit.Record) { r.RoleARN, r.PermissionSet = "", "111122223333/MLAdmin" }), console("alice", func(r *audit.Record) { r.RoleARN, r.PermissionSet = "", "111122223333/MLAdmin" })},
			calling("", "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_MLAdmin_0123456789abcdef", "alice@acme.example"), at(0), "alice", BySession, Joined},
		"the set in another account": {[]audit.Record{assumed("alice", "ASIA1", func(r *audit.Record) { r.RoleARN, r.PermissionSet = "", "111122223333/MLAdmin" })},
			calling("", "arn:aws:iam::444455556666:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_MLAdmin_0123456789abcdef", "alice@acme.example"), at(0), "", "", NotIssued},
	} {
		t.Run(of, func(t *testing.T) {
			t.Parallel()
			h, by, why := newJoiner(indexOf(t, c.record...)).join(&c.caller, c.at)
			person := ""
			if h != nil {
				person = h.Subject
			}
			if person != c.person || by != c.by || why != c.why || (h == nil) != (why != Joined) {
				t.Errorf("%q by %q, not because %q; want %q, %q, %q", person, by, why, c.person, c.by, c.why)
			}
		})
	}
}

func TestWhatIsNotCertainOfARunIsNotTold(t *testing.T) {
	t.Parallel()
	served := assumed("alice", "ASIA1", func(r *audit.Record) { r.Activity, r.Time, r.Run = audit.Serve, noon.Add(30*time.Minute), "churn-2" })
	j := newJoiner(indexOf(t, assumed("alice", "ASIA1", nil), served))
	c := calling("ASIA1", trainer, "x")
	for after, run := range map[time.Duration]string{time.Minute: "churn-1", 40 * time.Minute: ""} {
		h, _, why := j.join(&c, noon.Add(after).Unix())
		if why != Joined || h.Run != run || h.Host != "laptop" || h.Rule != "ml-scientists" || h.Role != "ml-trainer" {
			t.Errorf("after %v: %+v, %v", after, h, why)
		}
	}
	if first, _, _ := j.join(&c, noon.Unix()); first != func() *Holder { h, _, _ := j.join(&c, noon.Unix()); return h }() {
		t.Error("what is the same is held twice")
	}
}

// Who may take the role can call a session as Alice's is called. What they read is not hers: her key is known, and was another. Nor is
// what she read theirs.
func TestASessionNameGivesNobodysAccessToAnother(t *testing.T) {
	t.Parallel()
	index := indexOf(t, assumed("alice", "ASIAALICE", nil), assumed("mallory", "ASIAMALLORY", nil))
	theirs := calling("ASIAUNKNOWN", trainer, "alice@acme.example")
	if h, by, why := newJoiner(index).join(&theirs, noon.Unix()); h != nil || by != "" || why != NameOnly {
		t.Errorf("%+v by %q, not because %q", h, by, why)
	}
	hers := calling("ASIAALICE", trainer, "mallory@acme.example")
	if h, by, _ := newJoiner(index).join(&hers, noon.Unix()); h == nil || h.Subject != "alice" || by != ByKey || h.Run != "churn-1" {
		t.Errorf("%+v by %q", h, by)
	}
}

// A name tells who it was, and nothing of what only one credential has.
func TestANameTellsOfNoRun(t *testing.T) {
	t.Parallel()
	person := Person{"acme", "https://login.acme.example/", "alice"}
	index := indexOf(t, console("alice", func(r *audit.Record) { r.SourceIdentity = "al" }))
	named := calling("ASIAUNKNOWN", trainer, "alice@acme.example")
	source, origin := named, named
	source.sourceID, origin.originUser, origin.originFrom = []byte("al"), []byte("alice"), []byte("login.acme.example")
	for by, c := range map[By]struct {
		caller caller
		want   Holder
	}{
		BySession: {named, Holder{Person: person, Role: "ml-trainer", Rule: "ml-scientists", Session: "alice@acme.example"}},
		BySource:  {source, Holder{Person: person}}, ByOrigin: {origin, Holder{Person: person}},
	} {
		if h, got, why := newJoiner(index).join(&c.caller, noon.Unix()); h == nil || got != by || *h != c.want {
			t.Errorf("%s: %+v by %q, not because %q", by, h, got, why)
		}
	}
}
