package accessmap

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dbxaccess/dbxaccess/internal/needed"
)

// Rules of the policy that no longer hold for data which a role still reaches widen, whatever else is taken away.
func TestRulesThatNoLongerHoldWiden(t *testing.T) {
	t.Parallel()
	const before = `version: 1
policy: {restricted: {env: deny, agents: deny, max_duration: 15m}, internal: {max_duration: 4h}}
identities: {i: {issuer: https://i.example, client_id: x, groups: {g: [lake-reader, pair, by-statement, managed, at-work, apart]}}}
workspaces: {prod: {host: https://prod.example}}
datasets:
  apart: {location: s3://apart/, sensitivity: internal}
  lake: {location: s3://lake/a/, sensitivity: internal}
  other: {location: s3://other/, sensitivity: restricted}
  pii: {location: s3://lake/a/pii/, sensitivity: restricted}
roles:
  base: {read: [lake]}
  lake-reader: {aws: {role_arn: "arn:aws:iam::111122223333:role/l", region: us-east-1}, inherits: [base]}
  pair: {aws: {role_arn: "arn:aws:iam::111122223333:role/p", region: us-east-1}, read: [lake, other]}
  by-statement: {aws: {role_arn: "arn:aws:iam::111122223333:role/s", region: us-east-1}, read: [apart, pii], statements: [{actions: ["s3:GetObject"], resources: ["arn:aws:s3:::lake/*"]}]}
  managed: {aws: {role_arn: "arn:aws:iam::111122223333:role/m", region: us-east-1, managed_policies: ["arn:aws:iam::aws:policy/X"]}, read: [apart, pii]}
  at-work: {workspace: prod, read: [apart, pii]}
  apart: {aws: {role_arn: "arn:aws:iam::111122223333:role/a", region: us-east-1}, read: [apart, pii]}
`
	const lost = ": no longer held to env: deny, agents: deny, max_duration: 15m, as for pii (restricted)"
	atLake, atLakeReader := "widens dataset: dataset lake"+lost, "widens role: role lake-reader"+lost
	besides := []string{"widens role: role at-work" + lost, "widens role: role by-statement" + lost}
	managed := "widens role: role managed" + lost
	all := append(append([]string{atLake}, besides...), atLakeReader, managed)
	for name, c := range map[string]struct {
		change []string // of old and new, by turns
		want   []string // that no rule holds
	}{
		"the dataset is gone":         {[]string{"  pii: {location: s3://lake/a/pii/, sensitivity: restricted}\n", "", ", pii]", "]"}, all},
		"it moves":                    {[]string{"s3://lake/a/pii/", "s3://pii/"}, []string{atLake, atLakeReader}},
		"it shrinks":                  {[]string{"s3://lake/a/pii/", "s3://lake/a/pii/x/"}, nil},
		"a part moves":                {[]string{"location: s3://lake/a/pii/", "locations: [s3://pii/, s3://lake/b/]"}, []string{atLake, atLakeReader}},
		"the outer one moves away":    {[]string{"s3://lake/a/,", "s3://lake/b/,"}, nil},
		"the roles no longer have it": {[]string{", pii]", "]"}, append(besides[:2:2], managed)},
		"for another in its place": {[]string{", pii]", ", lake]", "lake: {location: s3://lake/a/,", "lake: {location: s3://lake/a/, deny: [s3://lake/a/pii/],"},
			append([]string{atLake, "widens role: role apart" + lost}, all[1:]...)},
		"its rules hold for all": {[]string{"{location: s3://lake/a/pii/, sensitivity: restricted}", "{location: s3://pii/, sensitivity: restricted}",
			"internal: {max_duration: 4h}", "internal: {env: deny, agents: deny, max_duration: 15m}"}, nil},
		"some do": {[]string{"s3://lake/a/pii/", "s3://pii/", "internal: {max", "internal: {agents: deny, max"}, []string{
			"widens dataset: dataset lake: no longer held to env: deny, max_duration: 15m, as for pii (restricted)",
			"widens role: role lake-reader: no longer held to env: deny, max_duration: 15m, as for pii (restricted)"}},
	} {
		old, after := parsed(t, before), parsed(t, strings.NewReplacer(c.change...).Replace(before))
		var got []string
		for _, line := range lines(Changes(old, after)) {
			if strings.Contains(line, "no longer held to") {
				got = append(got, line)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// Each dataset is looked at once, not once for each of the roles that have it.
func TestRulesThatNoLongerHoldForManyRolesAreFoundSoon(t *testing.T) {
	needed.FullSpeed(t)
	t.Parallel()
	const roles, datasets = 10_000, 20
	var b strings.Builder
	b.WriteString("version: 1\npolicy: {restricted: {env: deny}}\nidentities: {i: {issuer: https://i.example, client_id: x, groups: {g: [r0]}}}\n" +
		"datasets:\n  pii: {location: s3://lake/pii/, sensitivity: restricted}\n")
	var names []string
	for i := range datasets {
		names = append(names, fmt.Sprintf("d%d", i))
		fmt.Fprintf(&b, "  d%d: {location: s3://lake-%d/}\n", i, i)
	}
	fmt.Fprintf(&b, "  lake: {location: s3://lake/}\nroles:\n  base: {read: [%s, lake]}\n", strings.Join(names, ", "))
	for i := range roles {
		fmt.Fprintf(&b, "  r%d: {aws: {role_arn: \"arn:aws:iam::111122223333:role/r\", region: us-east-1}, inherits: [base]}\n", i)
	}
	old, next := parsed(t, b.String()), parsed(t, strings.Replace(b.String(), "s3://lake/pii/", "s3://pii/", 1))
	began := time.Now()
	changes := Changes(old, next)
	if took := time.Since(began); took > 30*time.Second || len(changes) != roles+2 {
		t.Errorf("%s, %d changes", took, len(changes))
	}
}
