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

const (
	account  = "111122223333"
	roleARN  = "arn:aws:iam::" + account + ":role/dbx/ml-trainer"
	provider = "arn:aws:iam::" + account + ":oidc-provider/idp.example.com/oauth2"
	instance = "arn:aws:iam::" + account + ":instance-profile/ml-trainer"
	managed  = "arn:aws:iam::aws:policy/AmazonAthenaFullAccess"
	host     = "idp.example.com/oauth2"
)

// wanted is a role with all that a map can ask for.
func wanted() *desired.State {
	return &desired.State{
		Providers: []desired.Provider{{
			ARN: provider, URL: "https://" + host, Audiences: []string{"dbxaccess"}, Identities: []string{"acme"},
			Context: &desired.ContextProvider{SubjectSourceKey: "email", SubjectType: "user", Keys: []desired.ContextKey{{Name: "acr", Claim: "acr"}}},
		}},
		Roles: []desired.Role{{
			ARN: roleARN, For: []string{"ml-trainer"}, MaxSession: 2 * time.Hour, Managed: []string{managed},
			Instance: &desired.InstanceProfile{ARN: instance},
			Trust: iam.Policy(
				iam.Statement{
					Effect: "Allow", Principal: map[string]iam.Words{"Federated": {provider}}, Action: iam.Words{"sts:AssumeRoleWithWebIdentity", "sts:TagSession"},
					Condition: iam.Conditions{"StringEquals": {host + ":aud": {"dbxaccess"}, host + ":sub": {"alice", "bob"}}},
				},
				iam.RoleTrust("arn:aws:iam::444455556666:role/hub", iam.AssumeActions(true, true), "4711"),
				iam.Statement{Effect: "Allow", Principal: map[string]iam.Words{"Service": {"ec2.amazonaws.com"}}, Action: iam.Words{"sts:AssumeRole"}},
			),
			Permissions: []iam.Document{iam.Policy(
				iam.Statement{Effect: "Allow", Action: iam.Words{"s3:GetObject"}, Resource: iam.Words{"arn:aws:s3:::acme-ml/churn/*"}},
				iam.Statement{
					Effect: "Allow", Action: iam.Words{"s3:ListBucket"}, Resource: iam.Words{"arn:aws:s3:::acme-ml"},
					Condition: iam.Conditions{"StringLike": {"s3:prefix": {"churn/*"}}},
				},
				iam.Statement{Effect: "Deny", Action: iam.Words{"s3:*"}, Resource: iam.Words{"*"}, Condition: iam.Conditions{"Bool": {"aws:SecureTransport": {"false"}}}},
			)},
		}},
	}
}

// inStep is an IAM that has what is wanted.
func inStep() *Actual {
	r := wanted().Roles[0]
	return &Actual{
		Accounts: []string{account},
		Providers: []Provider{{
			ARN: provider, URL: host, Audiences: []string{"dbxaccess"},
			Context: &ContextProvider{SubjectSourceKey: "email", SubjectType: "user", Keys: map[string]string{"acr": "acr"}},
		}},
		Roles: []Role{{
			ARN: roleARN, Trust: r.Trust.JSON(), MaxSession: 2 * time.Hour,
			Inline:   []Policy{{Name: "dbxaccess", Document: r.Permissions[0].JSON()}},
			Attached: []Policy{{ARN: managed, Document: `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"athena:*","Resource":"*"}}`}},
		}},
		InstanceProfiles: []InstanceProfile{{ARN: instance, Role: roleARN}},
	}
}

// rewrite changes a document, and fails if there is nothing to change.
func rewrite(t *testing.T, document *string, old, with string) {
	t.Helper()
	changed := strings.Replace(*document, old, with, 1)
	if changed == *document {
		t.Fatalf("%s is not in %s", old, *document)
	}
	*document = changed
}

