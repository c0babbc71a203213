package trace

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/needed"
)

// naive joins as it is documented, record by record.
func naive(list []audit.Record, c *caller, at int64) (person string, why Reason) {
	type judge func(*audit.Record) bool
	living := func(r *audit.Record) bool {
		from := r.Time
		for _, o := range list { // the credential's life begins when the record first tells of it
			if r.AccessKeyID != "" && o.AccessKeyID == r.AccessKeyID && o.Time.Before(from) && r.Activity != audit.Console {
				from = o.Time
			}
		}
		return from.Add(-skew).Unix() <= at && at <= r.Expires.Unix()
	}
	find := func(is judge, named bool) (person string, why Reason) {
		people, some, unkeyed := map[string]bool{}, false, false
		for i := range list {
			if r := &list[i]; is(r) {
				some = true
				if living(r) {
					people[r.Subject] = true
					unkeyed = unkeyed || r.AccessKeyID == "" || r.Activity == audit.Console
				}
			}
		}
		switch {
		case len(people) == 1 && named && !unkeyed:
			return "", NameOnly
		case len(people) == 1:
			for person = range people {
				return person, Joined
			}
		case len(people) > 1:
			return "", Ambiguous
		case some:
			return "", OutsideLife
		}
		return "", NotIssued
	}
	for _, is := range []judge{
		func(r *audit.Record) bool { return r.AccessKeyID == string(c.keyID) },
		func(r *audit.Record) bool { return r.ParentAccessKeyID == string(c.keyID) },
	} {
		if person, why := find(is, false); why != NotIssued && len(c.keyID) > 0 {
			return person, why
		}
	}
	session := string(c.arn[strings.LastIndexByte(string(c.arn), '/')+1:])
	against := func(r *audit.Record) bool {
		return len(c.originUser) > 0 && r.Subject != string(c.originUser) ||
			len(c.sourceID) > 0 && r.SourceIdentity != "" && r.SourceIdentity != string(c.sourceID)
	}
	last := NotIssued
	for i, is := range []judge{
		func(r *audit.Record) bool {
			return len(c.originUser) > 0 && len(c.originFrom) > 0 && r.Subject == string(c.originUser)
		},
		func(r *audit.Record) bool { return len(c.sourceID) > 0 && r.SourceIdentity == string(c.sourceID) },
		func(r *audit.Record) bool { return r.RoleARN == string(c.roleARN) && r.SessionName == session },
	} {
		person, why := find(func(r *audit.Record) bool { return is(r) && !against(r) }, i > 0)
		if why == Joined || why == Ambiguous {
			return person, why
		}
		if _, some := find(is, false); why == NotIssued && some != NotIssued {
			why = Contradictory
		}
		if why != NotIssued && last != NameOnly && (last != OutsideLife || why == NameOnly) {
			last = why
		}
	}
	return "", last
}

// The join says of random logs what the naive one says: few names and keys, so that they meet often.
func TestTheJoinIsTheNaiveOne(t *testing.T) {
	t.Parallel()
	needed.FullSpeed(t)
	r := rand.New(rand.NewPCG(2026, 11))
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	counts := map[Reason]int{}
	for range 3000 {
		var list []audit.Record
		owner := map[string]int{}
		for range 1 + r.IntN(8) {
			key := pick("A1", "A2", "A3", "A4", "A5", "A6")
			one := assumed(pick("alice", "bob", "carol"), key, func(a *audit.Record) {
				a.SessionName, a.RoleARN = pick("s1", "s2"), pick(trainer, reader)
				a.SourceIdentity, a.ParentAccessKeyID = pick("", "", "i1", "i2"), pick("", "", "P1", "P2")
				a.Time = noon.Add(time.Duration(r.IntN(180)) * time.Minute)
				a.Expires = a.Time.Add(time.Duration(1+r.IntN(60)) * time.Minute)
			})
			if first, again := owner[key]; again { // served from the cache
				served := list[first]
				served.Activity, served.Time = audit.Activity(pick(string(audit.Serve), string(audit.Console))), served.Time.Add(time.Duration(r.IntN(10))*time.Minute)
				one = served
			} else {
				owner[key] = len(list)
			}
			list = append(list, one)
		}
		j := newJoiner(indexOf(t, list...))
		for range 20 {
			c := calling(pick("", "A1", "A2", "A7", "P1"), pick(trainer, reader), pick("s1", "s2"))
			c.originUser, c.sourceID = []byte(pick("", "", "alice", "bob", "o2")), []byte(pick("", "", "i1", "i2"))
			if len(c.originUser) > 0 {
				c.originFrom = []byte(pick("", "login.acme.example"))
			}
			at := noon.Add(time.Duration(r.IntN(260)-10) * time.Minute).Unix()
			h, by, why := j.join(&c, at)
			person, wantWhy := naive(list, &c, at)
			counts[why]++
			if got := fmt.Sprint(h != nil && h.Subject == person || h == nil && person == "", why); got != fmt.Sprint(true, wantWhy) {
				t.Fatalf("%+v at %d by %s:\n%+v %q, want %q %q\n%+v", c, at, by, h, why, person, wantWhy, list)
			}
		}
	}
	for _, why := range []Reason{Joined, NotIssued, NameOnly, OutsideLife, Ambiguous, Contradictory} {
		if counts[why] < 100 {
			t.Errorf("%q came %d times", why, counts[why])
		}
	}
}
