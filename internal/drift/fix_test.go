package drift

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// fixOf is the fix of the one finding of an ID.
func fixOf(t *testing.T, findings []Finding, id ui.ID) string {
	t.Helper()
	i := slices.IndexFunc(findings, func(f Finding) bool { return f.ID == id })
	if i < 0 {
		t.Fatalf("no %s: %+v", id, findings)
	}
	return findings[i].Fix.String()
}

// Where AWS can't see groups, the map's policy would let in more than one that lists people: it is not handed out.
func TestTheFixOfATrustPolicyOpensNothing(t *testing.T) {
	const (
		whole = `aws iam update-assume-role-policy --role-name ml-trainer --policy-document "$(dbxaccess map trust ml-trainer`
		admin = `"Statement":[{"Sid":"Debug","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"sts:AssumeRole"},`
	)
	open := wanted()
	delete(open.Roles[0].Trust.Statement[0].Condition["StringEquals"], host+":sub")
	open.Roles[0].ByAudience = true
	closed := wanted()
	for _, c := range []struct {
		name, old, with string
		id              ui.ID
		fix             string
	}{
		{"a statement more", `"Statement":[`, admin, "drift-trust-more", "take statement 1 (Debug) out of the trust policy"},
		{"a deleted role", `arn:aws:iam::444455556666:role/hub`, `AROAEXAMPLEEXAMPLE123`, "drift-principal-deleted", "take AROAEXAMPLEEXAMPLE123 out of the trust policy"},
		{"no tags", `["sts:AssumeRoleWithWebIdentity","sts:TagSession"]`, `"sts:AssumeRoleWithWebIdentity"`, "drift-trust-less",
			"let a statement of the trust policy take sts:TagSession by " + provider},
	} {
		actual := inStep()
		rewrite(t, &actual.Roles[0].Trust, c.old, c.with)
		fix := fixOf(t, Compare(open, actual, By{}), c.id)
		if strings.Contains(fix, "map trust ml-trainer") || !strings.Contains(fix, c.fix) || !strings.Contains(fix, "--subject") ||
			!strings.Contains(fix, "aws iam get-role --role-name ml-trainer --query Role.AssumeRolePolicyDocument > trust.json") {
			t.Errorf("%s: %s", c.name, fix)
		}
		// Listed by the map, or by --subject, nobody is lost.
		if fix := fixOf(t, Compare(closed, actual, By{Map: "our map.yaml", Subjects: []string{"alice", "-bob"}}), c.id); fix != whole+` --map 'our map.yaml' --subject alice --subject=-bob)"` {
			t.Errorf("%s: %s", c.name, fix)
		}
	}
	// Nobody is listed, so the map's policy takes nothing away.
	actual := inStep()
	rewrite(t, &actual.Roles[0].Trust, `,"`+host+`:sub":["alice","bob"]`, ``)
	rewrite(t, &actual.Roles[0].Trust, `"Statement":[`, admin)
	if fix := fixOf(t, Compare(open, actual, By{}), "drift-trust-more"); fix != whole+`)"` {
		t.Error(fix)
	}
	// A Deny on a claim is a list too.
	rewrite(t, &actual.Roles[0].Trust, `"Statement":[`, `"Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Condition":{"StringNotEquals":{"`+host+`:email":"a@example.com"}}},`)
	if fix := fixOf(t, Compare(open, actual, By{}), "drift-trust-more"); strings.Contains(fix, "map trust ml-trainer") {
		t.Error(fix)
	}
	// Nor is it where the role was locked for everybody, and no list of people is spoken of where there is none.
	locked := inStep()
	locked.Roles[0].Trust = `{"Version":"2012-10-17","Statement":{"Sid":"Incident","Effect":"Deny","Principal":"*","Action":"*"}}`
	for _, f := range Compare(open, locked, By{}) {
		if fix := f.Fix.String(); f.ID != "drift-trust-less" || strings.Contains(fix, "map trust ml-trainer") ||
			!strings.Contains(fix, "keep what closes the role on purpose") || strings.Contains(fix, "keep whom it lists by sub") {
			t.Errorf("%s: %s", f.ID, fix)
		}
	}
	if fix := fixOf(t, Compare(closed, locked, By{}), "drift-trust-less"); fix != whole+`)"` {
		t.Error(fix)
	}
	// The map lets in nobody, and its policy says so.
	nobody := wanted()
	nobody.Roles[0].Nobody, nobody.Roles[0].Trust = true, iam.Policy(iam.NobodyTrust())
	if fix := fixOf(t, Compare(nobody, inStep(), By{}), "drift-trust-more"); fix != whole+`)"` {
		t.Error(fix)
	}
}

