package drift

import (
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// A role for nobody lets in nobody in more than one way, and no way is better. Whom it lets in is found, and the provider that no rule
// leads from need not be there.
func TestRolesForNobody(t *testing.T) {
	t.Parallel()
	in := wanted().Roles[0].Trust
	over := iam.Policy(iam.Statement{
		Effect: "Allow", Principal: map[string]iam.Words{"Federated": {provider}}, Action: iam.Words{"sts:AssumeRoleWithWebIdentity"},
		Condition: iam.Conditions{"StringEquals": {host + ":aud": {"dbxaccess"}}, "DateLessThan": {"aws:CurrentTime": {"2026-01-01T00:00:00Z"}}},
	})
	for _, c := range []struct {
		name  string
		want  iam.Document
		have  iam.Document
		found bool
	}{
		{"both deny", iam.Policy(iam.NobodyTrust()), iam.Policy(iam.NobodyTrust()), false},
		{"over, and denied", over, iam.Policy(iam.NobodyTrust()), false},
		{"over, and so there", over, over, false},
		{"denied, and let in", iam.Policy(iam.NobodyTrust()), in, true},
		{"over, and let in", over, in, true},
	} {
		state, actual := wanted(), inStep()
		state.Roles[0].Nobody, state.Roles[0].Trust, actual.Roles[0].Trust = true, c.want, c.have.JSON()
		state.Providers = []desired.Provider{{ARN: provider, URL: "https://" + host, Audiences: []string{"dbxaccess"}, Spare: true}}
		actual.Providers[0] = Provider{ARN: provider, Missing: true}
		findings := Compare(state, actual, By{})
		for _, f := range findings {
			if f.ID != "drift-trust-more" {
				t.Errorf("%s: %+v", c.name, f)
			}
		}
		if (len(findings) > 0) != c.found {
			t.Errorf("%s: %+v", c.name, findings)
		}
	}
}
