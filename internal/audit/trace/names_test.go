package trace

import (
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
)

// A name changes, and the one that the record has last is everybody's, whichever record has it and wherever it stands.
func TestAPersonHasTheNameOfTheirLastRecord(t *testing.T) {
	t.Parallel()
	called := func(name string, at time.Duration, change func(*audit.Record)) audit.Record {
		r := assumed("00u1", "ASIA1", nil)
		r.Name, r.Time = name, noon.Add(at)
		if change != nil {
			change(&r)
		}
		return r
	}
	signIn := func(r *audit.Record) { r.Activity, r.SessionName = audit.SignIn, "" }
	unnamed := func(r *audit.Record) { r.SessionName = "old@acme.example,churn-1" }
	for name, c := range map[string]struct {
		list []audit.Record
		want string
	}{
		"the later of two, in either order":     {[]audit.Record{called("new@acme.example", time.Hour, nil), called("old@acme.example", 0, nil)}, "new@acme.example"},
		"a sign-in's":                           {[]audit.Record{called("old@acme.example", 0, nil), called("new@acme.example", time.Hour, signIn)}, "new@acme.example"},
		"of a record without one the session's": {[]audit.Record{called("", 0, unnamed)}, "old@acme.example"},
		"none takes none away":                  {[]audit.Record{called("old@acme.example", 0, nil), called("", time.Hour, signIn)}, "old@acme.example"},
		"the greater of one second":             {[]audit.Record{called("b@acme.example", time.Millisecond, nil), called("a@acme.example", 2*time.Millisecond, nil)}, "b@acme.example"},
		"not another issuer's": {
			[]audit.Record{called("old@acme.example", 0, nil), called("eve@acme.example", time.Hour, func(r *audit.Record) { r.Issuer = "https://other.example" })}, "old@acme.example",
		},
	} {
		x, err := IndexOf(records(c.list...))
		if err != nil {
			t.Fatal(err)
		}
		if got := x.Name(Person{"acme", "https://login.acme.example/", "00u1"}); got != c.want {
			t.Errorf("%s: %q, and it is %q", name, got, c.want)
		}
	}
}
