package trace

import (
	"bytes"
	"slices"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/audit"
)

// Of an access across accounts, the bucket's owner is given a copy that does not say by which key it was. Whichever is read first,
// the access is its person's.
func TestTheOwnersCopyTakesNoAccessAway(t *testing.T) {
	t.Parallel()
	const shared = `"sharedEventID":"11111111-e171-4cef-975a-ad829d4123e8","requestParameters"`
	callers := entry(`"requestParameters"`, shared)
	owners := entry(`"requestParameters"`, shared, "cdc4b7ed", "00000002", "ASIAEXAMPLE000000001", "", ":assumed-role/", ":other/", `"sourceIdentity"`, `"none"`)
	poorer := entry(`"requestParameters"`, shared, "cdc4b7ed", "00000003", "ASIAEXAMPLE000000001", "ASIAOTHER", ":role/ml-trainer", ":role/other")
	for _, c := range []struct {
		copies []string
		joined int64
		why    Reason
	}{
		{[]string{owners, callers}, 1, ""}, {[]string{callers, owners}, 1, ""}, {[]string{owners, poorer, callers, owners}, 1, ""},
		{[]string{owners}, 0, NoIdentity}, {[]string{owners, poorer}, 0, NotIssued}, {[]string{poorer, owners}, 0, NotIssued},
	} {
		for cut := range 1 + len(c.copies) { // where the work is interrupted, and goes on from its state
			o := options(t)
			var rows []byte
			o.Row = func(b []byte, a *Access) []byte { return append(append(b, a.EventID...), '\n') }
			o.Write = func(written []byte) error { rows = append(rows, written...); return nil }
			o.State = NewState()
			for i, of := range [][]string{c.copies[:cut], c.copies[cut:]} {
				if len(of) > 0 {
					if err := o.takeAll(t, string(rune('a'+i)), of); err != nil {
						t.Fatal(err)
					}
				}
				var b bytes.Buffer
				if err := o.State.Encode(&b); err != nil {
					t.Fatal(err)
				}
				again, err := DecodeState(&b)
				if err != nil {
					t.Fatal(err)
				}
				o.State = again
			}
			if err := o.State.release(&o); err != nil {
				t.Fatal(err)
			}
			tally := o.State.Tally
			if tally.Accesses != 1 || tally.Joined[ByKey] != c.joined || c.why != "" && tally.NotJoined[c.why] != 1 || tally.Duplicates != int64(len(c.copies)-1) || bytes.Count(rows, []byte{'\n'}) != 1 {
				t.Errorf("%d copies, cut at %d: %+v, %q", len(c.copies), cut, tally, rows)
			}
		}
		o := options(t, fileWith("all", CloudTrail, []byte(cloudTrail(c.copies...))))
		if state, err := Run(t.Context(), o); err != nil || state.Tally.Accesses != 1 || state.Tally.Joined[ByKey] != c.joined || len(state.Held) != 0 {
			t.Errorf("%v %+v", err, state.Tally)
		}
	}
}

// A copy that is joined by a name gives way to one with a key of the record, and to one that speaks against it; and each is in the
// sums of its dataset.
func TestANameInOneCopyGivesWay(t *testing.T) {
	t.Parallel()
	link := console("alice", func(r *audit.Record) { r.SessionName = "bob@acme.example" })
	bob := assumed("bob", "ASIAEXAMPLE000000001", func(r *audit.Record) { r.SessionName = "other" })
	const shared = `"sharedEventID":"11111111-e171-4cef-975a-ad829d4123e8","requestParameters"`
	const second = `"sharedEventID":"22222222-e171-4cef-975a-ad829d4123e8","requestParameters"`
	with := func(changes ...string) string {
		return entry(append(changes, "09:12:31", "12:12:31", `"sourceIdentity"`, `"none"`, "/alice@acme.example", "/bob@acme.example", ":alice@acme.example", ":bob@acme.example")...)
	}
	keyed := with(`"requestParameters"`, shared)
	named := with(`"requestParameters"`, shared, "cdc4b7ed", "00000002", "ASIAEXAMPLE000000001", "")
	against := with(`"requestParameters"`, shared, "cdc4b7ed", "00000003", "ASIAEXAMPLE000000001", "", ":alice@acme.example", ":eve@acme.example")
	elsewhere := with(`"requestParameters"`, second, "cdc4b7ed", "00000004", "ASIAEXAMPLE000000001", "", `"key":"churn/`, `"key":"none/`)
	for i, c := range []struct {
		record []audit.Record
		copies []string
		joined By
		why    Reason
	}{
		{[]audit.Record{link}, []string{named}, BySession, ""},
		{[]audit.Record{bob, consoleOnly(link)}, []string{named, keyed}, ByKey, ""}, {[]audit.Record{bob, consoleOnly(link)}, []string{keyed, named}, ByKey, ""},
		{[]audit.Record{link}, []string{named, against}, "", Contradictory}, {[]audit.Record{link}, []string{against, named}, "", Contradictory},
	} {
		o := options(t, fileWith("all", CloudTrail, []byte(cloudTrail(append(c.copies, elsewhere)...))))
		o.Index = indexOf(t, c.record...)
		state, err := Run(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		tally := state.Tally
		if tally.Accesses != 2 || c.joined != "" && tally.Joined[c.joined] == 0 || c.why != "" && tally.NotJoined[c.why] != 1 {
			t.Errorf("%d: %+v", i, tally)
		}
		if one, other := tally.Datasets.By["churn"], tally.Datasets.By[""]; one == nil || other == nil || one.Reads != 1 || other.Reads != 1 {
			t.Errorf("%d: %+v, %+v", i, one, other)
		}
	}
}

// consoleOnly is a link to the console by a key that tells of nothing else.
func consoleOnly(r audit.Record) audit.Record { r.AccessKeyID = "ASIALINK"; return r }

// takeAll reads entries as Run does, without its end.
func (o *Options) takeAll(t *testing.T, name string, of []string) error {
	o.Files = append(slices.Clone(o.Files), fileWith(name, CloudTrail, []byte(cloudTrail(of...))))
	at := len(o.Files) - 1
	o.State.left(o.Files)
	done := make(chan *batch, 4)
	(&reading{o: o, joiner: newJoiner(o.Index), file: at, done: done}).read(t.Context(), 0)
	return o.State.take(o, <-done)
}
