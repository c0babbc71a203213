package tracecmd

import (
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/audit/trace"
)

// A provider may give two people one name: they are told apart where they are shown.
func TestPeopleOfOneNameAreToldApart(t *testing.T) {
	t.Parallel()
	tally := trace.NewState().Tally
	for subject, name := range map[string]string{"00u1": "alex@acme.example", "00u2": "alex@acme.example", "00u3": "bob@acme.example\x1b[31m", "00u4": ""} {
		tally.Told(&trace.Access{Person: subject, Name: name, Identity: "acme", Issuer: "https://i", Verb: trace.Read, By: trace.ByKey})
	}
	none, err := trace.IndexOf(func(func(audit.Record, error) bool) {})
	if err != nil {
		t.Fatal(err)
	}
	s := summaryOf(&trace.State{Tally: tally}, &recordOf{index: none})
	got := map[string]string{}
	for _, p := range s.People {
		got[p.Person] = p.Shown
	}
	for subject, want := range map[string]string{"00u1": "alex@acme.example (00u1)", "00u2": "alex@acme.example (00u2)", "00u3": "bob@acme.example[31m", "00u4": "00u4"} {
		if got[subject] != want {
			t.Errorf("%s is shown as %q", subject, got[subject])
		}
	}
}
