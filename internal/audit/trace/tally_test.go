package trace

import (
	"fmt"
	"testing"
)

// However many spots there are, and in whatever order they come, each access is in the sums of its names, and in no others.
func TestSumsAreThoseOfTheNames(t *testing.T) {
	t.Parallel()
	const people, rounds = mostSpots + 100, 3
	tally := newTally()
	datasets := []string{"churn", "labels"}
	var holders []*Holder
	for i := range people {
		holders = append(holders, &Holder{Person: Person{Identity: "acme", Subject: fmt.Sprint(i % (people / 2))}, Role: "r", Rule: "g", Run: fmt.Sprint("run-", i%2)})
	}
	for range rounds {
		for i, h := range holders {
			d := i % 2
			tally.add(&seen{at: 3600, bytes: 1, dataset: d, verb: Read, holder: h, by: ByKey}, datasets[d])
			tally.add(&seen{at: 7200, dataset: d, verb: Write, holder: h, by: ByKey}, datasets[d])
		}
		tally.add(&seen{at: 3600, dataset: none, verb: Read, why: NotIssued}, "")
	}
	if n := len(tally.places); n > mostSpots {
		t.Errorf("%d spots are kept", n)
	}
	const each = people * rounds
	if tally.Accesses != 2*each+rounds || tally.Joined[ByKey] != 2*each || tally.NotJoined[NotIssued] != rounds || len(tally.People.By) != people/2 {
		t.Errorf("%+v", tally)
	}
	for _, p := range tally.People.By {
		if p.Reads != 2*rounds || p.Writes != 2*rounds || p.Bytes != 2*rounds || p.First != 3600 || p.Last != 7200 {
			t.Fatalf("%+v", p)
		}
	}
	if d := tally.Datasets.By["churn"]; d.Reads != each/2 || d.Writes != each/2 || tally.Datasets.By[""].Reads != rounds {
		t.Errorf("%+v", d)
	}
	if g := tally.Grants.By[Grant{"acme", "g", "r", "labels", Write}]; g.Writes != each/2 || g.Reads != 0 || len(tally.Grants.By) != 4 {
		t.Errorf("%+v", g)
	}
	if h := tally.Hours.By[2]; h.Writes != each || h.Reads != 0 || len(tally.Hours.By) != 2 {
		t.Errorf("%+v", h)
	}
}

// Where the access key ID stands in a caller's text moves from one to the next, as with other names of roles.
func TestCallersAreKnownWhereverTheirKeyStands(t *testing.T) {
	t.Parallel()
	known := &callers{}
	for round := range 2 {
		for i, before := range []string{"", `"arn":"arn:aws:sts::111122223333:assumed-role/r/alice",`, `"type":"AssumedRole",`} {
			text := fmt.Sprintf(`{"userIdentity":{%s"accessKeyId":"ASIAEXAMPLE00000000%d"}}`, before, i)
			for _, b := range []string{text, text + `,{"userIdentity":{"accessKeyId":"ASIAEXAMPLE000000099"}}`} {
				s := skimmer{b: []byte(b), known: known}
				if _, err := s.entry(0); err != nil || string(s.e.caller.keyID) != fmt.Sprint("ASIAEXAMPLE00000000", i) {
					t.Errorf("round %d, %s: %v, %s", round, b, err, s.e.caller.keyID)
				}
			}
		}
	}
	for _, b := range []string{`{"userIdentity":{}}`, `{"userIdentity":{"type":"AWSService"}}`, `{"userIdentity":{"accessKeyId":""}}`} {
		s := skimmer{b: []byte(b), known: known}
		if _, err := s.entry(0); err != nil || len(s.e.caller.keyID) > 0 {
			t.Errorf("%s: %v, %s", b, err, s.e.caller.keyID)
		}
	}
}
