package drift

import (
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
)

// chained is a map in which tags of sessions say who of a role may go on to the next, and what they may do.
const chained = `version: 1
identities:
  acme:
    issuer: https://idp.example.com
    client_id: dbxaccess
    groups: { churn: [deep], leads: [deep], all: [reader], costs: [costs] }
    signed_tags: { churn: { team: churn }, leads: { team: leads, level: "3" }, all: { team: all }, costs: { team: costs } }
datasets:
  open: { location: s3://acme-ml/open/, sensitivity: public }
  costs: { location: s3://acme-ml/costs/, sensitivity: confidential }
roles:
  reader: { aws: { role_arn: "arn:aws:iam::111122223333:role/reader", region: us-east-1 }, read: [open] }
  costs: { aws: { role_arn: "arn:aws:iam::111122223333:role/reader", region: us-east-1 }, read: [costs] }
  deep: { aws: { role_arn: "arn:aws:iam::111122223333:role/deep", region: us-east-1, via: reader }, read: [open] }
`

// A tag of the role counts as one of every session that brings none of the name.
func TestATagOfTheRoleOpensWhatSessionTagsHold(t *testing.T) {
	t.Parallel()
	m, err := accessmap.Parse("access-map.yaml", []byte(chained))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, roleName string
		tags           map[string]string
		opened         string // "" for no finding
	}{
		{"the way on", "reader", map[string]string{"team": "churn", "owner": "churn"}, "deep"},
		{"one of two that are asked for", "reader", map[string]string{"level": "3"}, "deep"},
		{"what it may do", "reader", map[string]string{"team": "costs"}, "costs"},
		{"in other letters", "reader", map[string]string{"TEAM": "costs"}, "costs"},
		{"another value", "reader", map[string]string{"team": "Costs"}, ""},
		{"another tag", "reader", map[string]string{"owner": "costs"}, ""},
		{"of the role behind", "deep", map[string]string{"team": "churn"}, ""},
	} {
		for _, asked := range [][]string{nil, {"deep"}, {"costs"}, {"reader"}} {
			state, err := desired.Of(m, asked, desired.Options{})
			if err != nil {
				t.Fatal(err)
			}
			actual := &Actual{}
			for _, r := range state.Roles {
				have := Role{ARN: r.ARN, Trust: r.Trust.JSON(), MaxSession: r.MaxSession}
				for _, d := range r.Permissions {
					have.Inline = append(have.Inline, Policy{Name: "dbxaccess", Document: d.JSON()})
				}
				if nameOf(r.ARN) == c.roleName {
					have.Tags = c.tags
				}
				actual.Roles = append(actual.Roles, have)
			}
			state.Providers = nil
			findings := Compare(state, actual, By{})
			if c.opened == "" {
				if len(findings) > 0 {
					t.Errorf("%s, %q: %+v", c.name, asked, findings)
				}
				continue
			}
			if len(findings) != 1 || findings[0].ID != "drift-role-tag" || findings[0].Severity != High || !strings.HasSuffix(findings[0].What, " alone: "+c.opened) ||
				!strings.Contains(findings[0].Fix.String(), "aws iam untag-role --role-name reader --tag-keys ") {
				t.Errorf("%s, %q: %+v", c.name, asked, findings)
			}
		}
	}
}
