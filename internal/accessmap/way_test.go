package accessmap

import (
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// A permission set is narrowed by STS where a session policy is all that there is to apply, and the role beside it stands in where
// STS can't. What nothing but AssumeRole takes, and another principal, are assumed as ever.
func TestHowAPermissionSetIsNarrowed(t *testing.T) {
	t.Parallel()
	const arn = `, role_arn: "arn:aws:iam::111122223333:role/x"`
	for name, c := range map[string]struct {
		aws, more string
		way       string // the hops, and those otherwise
		scoped    bool
	}{
		"nothing to narrow":         {"", "", "set", false},
		"nothing to narrow, an ARN": {arn, "", "set", false},
		"datasets":                  {"", "read: [d]", "set", true},
		"statements":                {"", "statements: [{actions: [glue:GetTable], resources: [\"*\"]}]", "set", true},
		"datasets and an ARN":       {arn, "read: [d]", "set or set, role", true},
		"tags that nothing takes":   {"", "read: [d], tags: {a: b}", "set", true},
		"tags":                      {arn, "read: [d], tags: {a: b}", "set, role", false},
		"source identity":           {arn + ", source_identity: true", "read: [d]", "set, role", false},
		"managed policies":          {arn + `, managed_policies: ["arn:aws:iam::aws:policy/X"]`, "read: [d]", "set, role", false},
		"an external id":            {arn + ", external_id: x1", "read: [d]", "set, role", false},
		"another account":           {`, role_arn: "arn:aws:iam::444455556666:role/x"`, "read: [d]", "set, role", false},
		"another server":            {`, role_arn: "arn:minio:iam:::role/x"`, "read: [d]", "set, role", false},
	} {
		m := parsed(t, `version: 1
identities: {corp: {start_url: https://a.example, sso_region: us-east-1, roles: [x]}}
datasets: {d: {location: s3://bucket/d/}}
roles: {x: {aws: {account_id: "111122223333", role_name: X, region: us-east-1`+c.aws+"}, "+c.more+"}}\n")
		way, err := m.Way("x", idp.IdentityCenter)
		if err != nil {
			t.Fatal(err)
		}
		got := hopsOf(way.Hops)
		if way.Otherwise != nil {
			got += " or " + hopsOf(way.Otherwise)
		}
		if got != c.way || way.Scoped != c.scoped {
			t.Errorf("%s: %s, scoped %v", name, got, way.Scoped)
		}
		needed := strings.Contains(strings.Join(warned(m.Lint(today)), "\n"), "[scoping-needed]")
		if needed != (c.scoped && way.Otherwise == nil) {
			t.Errorf("%s: warned %v", name, warned(m.Lint(today)))
		}
		if first := strings.Contains(strings.Join(warned(m.Lint(today)), "\n"), "[scoping-first]"); first != (c.scoped && way.Otherwise != nil) {
			t.Errorf("%s: warned %v", name, warned(m.Lint(today)))
		}
	}
}

func hopsOf(hops []Hop) string {
	var names []string
	for _, h := range hops {
		if h.RoleARN == "" {
			names = append(names, "set")
		} else {
			names = append(names, "role")
		}
	}
	return strings.Join(names, ", ")
}

// What is denied gets a layer of its own where AWS has no room for all in one, and where AWS it is.
func TestPoliciesInLayers(t *testing.T) {
	t.Parallel()
	of := func(arn string, prefix int) *Map {
		return parsed(t, `version: 1
identities: {i: {issuer: https://i.example, client_id: x, groups: {g: [r]}}}
datasets: {d: {location: s3://bucket/d/, deny: [s3://bucket/d/`+strings.Repeat("p", prefix)+`/]}}
roles: {r: {aws: {role_arn: "`+arn+`", region: us-east-1}, read: [d]}}
`)
	}
	const role = "arn:aws:iam::111122223333:role/r"
	small, err := of(role, 10).Policies("r", nil, time.Time{})
	if err != nil || small.Layer != "" || small.Session != small.Whole {
		t.Errorf("%+v, %v", small, err)
	}
	m := of(role, 800)
	large, err := m.Policies("r", nil, time.Time{})
	if err != nil || large.Layer == "" || len(large.Whole) <= iam.MaxSessionPolicy || len(large.Session) > iam.MaxSessionPolicy || len(large.Layer) > iam.MaxSessionPolicy ||
		strings.Contains(large.Session, "Deny") || !strings.Contains(large.Session, "sts:GetScopedCredentials") || !strings.Contains(large.Layer, "Deny") {
		t.Errorf("%+v, %v", large, err)
	}
	if size, _, err := m.PolicySize("r", nil); err != nil || size != len(large.Layer) {
		t.Errorf("%d, %v", size, err)
	}
	if whole, err := m.Policy("r", nil, time.Time{}); err != nil || whole != large.Whole {
		t.Errorf("%s, %v", whole, err)
	}
	for _, m := range []*Map{of("arn:minio:iam:::role/r", 820), of(role, 970)} {
		if p, err := m.Policies("r", nil, time.Time{}); ui.IDOf(err) != "session-policy-size" || p != (Policies{}) {
			t.Errorf("%+v, %v", p, err)
		}
	}
}
