package drift

import (
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// Whom a rule of the map let in that has ended is told apart from whom none ever did, and a statement that ended with its rule lets in
// nobody.
func TestGrantsThatEnded(t *testing.T) {
	t.Parallel()
	token := func(end string, subjects ...string) iam.Statement {
		s := iam.WebIdentityTrust(provider, true, false, iam.Conditions{"StringEquals": {host + ":aud": {"dbxaccess"}, host + ":sub": subjects}})
		if end != "" {
			s.Condition["DateLessThan"] = map[string]iam.Words{"aws:CurrentTime": {end}}
		}
		return s
	}
	over := func(role string, month time.Month, subject string) desired.Ended {
		end := time.Date(2026, month, 1, 0, 0, 0, 0, time.UTC)
		return desired.Ended{Role: role, Until: end, Trust: token(end.Format(time.RFC3339), subject)}
	}
	const told = "the map's grant of ml-trainer ended on 2026-10-31"
	for _, c := range []struct {
		name  string
		have  iam.Statement
		found bool
		ended string
	}{
		{"without an end", token("", "carol"), true, told},
		{"with a later end", token("2999-01-01T00:00:00Z", "carol"), true, told},
		{"with its end", token("2026-11-01T00:00:00Z", "carol"), false, ""},
		{"with an earlier end", token("2026-01-01T00:00:00Z", "carol"), false, ""},
		{"of two, by that of the example", token("", "carol", "dave"), true, "sub is \"dave\"; the map's grant of ml-admin ended on 2026-09-30"},
		{"the earlier", token("", "dave"), true, "the map's grant of ml-admin ended on 2026-09-30"},
		{"and another besides", token("", "carol", "eve"), true, ""},
		{"another", token("", "eve"), true, ""},
	} {
		state, actual := wanted(), inStep()
		state.Roles[0].Ended = []desired.Ended{over("ml-admin", time.October, "dave"), over("ml-trainer", time.November, "carol")}
		trust := state.Roles[0].Trust
		trust.Statement = append(trust.Statement[:len(trust.Statement):len(trust.Statement)], c.have)
		actual.Roles[0].Trust = trust.JSON()
		findings := Compare(state, actual, By{})
		if len(findings) > 1 || (len(findings) > 0) != c.found {
			t.Errorf("%s: %+v", c.name, findings)
		}
		for _, f := range findings {
			if f.ID != "drift-trust-more" || !strings.HasSuffix(f.What, c.ended) || strings.Contains(f.What, "ended") != (c.ended != "") || (f.GrantEnded != "") != (c.ended != "") {
				t.Errorf("%s: %+v", c.name, f)
			}
		}
	}

	// What is missing besides is found as ever.
	state, actual := wanted(), inStep()
	state.Roles[0].Ended = []desired.Ended{over("ml-trainer", time.November, "carol")}
	rewrite(t, &actual.Roles[0].Trust, `["alice","bob"]`, `["alice","carol"]`)
	findings := Compare(state, actual, By{})
	if len(findings) != 2 || findings[0].GrantEnded != "2026-11-01T00:00:00Z" || findings[1].ID != "drift-trust-less" || findings[1].GrantEnded != "" {
		t.Errorf("%+v", findings)
	}
}