// Each single change is found, and named.
func TestEveryChangeIsNamed(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*testing.T, *Actual)
		id     ui.ID
		what   string
	}{
		{"no provider", func(_ *testing.T, a *Actual) { a.Providers[0].Missing = true }, "drift-provider-missing", "refuses every token of https://" + host},
		{"another issuer", func(_ *testing.T, a *Actual) { a.Providers[0].URL = host + "/old" }, "drift-provider-url", "its issuer is " + host + "/old"},
		{"no audience", func(_ *testing.T, a *Actual) { a.Providers[0].Audiences = nil }, "drift-audience-missing", `the audience "dbxaccess"`},
		{"an audience more", func(_ *testing.T, a *Actual) { a.Providers[0].Audiences = []string{"dbxaccess", "other"} }, "drift-audience-extra", `the audience "other"`},
		{"another subject", func(_ *testing.T, a *Actual) { a.Providers[0].Context.SubjectSourceKey = "nickname" }, "drift-context-provider", `the claim "nickname"`},
		{"a key less", func(_ *testing.T, a *Actual) { a.Providers[0].Context.Keys = nil }, "drift-context-provider", "the key acr is missing"},
		{"no role", func(_ *testing.T, a *Actual) { a.Roles[0].Missing = true }, "drift-role-missing", "no such role"},
		{"a trusted audience more", func(t *testing.T, a *Actual) {
			rewrite(t, &a.Roles[0].Trust, `:aud":"dbxaccess"`, `:aud":["dbxaccess","other"]`)
		}, "drift-trust-more", `by ` + provider + `, for example where ` + host + `:aud is "other"`},
		{"every subject", func(t *testing.T, a *Actual) {
			rewrite(t, &a.Roles[0].Trust, `,"`+host+`:sub":["alice","bob"]`, ``)
		}, "drift-trust-more", `lets in more: sts:AssumeRoleWithWebIdentity, sts:TagSession by ` + provider},
		{"a subject less", func(t *testing.T, a *Actual) { rewrite(t, &a.Roles[0].Trust, `["alice","bob"]`, `"alice"`) }, "drift-trust-less",
			`where ` + host + `:sub is "bob"`},
		{"no external ID", func(t *testing.T, a *Actual) {
			rewrite(t, &a.Roles[0].Trust, `"Condition":{"StringEquals":{"sts:ExternalId":"4711"}}`, `"Condition":{}`)
		}, "drift-trust-more", "by arn:aws:iam::444455556666:role/hub, for example where there is no sts:ExternalId"},
		{"a whole account", func(t *testing.T, a *Actual) {
			rewrite(t, &a.Roles[0].Trust, `444455556666:role/hub`, `444455556666:root`)
		}, "drift-trust-more", "by arn:aws:iam::444455556666:root"},
		{"a deleted role", func(t *testing.T, a *Actual) {
			rewrite(t, &a.Roles[0].Trust, `arn:aws:iam::444455556666:role/hub`, `AROAEXAMPLEEXAMPLE123`)
		}, "drift-principal-deleted", "names AROAEXAMPLEEXAMPLE123"},
		{"no tags", func(t *testing.T, a *Actual) {
			rewrite(t, &a.Roles[0].Trust, `["sts:AssumeRoleWithWebIdentity","sts:TagSession"]`, `"sts:AssumeRoleWithWebIdentity"`)
		}, "drift-trust-less", "lets in less: sts:TagSession by " + provider},
		{"an action more", func(t *testing.T, a *Actual) {
			rewrite(t, &a.Roles[0].Inline[0].Document, `"s3:GetObject"`, `["s3:GetObject","s3:DeleteObject"]`)
		}, "drift-permissions-more", "can do more: s3:DeleteObject on arn:aws:s3:::acme-ml/churn/*"},
		{"an action less", func(t *testing.T, a *Actual) {
			rewrite(t, &a.Roles[0].Inline[0].Document, `"s3:GetObject"`, `"s3:GetObjectAcl"`)
		}, "drift-permissions-less", "can do less: s3:GetObject on arn:aws:s3:::acme-ml/churn/*"},
		{"a wider place", func(t *testing.T, a *Actual) { rewrite(t, &a.Roles[0].Inline[0].Document, `churn/*`, `churn*`) }, "drift-permissions-more",
			"s3:GetObject on arn:aws:s3:::acme-ml/churn*"},
		{"every prefix", func(t *testing.T, a *Actual) {
			rewrite(t, &a.Roles[0].Inline[0].Document, `"Condition":{"StringLike":{"s3:prefix":"churn/*"}}`, `"Condition":{}`)
		}, "drift-permissions-more", "s3:ListBucket on arn:aws:s3:::acme-ml, for example where there is no s3:prefix"},
		{"plain http", func(t *testing.T, a *Actual) {
			rewrite(t, &a.Roles[0].Inline[0].Document, `"aws:SecureTransport":"false"`, `"aws:SecureTransport":"true"`)
		}, "drift-permissions-more", `where aws:SecureTransport is "false"; the map denies it`},
		{"a policy more", func(_ *testing.T, a *Actual) {
			a.Roles[0].Attached = append(a.Roles[0].Attached, Policy{ARN: "arn:aws:iam::aws:policy/AdministratorAccess", Document: `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`})
		}, "drift-permissions-more", "on *"},
		{"a Deny", func(_ *testing.T, a *Actual) {
			a.Roles[0].Inline = append(a.Roles[0].Inline, Policy{Name: "freeze", Document: `{"Statement":{"Sid":"Freeze","Effect":"Deny","Action":"s3:Get*","Resource":"*"}}`})
		}, "drift-permissions-less", "can do less: s3:GetObject on arn:aws:s3:::acme-ml/churn/*; statement 1 (Freeze) denies it"},
		{"no managed policy", func(_ *testing.T, a *Actual) { a.Roles[0].Attached = nil }, "drift-policy-detached", managed + " is not attached"},
		{"a boundary", func(_ *testing.T, a *Actual) {
			a.Roles[0].Boundary = &Policy{ARN: "arn:aws:iam::" + account + ":policy/edge", Document: `{"Statement":{"Effect":"Allow","Action":["s3:List*","athena:*"],"Resource":"*"}}`}
		}, "drift-boundary-less", "by the permissions boundary: s3:GetObject on arn:aws:s3:::acme-ml/churn/*"},
		{"shorter sessions", func(_ *testing.T, a *Actual) { a.Roles[0].MaxSession = 90 * time.Minute }, "drift-session-shorter", "at most 1h30m; the map asks for 2h"},
		{"longer sessions", func(_ *testing.T, a *Actual) { a.Roles[0].MaxSession = 12 * time.Hour }, "drift-session-longer", "may last 12h"},
		{"no instance profile", func(_ *testing.T, a *Actual) { a.InstanceProfiles[0] = InstanceProfile{ARN: instance, Missing: true} },
			"drift-instance-profile-missing", "no such instance profile"},
		{"another role in it", func(_ *testing.T, a *Actual) { a.InstanceProfiles[0].Role = roleARN + "-2" }, "drift-instance-profile-missing", "its role is " + roleARN + "-2"},
		{"another instance profile", func(_ *testing.T, a *Actual) {
			a.InstanceProfiles = append(a.InstanceProfiles, InstanceProfile{ARN: instance + "-2", Role: roleARN})
		}, "drift-instance-profile-extra", instance + "-2"},
		{"an operator that is not known", func(t *testing.T, a *Actual) { rewrite(t, &a.Roles[0].Trust, "StringEquals", "StringSounds") }, "drift-not-compared", "trust policy"},
		{"a variable", func(t *testing.T, a *Actual) {
			rewrite(t, &a.Roles[0].Inline[0].Document, `"arn:aws:s3:::acme-ml/churn/*"`, `["arn:aws:s3:::acme-ml/churn/${aws:username}/*","arn:aws:s3:::acme-ml/churn/*"]`)
		}, "drift-perhaps", "compares with variables"},
		{"a policy that is not read", func(_ *testing.T, a *Actual) {
			a.Roles[0].Inline = nil
			a.Unread = []Unread{{ARN: roleARN, Part: PartInline, Name: "dbxaccess", Why: "AccessDenied"}}
		}, "drift-not-compared", "inline policy dbxaccess: AccessDenied"},
		{"an account that is not read", func(_ *testing.T, a *Actual) {
			*a = Actual{Unread: []Unread{{ARN: account, Part: PartAccount, Why: "no credentials"}}}
		}, "drift-not-compared", "account " + account + ": no credentials"},
	} {
		t.Run(c.name, func(t *testing.T) {
			actual := inStep()
			c.change(t, actual)
			findings := Compare(wanted(), actual, By{})
			if !slices.ContainsFunc(findings, func(f Finding) bool { return f.ID == c.id && strings.Contains(f.What, c.what) && len(f.Fix) > 0 }) {
				t.Errorf("got %+v", findings)
			}
			if len(findings) > 2 {
				t.Errorf("%d findings of one change: %+v", len(findings), findings)
			}
		})
	}
}

