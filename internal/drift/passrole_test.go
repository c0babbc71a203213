package drift

import (
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// What the role passes on by which Databricks starts compute is compared, and nothing else of it.
func TestWhatTheCrossAccountRolePassesOn(t *testing.T) {
	t.Parallel()
	const cross, other = "arn:aws:iam::" + account + ":role/databricks", "arn:aws:iam::" + account + ":role/other"
	const databricks = "arn:aws:iam::414351767826:root"
	control := func(id string) iam.Statement { return iam.RoleTrust(databricks, iam.Words{"sts:AssumeRole"}, id) }
	own := iam.PassRole(roleARN).JSON()
	wide := `{"Effect":"Allow","Action":"iam:PassRole","Resource":"` + roleARN + `"}`
	compute := `{"Effect":"Allow","Action":["ec2:*","iam:CreateServiceLinkedRole"],"Resource":"*"}`
	inline := func(statements ...string) []Policy {
		return []Policy{{Name: "databricks", Document: `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`}}
	}
	for _, c := range []struct {
		name string
		have Role
		part Part // unread
		want []ui.ID
		what string
	}{
		{"in step", Role{Inline: inline(own, compute)}, "", nil, ""},
		{"with another role of the map", Role{Inline: inline(own, iam.PassRole(other).JSON())}, "", nil, ""},
		{"by other words", Role{Inline: inline(strings.Replace(own, "iam:PassRole", "IAM:Passrol?", 1))}, "", nil, ""},
		{"missing", Role{Inline: inline(compute)}, "", []ui.ID{"drift-pass-role-less"}, "can do less: iam:PassRole on " + roleARN},
		{"the other one alone", Role{Inline: inline(iam.PassRole(other).JSON())}, "", []ui.ID{"drift-pass-role-less"}, "on " + roleARN},
		{"a third", Role{Inline: inline(own, iam.PassRole(other+"-3").JSON())}, "", []ui.ID{"drift-pass-role-more"}, "can do more: iam:PassRole on " + other + "-3"},
		{"all", Role{Inline: inline(strings.Replace(own, roleARN, "*", 1))}, "", []ui.ID{"drift-pass-role-more"}, "on *"},
		{"to every service", Role{Inline: inline(wide)}, "", nil, ""},
		{"a third, to every service", Role{Inline: inline(wide, strings.Replace(wide, roleARN, other+"-3", 1))}, "", []ui.ID{"drift-pass-role-more"}, "on " + other + "-3"},
		{"trusted with another id", Role{Inline: inline(own), Trust: iam.Policy(control("other")).JSON()}, "", []ui.ID{"drift-trust-more", "drift-trust-less"}, "by " + databricks},
		{"trusted without an id", Role{Inline: inline(own), Trust: strings.Replace(iam.Policy(control("id")).JSON(), "sts:ExternalId", "aws:PrincipalTag/x", 1)}, "",
			[]ui.ID{"drift-trust-more", "drift-trust-less"}, "by " + databricks},
		{"trusted by its number", Role{Inline: inline(own), Trust: strings.Replace(iam.Policy(control("id")).JSON(), databricks, "414351767826", 1)}, "", nil, ""},
		{"trusted by another besides", Role{Inline: inline(own), Trust: iam.Policy(control("id"), iam.RoleTrust(other, iam.Words{"sts:AssumeRole"}, "")).JSON()}, "",
			[]ui.ID{"drift-trust-more"}, "by " + other},
		{"everything", Role{Inline: inline(`{"Effect":"Allow","Action":"*","Resource":"*"}`)}, "", []ui.ID{"drift-pass-role-more"}, "iam:PassRole on *"},
		{"denied", Role{Inline: inline(own, `{"Sid":"No","Effect":"Deny","Action":"iam:*","Resource":"*"}`)}, "", []ui.ID{"drift-pass-role-less"}, "(No) denies it"},
		{"bounded", Role{Inline: inline(own), Boundary: &Policy{ARN: "edge", Document: athenaOnly}}, "", []ui.ID{"drift-pass-role-less"}, "by the permissions boundary"},
		{"no such role", Role{Missing: true}, "", []ui.ID{"drift-role-missing"}, "by which the compute of prod starts"},
		{"a policy that is not read", Role{}, PartInline, []ui.ID{"drift-not-compared"}, "inline policy: no"},
		{"a role that is not read", Role{}, PartRole, []ui.ID{"drift-not-compared"}, "role: no"},
		{"a policy that can't be judged", Role{Inline: inline(own, `{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringSounds":{"a":"b"}}}`)}, "", []ui.ID{"drift-not-compared"}, "databricks"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			state, actual := wanted(), inStep()
			state.Databricks.PassRoles = []desired.PassRole{{CrossAccountRole: cross, Workspaces: []string{"prod"}, Statement: iam.PassRole(roleARN), Others: []string{other}, Trust: iam.Policy(control("id"))}}
			c.have.ARN = cross
			if c.have.Trust == "" {
				c.have.Trust = iam.Policy(control("id")).JSON()
			}
			if c.part != "" {
				actual.Unread = append(actual.Unread, Unread{ARN: cross, Part: c.part, Why: "no"})
			}
			if c.part != PartRole {
				actual.Roles = append(actual.Roles, c.have)
			}
			findings := Compare(state, actual, By{})
			var ids []ui.ID
			for _, f := range findings {
				ids = append(ids, f.ID)
				if f.ARN != cross || !slices.Equal(f.Roles, []string{"ml-trainer"}) || !strings.Contains(f.What, c.what) || len(f.Fix) == 0 || strings.Contains(f.Fix.String(), "map trust") {
					t.Errorf("%+v", f)
				}
			}
			if notes := Notes(state, actual); slices.ContainsFunc(notes, func(n string) bool { return strings.HasPrefix(n, cross) }) != (c.name == "to every service") {
				t.Errorf("%q", notes)
			}
			if !slices.Equal(ids, c.want) {
				t.Errorf("got %+v", findings)
			}
		})
	}
	// Of an account that is not known, any external id is right, and none is not.
	for trust, found := range map[string]bool{
		iam.Policy(control("any")).JSON():                                           false,
		iam.Policy(control("any"), control("other")).JSON():                         false,
		iam.Policy(control("")).JSON():                                              true,
		iam.Policy(iam.RoleTrust(other, iam.Words{"sts:AssumeRole"}, "any")).JSON(): true,
	} {
		state, actual := wanted(), inStep()
		most := control("")
		most.Condition = iam.Conditions{"StringLike": {"sts:ExternalId": {"*"}}}
		state.Databricks.PassRoles = []desired.PassRole{{CrossAccountRole: cross, Statement: iam.PassRole(roleARN), Trust: iam.Policy(most), AnyAccount: true}}
		actual.Roles = append(actual.Roles, Role{ARN: cross, Inline: inline(own), Trust: trust})
		findings := Compare(state, actual, By{})
		if (len(findings) > 0) != found || found && (len(findings) != 1 || findings[0].ID != "drift-trust-more") {
			t.Errorf("%s: %+v", trust, findings)
		}
	}
	state := wanted()
	state.Databricks.PassRoles = []desired.PassRole{{CrossAccountRole: cross, Statement: iam.PassRole(roleARN)}}
	if findings := Compare(state, inStep(), By{}); len(findings) != 1 || findings[0].ID != "drift-not-compared" || findings[0].ARN != cross {
		t.Errorf("nothing was read: %+v", findings)
	}
}

