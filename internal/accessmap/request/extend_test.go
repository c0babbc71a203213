package request_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/request"
)

// A rule that has ended gets its new end by a patch of that line, however it is written.
func TestAnEndedRuleIsExtended(t *testing.T) {
	t.Parallel()
	now, end := time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC), time.Date(2027, 5, 2, 0, 0, 0, 0, time.UTC)
	const line = "        - churn-reader\n"
	for _, c := range []struct {
		name, entry string
		ask         request.Ask
		want        string // "" for no patch
	}{
		{"braces", "        - { role: glass, until: 2026-10-31 }  # audit\n", request.Ask{Until: end}, "        - { role: glass, until: 2027-05-01 }  # audit\n"},
		{"block", "        - until: 2026-10-31 # was\n          role: glass\n", request.Ask{Until: end}, "        - until: 2027-05-01 # was\n          role: glass\n"},
		{"quotes", "        - { until: \"2026-10-31\", role: glass }\n", request.Ask{Until: end.Add(time.Hour)}, "        - { until: 2027-05-02T01:00:00Z, role: glass }\n"},
		{"a new reason", "        - { role: glass, until: 2026-10-31 }\n", request.Ask{Until: end, Reason: "it's late"}, "        - { role: glass, until: 2027-05-01, reason: 'it''s late' }\n"},
		{"another reason", "        - { reason: 'audit: 1', role: glass, until: 2026-10-31 }\n", request.Ask{Until: end, Reason: "audit"}, "        - { reason: audit, role: glass, until: 2027-05-01 }\n"},
		{"a reason in a block", "        - role: glass\n          until: 2026-10-31\n", request.Ask{Until: end, Reason: "audit"}, "        - role: glass\n          until: 2027-05-01\n          reason: audit\n"},
		{"the end that is proposed", "        - { role: glass, until: 2026-10-31 }\n", request.Ask{}, "        - { role: glass, until: 2027-02-27 }\n"},
		{"over lines", "        - { role: glass, until: 2026-10-31, reason: 'a\n            b' }\n", request.Ask{Until: end, Reason: "audit"}, ""},
		{"a folded text", "        - role: glass\n          until: >-\n            2026-10-31\n", request.Ask{Until: end}, ""},
	} {
		for _, eol := range []string{"\n", "\r\n"} {
			t.Run(fmt.Sprintf("%s %q", c.name, eol), func(t *testing.T) {
				t.Parallel()
				data := strings.ReplaceAll(strings.Replace(text, line, line+c.entry, 1), "\n", eol)
				ask := c.ask
				ask.Role, ask.By, ask.Now = "glass", inGroups("analysts"), now
				ways := worked(t, data, ask).Ways
				if len(ways) != 1 || ways[0].Ended.IsZero() || !strings.Contains(ways[0].Words(), "had the role glass until 2026-10-31: extend it to 2027-") {
					t.Fatalf("%+v", ways)
				}
				if c.want == "" {
					if ways[0].Patch != "" {
						t.Error(ways[0].Patch)
					}
					return
				}
				got, err := patched(data, ways[0].Patch)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(strings.ReplaceAll(strings.Replace(text, line, line+c.want, 1), "\n", eol), got); diff != "" {
					t.Error(diff)
				}
				if len(ways[0].Changes) == 0 || ways[0].Changes[0].Effect != accessmap.Widens {
					t.Errorf("%+v", ways[0].Changes)
				}
			})
		}
	}
}

// An assignment's rule is extended as well, and not written a second time.
func TestAnEndedRuleOfIdentityCenterIsExtended(t *testing.T) {
	t.Parallel()
	const center = `version: 1
identities: {corp: {start_url: https://acme.awsapps.com/start, sso_region: us-east-1, roles: [{role: owner, until: 2026-10-31}]}}
roles:
  owner: {aws: {account_id: "111122223333", role_name: Owner, region: us-east-1}}
`
	by := []request.Holder{{Identity: "corp", Claims: accessmap.Claims{Groups: []string{"111122223333/Owner"}}}}
	ask := request.Ask{Role: "owner", By: by, Now: time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC), Until: time.Date(2027, 5, 2, 0, 0, 0, 0, time.UTC)}
	ways := worked(t, center, ask).Ways
	if len(ways) != 1 || !strings.Contains(ways[0].Patch, "roles: [{role: owner, until: 2027-05-01}]}}\n") {
		t.Errorf("%+v", ways)
	}
}

// With an end, a grant is named as what would be had without one, where there is nothing else.
func TestAGrantHasNoEnd(t *testing.T) {
	t.Parallel()
	end := time.Date(2990, 2, 1, 0, 0, 0, 0, time.UTC)
	answer := worked(t, text, request.Ask{Dataset: "pii", Actions: []string{accessmap.Write}, By: inGroups("analysts"), Until: end})
	if len(answer.Ways) != 0 || answer.Endless == nil || answer.Endless.Words() != "the role churn-reader may write pii too" {
		t.Errorf("%q, %+v", told(answer), answer.Endless)
	}
	answer = worked(t, text, request.Ask{Dataset: "pii", Actions: []string{accessmap.Read}, By: inGroups("analysts"), Until: end})
	if len(answer.Ways) == 0 || slices.ContainsFunc(answer.Ways, func(w request.Way) bool { return w.Kind == request.Grant }) || answer.Endless != nil {
		t.Errorf("%q, %+v", told(answer), answer.Endless)
	}
}

// A message says an end that its change does not have only of what has one.
func TestTheEndThatAMessageNames(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC)
	m, err := accessmap.Parse("m", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		ask  request.Ask
		want string
	}{
		{request.Ask{Role: "glass", By: inGroups("analysts")}, "(this change has no end; --until 2027-02-27 writes one)"},
		{request.Ask{Role: "glass", By: inGroups("analysts"), Until: now.Add(time.Hour)}, "2026-11-29T09:00:00Z"},
		{request.Ask{Role: "everything", By: inGroups("analysts")}, "2026-12-29 (or sooner, if that is enough); the change of the map has no end; --until 2026-12-29 writes one"},
		{request.Ask{Role: "churn-trainer"}, "2027-02-27 (or sooner, if that is enough)"},
		{request.Ask{Dataset: "features", Actions: []string{accessmap.Delete}, By: inGroups("analysts")}, "(this change has no end: a grant to a role can't have one)"},
	} {
		c.ask.Now = now
		if got := c.ask.End(m, worked(t, text, c.ask).Ways); got != c.want {
			t.Errorf("%s%s: %s", c.ask.Role, c.ask.Dataset, got)
		}
	}
}
