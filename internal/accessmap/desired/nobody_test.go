package desired_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
)

const endings = `version: 1
identities:
  acme:
    issuer: https://login.example.com
    client_id: dbxaccess
    groups:
      ml: [{ role: trainer, until: 2026-11-01 }, { role: behind, until: 2026-11-02 }]
datasets:
  churn: { location: s3://acme-ml/churn/ }
roles:
  trainer: { aws: { role_arn: "arn:aws:iam::111122223333:role/trainer", region: us-east-1 }, read: [churn] }
  behind: { aws: { role_arn: "arn:aws:iam::444455556666:role/behind", region: us-east-1, via: trainer }, read: [churn] }
`

// What falls out of the text is destroyed by who applies it: an end alone takes out nothing, and lets in nobody.
func TestARoleWhoseLastGrantEndedStands(t *testing.T) {
	t.Parallel()
	s := of(t, endings)
	if len(s.Providers) != 1 || s.Providers[0].Spare || !slices.Equal(s.Providers[0].Audiences, []string{"dbxaccess"}) {
		t.Fatalf("%+v", s.Providers)
	}
	for name, end := range map[string]string{"trainer": "2026-11-02T00:00:00Z", "behind": "2026-11-03T00:00:00Z"} {
		r := role(t, s, name)
		if text := r.Trust.JSON(); !r.Nobody || !strings.Contains(text, `"DateLessThan":{"aws:CurrentTime":"`+end+`"}`) || len(r.Permissions) == 0 {
			t.Errorf("%s: %s, %+v", name, text, r)
		}
	}
	if got := gaps(s); !slices.Equal(got, []string{"role-for-nobody behind", "role-for-nobody trainer"}) {
		t.Errorf("%q", got)
	}
}

// The end of a grant that is in force holds at each role on the way, not at the first alone.
func TestARoleBehindAnotherEndsToo(t *testing.T) {
	t.Parallel()
	s := of(t, strings.ReplaceAll(endings, "2026-11-0", "2027-11-0"))
	if r := role(t, s, "behind"); r.Nobody || !strings.Contains(r.Trust.JSON(), `"aws:CurrentTime":"2027-11-03T00:00:00Z"`) {
		t.Errorf("%+v", r.Trust)
	}
}

// A role that no rule leads to has a policy that lets in nobody, and the provider that it was taken by stays.
func TestARoleThatNoRuleGivesStands(t *testing.T) {
	t.Parallel()
	const before, after = "[{ role: trainer, until: 2026-11-01 }, { role: behind, until: 2026-11-02 }]", "[far]"
	s := of(t, strings.Replace(endings, before, after, 1)+`  far: { aws: { role_arn: "arn:aws:iam::777788889999:role/far", region: us-east-1 }, read: [churn] }`, "trainer")
	r := role(t, s, "trainer")
	policy, err := evaluate.Parse(r.Trust.JSON())
	if err != nil || !r.Nobody || len(r.Trust.Statement) != 1 {
		t.Fatalf("%s, %v", r.Trust.JSON(), err)
	}
	for _, principal := range []string{"arn:aws:iam::111122223333:oidc-provider/login.example.com", "arn:aws:iam::111122223333:root"} {
		for _, action := range r.Trust.Statement[0].Action {
			asked := evaluate.Request{Action: action, Resource: r.ARN, Principal: principal}
			if evaluate.Decide(evaluate.Layers{Resource: []*evaluate.Policy{policy}}, asked).Allowed {
				t.Errorf("%s lets in %s", r.Trust.JSON(), principal)
			}
		}
	}
	if len(s.Providers) != 1 || !s.Providers[0].Spare || s.Providers[0].URL != "https://login.example.com" || !slices.Equal(s.Providers[0].Audiences, []string{"dbxaccess"}) {
		t.Errorf("%+v", s.Providers)
	}
	if got := gaps(s); !slices.Equal(got, []string{"role-for-nobody trainer"}) {
		t.Errorf("%q", got)
	}
	// Where another role of the account has it in use, there is nothing to keep.
	s, err = desired.Of(parse(t, people), nil, desired.Options{Now: now})
	if err != nil || slices.ContainsFunc(s.Providers, func(p desired.Provider) bool { return p.Spare }) {
		t.Errorf("%+v, %v", s.Providers, err)
	}
}