// What IAM does not have is named.
func TestPiecesAtDatabricksAreNamed(t *testing.T) {
	t.Parallel()
	state := wanted()
	state.Databricks = desired.Databricks{
		StorageCredentials: []desired.StorageCredential{{Name: "lake"}, {Name: "churn"}, {Name: "lake", RoleARN: roleARN}},
		Federation:         []desired.FederationPolicy{{Identity: "acme"}},
	}
	state.PermissionSets = []desired.PermissionSet{{Name: "analyst"}}
	state.Databricks.PassRoles = []desired.PassRole{{CrossAccountRole: "one", Trust: iam.Policy(iam.RoleTrust("x", nil, ""))}, {CrossAccountRole: "two"}, {CrossAccountRole: "three", AnyAccount: true}}
	state.Gaps = []desired.Gap{{ID: "cross-account-role-unknown", Role: "ml-trainer"}}
	notes := NotLookedAt(state)
	for _, want := range []string{
		"1 permission set of IAM Identity Center, whose roles IAM Identity Center writes",
		"whether compute is let have the role, where a workspace has no cross_account_role in the map: ml-trainer",
		"by which external id Databricks takes the role by which compute starts, where the map has no account_id of a workspace: three, two",
		"what else than passing on roles the role may do by which compute starts: one, three, two",
		"instance profiles at Databricks: " + instance,
		"storage credentials at Databricks: churn, lake", "federation policies at Databricks, for the identities: acme",
	} {
		if !slices.Contains(notes, want) {
			t.Errorf("%q is not in %q", want, notes)
		}
	}
}