// What means the same is no finding.
func TestEqualMeaningIsSilent(t *testing.T) {
	for name, change := range map[string]func(*testing.T, *Actual){
		"nothing":               func(*testing.T, *Actual) {},
		"tags of the role":      func(_ *testing.T, a *Actual) { a.Roles[0].Tags = map[string]string{"team": "ml"} },
		"order of audiences":    func(_ *testing.T, a *Actual) { a.Providers[0].URL = "https://" + host },
		"a key more in context": func(_ *testing.T, a *Actual) { a.Providers[0].Context.Keys["amr"] = "amr" },
		"case of an action": func(t *testing.T, a *Actual) {
			rewrite(t, &a.Roles[0].Inline[0].Document, "s3:GetObject", "S3:getobject")
		},
		"one or list": func(t *testing.T, a *Actual) {
			rewrite(t, &a.Roles[0].Trust, `:aud":"dbxaccess"`, `:aud":["dbxaccess"]`)
		},
		"order of values": func(t *testing.T, a *Actual) { rewrite(t, &a.Roles[0].Trust, `["alice","bob"]`, `["bob","alice"]`) },
		"StringLike":      func(t *testing.T, a *Actual) { rewrite(t, &a.Roles[0].Trust, `StringEquals`, `StringLike`) },
		"a Sid and an Id": func(t *testing.T, a *Actual) {
			rewrite(t, &a.Roles[0].Trust, `"Statement":[{`, `"Id":"trust","Statement":[{"Sid":"One",`)
		},
		"escapes of JSON": func(t *testing.T, a *Actual) { rewrite(t, &a.Roles[0].Inline[0].Document, "churn/*", `churn\u002f*`) },
		"white space":     func(t *testing.T, a *Actual) { rewrite(t, &a.Roles[0].Inline[0].Document, `:[{`, ":\n  [ {") },
		"another document": func(t *testing.T, a *Actual) {
			document := a.Roles[0].Inline[0].Document
			rewrite(t, &a.Roles[0].Inline[0].Document, `"s3:GetObject"`, `"s3:ListBucket"`)
			a.Roles[0].Attached = append(a.Roles[0].Attached, Policy{ARN: "arn:aws:iam::" + account + ":policy/more", Document: document})
		},
		"a boundary that takes nothing away": func(_ *testing.T, a *Actual) {
			a.Roles[0].Boundary = &Policy{ARN: "arn:aws:iam::" + account + ":policy/edge", Document: `{"Statement":{"Effect":"Allow","Action":["s3:*","athena:*"],"Resource":"*"}}`}
		},
		"an account's other roles": func(_ *testing.T, a *Actual) {
			a.InstanceProfiles = append(a.InstanceProfiles, InstanceProfile{ARN: instance + "-2", Role: roleARN + "-2"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			actual := inStep()
			change(t, actual)
			if findings := Compare(wanted(), actual, By{}); len(findings) > 0 {
				t.Errorf("got %+v", findings)
			}
		})
	}
}

// What was not read is never taken for what is not there.
func TestNothingReadIsNoAgreement(t *testing.T) {
	findings := Compare(wanted(), &Actual{}, By{})
	for _, arn := range []string{provider, roleARN} {
		if !slices.ContainsFunc(findings, func(f Finding) bool { return f.ID == "drift-not-compared" && f.ARN == arn }) {
			t.Errorf("%s is passed over: %+v", arn, findings)
		}
	}
}

// Who reads the text of a finding sees IAM's as text alone.
func TestFindingsAreClean(t *testing.T) {
	actual := inStep()
	actual.Providers[0].Audiences = append(actual.Providers[0].Audiences, "\x1b]0;x\a")
	rewrite(t, &actual.Roles[0].Trust, `["alice","bob"]`, `["alice","bob","\u001b[2J"]`)
	for _, f := range Compare(wanted(), actual, By{}) {
		if text := f.What + f.Fix.String() + f.Policy; strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\n' }) {
			t.Errorf("%q", text)
		}
	}
}