// Fixes are commands that bring IAM back in step.
func TestFixesAreTheCommandsForIt(t *testing.T) {
	by := By{Map: "m.yaml"}
	for _, c := range []struct {
		name   string
		change func(*Actual)
		id     ui.ID
		fix    string
	}{
		{"no context provider", func(a *Actual) { a.Providers[0].Context = nil }, "drift-context-provider",
			`aws iam update-open-id-connect-provider --cli-input-json "$(dbxaccess map trust ml-trainer --context --map m.yaml)"`},
		{"no provider", func(a *Actual) { a.Providers[0].Missing = true }, "drift-provider-missing",
			"aws iam create-open-id-connect-provider --url https://" + host + " --client-id-list dbxaccess\n" +
				`aws iam update-open-id-connect-provider --cli-input-json "$(dbxaccess map trust ml-trainer --context --map m.yaml)"`},
		{"an audience more", func(a *Actual) { a.Providers[0].Audiences = []string{"dbxaccess", "it's $(id)"} }, "drift-audience-extra",
			"if no other application needs it:\naws iam remove-client-id-from-open-id-connect-provider --open-id-connect-provider-arn '" + provider + `' --client-id 'it'\''s $(id)'`},
		{"an audience like a flag", func(a *Actual) { a.Providers[0].Audiences = []string{"dbxaccess", "--debug"} }, "drift-audience-extra", " --client-id=--debug"},
		{"no role", func(a *Actual) { a.Roles[0].Missing = true }, "drift-role-missing", "dbxaccess map render ml-trainer --map m.yaml"},
		{"no instance profile", func(a *Actual) { a.InstanceProfiles[0] = InstanceProfile{ARN: instance, Missing: true} }, "drift-instance-profile-missing",
			"aws iam create-instance-profile --instance-profile-name ml-trainer\naws iam add-role-to-instance-profile --instance-profile-name ml-trainer --role-name ml-trainer"},
		{"another role in it", func(a *Actual) { a.InstanceProfiles[0].Role = roleARN + "-2" }, "drift-instance-profile-missing",
			"aws iam remove-role-from-instance-profile --instance-profile-name ml-trainer --role-name ml-trainer-2\naws iam add-role-to-instance-profile"},
		{"no account", func(a *Actual) {
			*a = Actual{Unread: []Unread{{ARN: account, Part: PartAccount, Why: "no credentials"}}}
		}, "drift-not-compared",
			"--profile PROFILE of the AWS CLI, --as ROLE of the map, or a role to take there, as in --role "},
	} {
		state, actual := wanted(), inStep()
		state.Providers[0].Context.Needed = true
		c.change(actual)
		if fix := fixOf(t, Compare(state, actual, by), c.id); !strings.Contains(fix, c.fix) {
			t.Errorf("%s: %s", c.name, fix)
		}
	}
}

// Where several accounts are compared, each finding says in which one its commands are given: roles of one name may be in all of them.
func TestFixesSayForWhichAccountTheyAre(t *testing.T) {
	const other = "444455556666"
	state, actual := wanted(), inStep()
	state.Roles = append(state.Roles, desired.Role{ARN: strings.Replace(roleARN, account, other, 1), For: []string{"far"}, Trust: state.Roles[0].Trust, MaxSession: time.Hour})
	actual.Roles[0].MaxSession = 12 * time.Hour
	actual.Roles = append(actual.Roles, Role{ARN: state.Roles[1].ARN, Trust: actual.Roles[0].Trust, MaxSession: 12 * time.Hour})
	actual.InstanceProfiles[0] = InstanceProfile{ARN: instance, Missing: true}
	actual.Providers[0].Audiences = []string{"dbxaccess", "other"}
	for _, f := range Compare(state, actual, By{}) {
		fix, in := f.Fix.String(), "in account "+accountOf(f.ARN)+":\naws iam "
		if strings.Count(fix, "in account ") != 1 || !strings.Contains(fix, in) {
			t.Errorf("%s of %s: %s", f.ID, f.ARN, fix)
		}
	}
	// Of one account, it goes without saying.
	one := inStep()
	one.Roles[0].MaxSession = 12 * time.Hour
	if fix := fixOf(t, Compare(wanted(), one, By{}), "drift-session-longer"); !strings.HasPrefix(fix, "aws iam update-role") {
		t.Error(fix)
	}
}

// That nothing unforgeable says who signed in is a finding only where a trust policy depends on it.
func TestAnOptionalContextProvider(t *testing.T) {
	state, actual := wanted(), inStep()
	if notes := Notes(state, actual); len(notes) > 0 {
		t.Errorf("it is there, and yet %v", notes)
	}
	actual.Providers[0].Context = nil
	if findings := Compare(state, actual, By{}); len(findings) > 0 {
		t.Errorf("got %+v", findings)
	}
	if notes := strings.Join(Notes(state, actual), "\n"); !strings.Contains(notes, provider+" has no context provider") || !strings.Contains(notes, "optional") {
		t.Error(notes)
	}
	actual.Unread = []Unread{{ARN: provider, Part: PartContext, Why: "x"}}
	if notes := Notes(state, actual); len(notes) > 0 {
		t.Errorf("it was not read, and yet %v", notes)
	}
	actual.Unread, state.Providers[0].Context.Needed = nil, true
	if findings := Compare(state, actual, By{}); len(findings) != 1 || findings[0].Severity != Medium || len(Notes(state, actual)) > 0 {
		t.Errorf("got %+v", findings)
	}
}

