package query

import (
	"errors"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
)

var now = time.Date(2026, time.November, 30, 9, 0, 0, 0, time.UTC)

func entry(change func(*audit.Record)) *audit.Entry {
	e := &audit.Entry{Record: audit.New(now, audit.Assume, audit.Who{Identity: "acme", Issuer: "https://idp.example.com", Subject: "00u1"})}
	change(&e.Record)
	return e
}

func TestAFilterTakesWhatIsWanted(t *testing.T) {
	t.Parallel()
	people := new(People)
	e := entry(func(r *audit.Record) {
		r.Role, r.Run, r.SessionName = "ml-trainer", "churn-7", "alice@example.com,churn-7"
	})
	refused := entry(func(r *audit.Record) { r.Role, r.Refused = "ml-trainer", errors.New("no") })
	entitled := entry(func(r *audit.Record) { r.Grants = []audit.Grant{{Role: "ml-trainer", Group: "g"}} })
	people.Learn(e)
	signedIn := entry(func(r *audit.Record) {
		r.Activity, r.Subject, r.Name, r.Email = audit.SignIn, "00u2", "alice@example.com", "alice.a@example.com"
	})
	for name, c := range map[string]struct {
		filter Filter
		of     *audit.Entry
		want   bool
	}{
		"nothing":                    {Filter{}, e, true},
		"since its time":             {Filter{Since: now}, e, true},
		"since later":                {Filter{Since: now.Add(1)}, e, false},
		"until its time":             {Filter{Until: now}, e, false},
		"until later":                {Filter{Until: now.Add(1)}, e, true},
		"its role":                   {Filter{Role: "ml-trainer"}, e, true},
		"another role":               {Filter{Role: "ml"}, e, false},
		"a role that is given":       {Filter{Role: "ml-trainer"}, entitled, true},
		"its run":                    {Filter{Run: "churn-7"}, e, true},
		"another run":                {Filter{Run: "churn-8"}, e, false},
		"allowed":                    {Filter{Outcome: Allowed}, e, true},
		"not refused":                {Filter{Outcome: Refused}, e, false},
		"refused":                    {Filter{Outcome: Refused}, refused, true},
		"its person":                 {Filter{Person: "Alice@example.com"}, e, true},
		"by subject":                 {Filter{Person: "00u1"}, e, true},
		"a part of a name":           {Filter{Person: "alice"}, e, false},
		"the run as a person":        {Filter{Person: "alice@example.com,churn-7"}, e, false},
		"a refusal without the name": {Filter{Person: "alice@example.com"}, refused, true},
		"a sign-in by its name":      {Filter{Person: "alice@example.com"}, signedIn, true},
		"a sign-in by its address":   {Filter{Person: "alice.a@example.com"}, signedIn, true},
		"a sign-in of somebody else": {Filter{Person: "bob@example.com"}, signedIn, false},
		"somebody else":              {Filter{Person: "bob@example.com"}, refused, false},
	} {
		if got := c.filter.Takes(c.of, people); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	people.Learn(signedIn)
	renamed := entry(func(r *audit.Record) {
		r.Activity, r.Subject, r.Name, r.Email = audit.SignIn, "00u2", "alice.b@example.com", "alice.b@example.com"
	})
	people.Learn(renamed)
	unnamed := entry(func(r *audit.Record) { r.Subject = "00u2" })
	for _, name := range []string{"alice@example.com", "alice.a@example.com", "ALICE.B@example.com"} {
		for _, e := range []*audit.Entry{signedIn, renamed, unnamed} {
			if !people.Are(e, name) {
				t.Errorf("%s: all of a person's entries are found by each of their names: %+v", name, e.Record)
			}
		}
	}
	if got := people.Name(unnamed); got != "alice.b@example.com" {
		t.Errorf("told by the name %q", got)
	}
	other := entry(func(r *audit.Record) { r.Issuer = "https://other.example.com" })
	if people.Are(other, "alice@example.com") {
		t.Error("a subject of another provider has a name that is not theirs")
	}
}

func TestMoments(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Time{
		"90m": now.Add(-90 * time.Minute), "24h": now.AddDate(0, 0, -1), "7d": now.AddDate(0, 0, -7), "2w": now.AddDate(0, 0, -14),
		"2026-03-01": time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), "2026-03-01T01:00:00+01:00": time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC),
	} {
		if got, err := Moment(text, now); err != nil || !got.Equal(want) {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "d", "-1d", "1.5h", "7", "1y", "99999999999d", "4000000000w", "2026-13-01", "yesterday"} {
		if got, err := Moment(text, now); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}
