package request_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/request"
)

func TestNobodyInParticular(t *testing.T) {
	t.Parallel()
	answer := worked(t, text, request.Ask{Dataset: "pii", Actions: []string{accessmap.Write}})
	want := []string{"grant: the role everything may write pii too"}
	if diff := cmp.Diff(want, told(answer)); diff != "" {
		t.Error(diff)
	}
	answer = worked(t, text, request.Ask{Role: "glass"})
	if len(answer.Ways) != 0 {
		t.Error(told(answer))
	}
}

// Of many groups that no rule names it is the asker's to say which is meant.
func TestGroupsThatTheMapDoesNotKnow(t *testing.T) {
	t.Parallel()
	answer := worked(t, text, request.Ask{Role: "glass", By: inGroups("yes", "with space", `a\*b`, "it's", "data:x")})
	var groups []string
	for _, way := range answer.Ways {
		groups = append(groups, way.Group)
	}
	if diff := cmp.Diff([]string{`a\*b`, "data:x", "it's"}, groups); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(answer.Ways[0].Patch, `+      'a\\\*b': [glass]`) || !strings.Contains(answer.Ways[2].Patch, `+      'it''s': [glass]`) {
		t.Errorf("%s\n%s", answer.Ways[0].Patch, answer.Ways[2].Patch)
	}
	if answer := worked(t, text, request.Ask{Role: "glass", By: inGroups("a", "b", "c", "d", "e", "f")}); len(answer.Ways) != 0 {
		t.Error(told(answer))
	}
}

// A role that a job alone is given is trusted to the job's issuer: it is no way for people, unless they ask for it by name.
func TestARoleOfAnotherIssuerIsNoWayToData(t *testing.T) {
	t.Parallel()
	job := strings.Replace(text, "identities:\n", "identities:\n  ci: { token: { from: env, name: T, audience: a }, issuer: https://ci.example, claims: [{ match: { sub: s }, roles: [nightly] }] }\n", 1) +
		"  nightly: { aws: { role_arn: \"arn:aws:iam::111122223333:role/n\", region: us-east-1 }, read: [churn] }\n"
	for _, way := range worked(t, job, request.Ask{Dataset: "churn", Actions: []string{accessmap.Read}, By: inGroups("analysts")}).Ways {
		if way.Role == "nightly" {
			t.Error(way.Words())
		}
	}
	if ways := worked(t, job, request.Ask{Role: "nightly", By: inGroups("analysts")}).Ways; len(ways) != 1 || ways[0].Kind != request.Rule {
		t.Errorf("%+v", ways)
	}

	// Nobody in particular is a person as well, and a job is who was named, or who alone is given a role.
	people := []string{
		`membership: the group "ml-scientists" gives the role churn-trainer (identity acme)`, `membership: a group matching "data-*" gives the role everything (identity acme)`,
	}
	membership := "membership: a token with sub matching \"s\" gives the role nightly (identity ci)"
	for _, c := range []struct {
		name string
		ask  request.Ask
		want []string
	}{
		{"read", request.Ask{Dataset: "churn", Actions: []string{accessmap.Read}}, people},
		{"read by acme", request.Ask{Dataset: "churn", Actions: []string{accessmap.Read}, Only: "acme"}, people},
		{"read by ci", request.Ask{Dataset: "churn", Actions: []string{accessmap.Read}, Only: "ci"}, []string{membership}},
		{"delete", request.Ask{Dataset: "churn", Actions: []string{accessmap.Delete}}, []string{"grant: the role churn-trainer may delete churn too", "grant: the role everything may delete churn too"}},
		{"delete by ci", request.Ask{Dataset: "churn", Actions: []string{accessmap.Delete}, Only: "ci"}, []string{"grant: the role nightly may delete churn too"}},
		{"the job's role", request.Ask{Role: "nightly"}, []string{membership}},
	} {
		var got []string
		for _, way := range worked(t, job, c.ask).Ways {
			got = append(got, string(way.Kind)+": "+way.Words())
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
	both := strings.Replace(job, "analysts:\n", "analysts:\n        - nightly\n", 1)
	if ways := worked(t, both, request.Ask{Role: "nightly"}).Ways; len(ways) != 1 || ways[0].Group != "analysts" {
		t.Errorf("%+v", ways)
	}
}

func TestIdentityCenter(t *testing.T) {
	t.Parallel()
	const center = `version: 1
identities: {corp: {start_url: https://acme.awsapps.com/start, sso_region: us-east-1, roles: [viewer]}}
roles:
  viewer: {aws: {account_id: "111122223333", role_name: Viewer, region: us-east-1}}
  owner: {aws: {account_id: "111122223333", role_name: Owner, region: us-east-1}}
`
	by := []request.Holder{{Identity: "corp", Claims: accessmap.Claims{Groups: []string{"111122223333/Owner"}}}}
	answer := worked(t, center, request.Ask{Role: "owner", By: by})
	if len(answer.Ways) != 1 || !strings.Contains(answer.Ways[0].Patch, "+identities: {corp: {start_url: https://acme.awsapps.com/start, sso_region: us-east-1, roles: [viewer, owner]}}\n") {
		t.Errorf("%+v", answer.Ways)
	}
	answer = worked(t, center, request.Ask{Role: "viewer", By: by})
	if want := []string{"membership: the assignment of Viewer in account 111122223333 in IAM Identity Center gives the role viewer (identity corp); besides , true"}; !slices.Equal(told(answer), want) {
		t.Errorf("%q", told(answer))
	}
}
