package desired_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
)

const onOneARN = `version: 1
policy:
  restricted: { acr: [phr] }
identities:
  people:
    issuer: https://login.example.com
    client_id: dbxaccess
    signed_tags: { a: { team: a }, b: { team: b } }
    groups: { a: [audit], b: [report] }
datasets:
  open: { location: s3://acme-open/, sensitivity: public }
  secret: { location: s3://acme-secret/, sensitivity: restricted }
roles:
  audit: { aws: { role_arn: "arn:aws:iam::111122223333:role/one", region: us-east-1 }, read: [secret] }
  report: { aws: { role_arn: "arn:aws:iam::111122223333:role/one", region: us-east-1 }, read: [open] }
  behind: { aws: { role_arn: "arn:aws:iam::111122223333:role/two", region: us-east-1, via: report }, read: [secret] }
`

// A step-up holds where no other rule lets its holders in with less, and else a gap names the role.
func TestRolesOnOneARN(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ old, new, gap string }{
		"told apart by tags":          {"", "", ""},
		"one has both":                {"a: [audit]", "a: [audit, report]", "role-arn-shared audit"},
		"no tags":                     {"{ a: { team: a }, b: { team: b } }", "{ a: { team: a } }", "role-arn-shared audit"},
		"the same tags":               {"b: { team: b }", "b: { team: a }", "signed-tags-alike audit"},
		"by other keys":               {"b: { team: b }", "b: { site: b }", "role-arn-shared audit"},
		"behind, open to a":           {"b: [report]", "b: [report], c: [behind]", "chain-open-to-all behind"},
		"behind, told apart by tags":  {"b: [report]", "b: [report, behind]", ""},
		"in the data of an open role": {"read: [open] }", "unrestricted: true }", "role-arn-shared report"},
	} {
		s := of(t, strings.Replace(onOneARN, c.old, c.new, 1))
		got := gaps(s)
		if c.gap != "" && !slices.Contains(got, c.gap) || c.gap == "" && slices.ContainsFunc(got, func(id string) bool {
			return strings.HasPrefix(id, "role-arn-shared") || strings.HasPrefix(id, "chain-")
		}) {
			t.Errorf("%s: %q", name, got)
		}
		for _, id := range []string{"role-arn-shared", "chain-open-to-all"} { // what map check tells, with nothing worked out
			gap := slices.ContainsFunc(got, func(one string) bool { return strings.HasPrefix(one, id) })
			warned := slices.ContainsFunc(parse(t, strings.Replace(onOneARN, c.old, c.new, 1)).Lint(now), func(w accessmap.Warning) bool { return string(w.ID) == id })
			if warned != gap {
				t.Errorf("%s: %s is a gap: %v, and a warning: %v", name, id, gap, warned)
			}
		}
	}
	if trust := role(t, of(t, strings.Replace(onOneARN, "b: [report]", "b: [report, behind]", 1)), "two").Trust.JSON(); !strings.Contains(trust, `"aws:PrincipalTag/team":"b"`) {
		t.Error(trust)
	}
}