func TestAtLeast(t *testing.T) {
	for _, c := range []struct {
		finding Finding
		at      map[Severity]bool
	}{
		{newFinding("drift-session-longer", roleARN, nil, "", nil), map[Severity]bool{Low: true, Medium: false, High: false}},
		{newFinding("drift-permissions-more", roleARN, nil, "", nil), map[Severity]bool{Low: true, Medium: true, High: false}},
		{newFinding("drift-trust-more", roleARN, nil, "", nil), map[Severity]bool{Low: true, Medium: true, High: true}},
		{newFinding("drift-not-compared", roleARN, nil, "", nil), map[Severity]bool{Low: true, Medium: true, High: true}},
		{newFinding("drift-perhaps", roleARN, nil, "", nil), map[Severity]bool{Low: true, Medium: true, High: true}},
	} {
		for severity, want := range c.at {
			if got := c.finding.AtLeast(severity); got != want {
				t.Errorf("%s at %s: %v", c.finding.ID, severity, got)
			}
		}
	}
}

// A policy of which the role needs nothing is taken off; another one is narrowed.
func TestFixesOfPermissions(t *testing.T) {
	const boundary = "arn:aws:iam::" + account + ":policy/edge"
	for _, c := range []struct {
		name   string
		change func(*testing.T, *Role)
		id     ui.ID
		fix    string
	}{
		{"an inline policy more", func(_ *testing.T, r *Role) {
			r.Inline = append(r.Inline, Policy{Name: "extra one", Document: `{"Statement":{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}}`})
		}, "drift-permissions-more", "aws iam delete-role-policy --role-name ml-trainer --policy-name 'extra one'"},
		{"an attached policy more", func(_ *testing.T, r *Role) {
			r.Attached = append(r.Attached, Policy{ARN: boundary, Document: `{"Statement":{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}}`})
		}, "drift-permissions-more", "aws iam detach-role-policy --role-name ml-trainer --policy-arn '" + boundary + "'"},
		{"a policy that the role needs", func(t *testing.T, r *Role) {
			rewrite(t, &r.Inline[0].Document, `"s3:GetObject"`, `["s3:GetObject","s3:DeleteObject"]`)
		}, "drift-permissions-more", "narrow statement 1 of dbxaccess to what the role needs:\ndbxaccess map render ml-trainer"},
		{"one that the role needs, where more is missing", func(t *testing.T, r *Role) {
			rewrite(t, &r.Inline[0].Document, `"s3:GetObject"`, `"s3:DeleteObject"`)
		}, "drift-permissions-more", "narrow statement 1 of dbxaccess"},
		{"a boundary", func(_ *testing.T, r *Role) {
			r.Boundary = &Policy{ARN: boundary, Document: `{"Statement":{"Effect":"Allow","Action":["s3:List*","athena:*"],"Resource":"*"}}`}
		}, "drift-boundary-less", "let the permissions boundary allow it, or give the role another one\naws iam get-policy --policy-arn '" + boundary + "'"},
		{"a Deny", func(_ *testing.T, r *Role) {
			r.Inline = append(r.Inline, Policy{Name: "freeze", Document: `{"Statement":{"Sid":"Freeze","Effect":"Deny","Action":"s3:Get*","Resource":"*"}}`})
		}, "drift-permissions-less", "take statement 1 (Freeze) out of freeze, or let it deny less"},
		{"nothing", func(_ *testing.T, r *Role) { r.Inline = nil }, "drift-permissions-less", "let a policy of the role allow it, as in:\ndbxaccess map render ml-trainer"},
	} {
		actual := inStep()
		c.change(t, &actual.Roles[0])
		if fix := fixOf(t, Compare(wanted(), actual, By{}), c.id); !strings.HasPrefix(fix, c.fix) {
			t.Errorf("%s: %s", c.name, fix)
		}
	}
}

// A cross-account role is Databricks': it is given what is missing, and no policy of it is taken off.
func TestFixesOfWhatIsPassedOn(t *testing.T) {
	const cross = "arn:aws:iam::" + account + ":role/databricks"
	state := wanted()
	state.Databricks.PassRoles = []desired.PassRole{{CrossAccountRole: cross, Statement: iam.PassRole(roleARN)}}
	for document, want := range map[string]string{
		`{"Statement":{"Effect":"Allow","Action":"ec2:*","Resource":"*"}}`: "aws iam put-role-policy --role-name databricks --policy-name dbxaccess-pass-role --policy-document '" +
			iam.Policy(iam.PassRole(roleARN)).JSON() + "'",
		`{"Statement":{"Effect":"Allow","Action":"iam:*","Resource":"*"}}`: "narrow statement 1 of compute to the roles of the map:\ndbxaccess map render ml-trainer",
	} {
		actual := inStep()
		actual.Roles = append(actual.Roles, Role{ARN: cross, Inline: []Policy{{Name: "compute", Document: document}}})
		if findings := Compare(state, actual, By{}); len(findings) != 1 || findings[0].Fix.String() != want {
			t.Errorf("%s: %+v", document, findings)
		}
	}
}