// AWS can't see groups: that a trust policy lists people then is what is advised, and says so.
func TestPeopleOfAGroup(t *testing.T) {
	state := wanted()
	delete(state.Roles[0].Trust.Statement[0].Condition["StringEquals"], host+":sub")
	actual := inStep()
	if !slices.ContainsFunc(Compare(state, actual, By{}), func(f Finding) bool { return f.ID == "drift-trust-less" }) {
		t.Error("people are missing in the trust policy, and nothing is found")
	}
	state.Roles[0].ByAudience = true
	if findings := Compare(state, actual, By{}); len(findings) > 0 {
		t.Errorf("got %+v", findings)
	}
	if notes := strings.Join(NotLookedAt(state), "\n"); !strings.Contains(notes, "trust policies of ml-trainer list by sub") {
		t.Error(notes)
	}
	rewrite(t, &actual.Roles[0].Trust, `:aud":"dbxaccess"`, `:aud":["dbxaccess","other"]`)
	if !slices.ContainsFunc(Compare(state, actual, By{}), func(f Finding) bool { return f.ID == "drift-trust-more" }) {
		t.Error("another audience is passed over")
	}
}

// One IAM role may stand for several roles of the map: map trust takes one of them, map render all.
func TestFixesOfASharedRole(t *testing.T) {
	state, actual := wanted(), inStep()
	state.Roles[0].For = []string{"ml-reader", "ml-trainer"}
	rewrite(t, &actual.Roles[0].Trust, `["alice","bob"]`, `"alice"`)
	rewrite(t, &actual.Roles[0].Inline[0].Document, `churn/*`, `churn*`)
	fixes := make(map[ui.ID]string)
	for _, f := range Compare(state, actual, By{}) {
		fixes[f.ID] = f.Fix.String()
	}
	if fixes["drift-trust-less"] != `aws iam update-assume-role-policy --role-name ml-trainer --policy-document "$(dbxaccess map trust ml-reader)"` ||
		!strings.HasSuffix(fixes["drift-permissions-more"], "dbxaccess map render ml-reader ml-trainer") {
		t.Errorf("%v", fixes)
	}
}
