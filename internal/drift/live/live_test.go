package live

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/drift"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/sandbox"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/iam"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// held is what IAM has in two accounts.
const held = `{
	"PageSize": 1,
	"RoleDetailList": [
		{
			"RoleName": "ml-reader", "Arn": "arn:aws:iam::111122223333:role/ml/ml-reader", "MaxSessionDuration": 7200,
			"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []},
			"RolePolicyList": [
				{"PolicyName": "second", "PolicyDocument": "{\"Sid\":\"100 % + ä & <b>\"}"},
				{"PolicyName": "first", "PolicyDocument": {"Statement": []}},
				{"PolicyName": "third", "PolicyDocument": {}}
			],
			"AttachedManagedPolicies": [
				{"PolicyName": "base", "PolicyArn": "arn:aws:iam::111122223333:policy/base"},
				{"PolicyName": "AmazonS3ReadOnlyAccess", "PolicyArn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}
			],
			"PermissionsBoundary": {"PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/base"},
			"InstanceProfileList": [{"InstanceProfileName": "ml", "Arn": "arn:aws:iam::111122223333:instance-profile/ml"}],
			"Tags": [{"Key": "team", "Value": "churn"}]
		},
		{"RoleName": "far", "Arn": "arn:aws:iam::444455556666:role/far", "AssumeRolePolicyDocument": {}}
	],
	"Policies": [
		{"PolicyName": "base", "Arn": "arn:aws:iam::111122223333:policy/base", "DefaultVersionId": "v2", "PolicyVersionList": [
			{"VersionId": "v1", "Document": {"old": true}}, {"VersionId": "v2", "Document": {"new": true}}]},
		{"PolicyName": "AmazonS3ReadOnlyAccess", "Arn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", "DefaultVersionId": "v1", "PolicyVersionList": [
			{"VersionId": "v1", "Document": {"aws": true}}]}
	],
	"OpenIDConnectProviderList": [
		{"Arn": "arn:aws:iam::111122223333:oidc-provider/idp.example", "Url": "idp.example", "ClientIDList": ["a", "b"], "ContextProvider":
			{"SubjectSourceKey": "email", "SubjectTypeValue": "user", "KeyDefinitionList": [{"SourceKey": "acr", "TargetKey": "level"}, {"SourceKey": "amr", "TargetKey": ""}]}},
		{"Arn": "arn:aws:iam::444455556666:oidc-provider/idp.example", "Url": "idp.example", "ClientIDList": ["a"]}
	]
}`

const (
	near     = "arn:aws:iam::111122223333:"
	far      = "arn:aws:iam::444455556666:"
	reader   = near + "role/ml/ml-reader"
	provider = "oidc-provider/idp.example"
	auditor  = "arn:aws:iam::{account}:role/auditor"
)

var signingKeys = sync.OnceValues(sandbox.NewKeys)

// start starts a sandbox that holds something, and whose machine may take the auditor's role in another account.
func start(t *testing.T, holds string) (*sandbox.Server, Options) {
	t.Helper()
	keys, err := signingKeys()
	if err != nil {
		t.Fatal(err)
	}
	server, err := sandbox.Start(t.Context(), sandbox.Options{Keys: keys.Copy(), Trust: []sandbox.Trust{
		{RoleARN: far + "role/auditor", Principals: []string{"arn:aws:iam::111122223333:role/ml-node"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Close()
		for _, unexpected := range server.Unexpected() {
			t.Error(unexpected)
		}
	})
	holdings, err := iam.ReadHoldings([]byte(holds))
	if err != nil {
		t.Fatal(err)
	}
	server.Hold(holdings)
	client := httpclient.New(httpclient.Options{Timeout: 10 * time.Second})
	return server, Options{
		HTTP: client, Endpoint: server.IAMURL(), Progress: func(string) func() { return func() {} },
		STS: &sts.Client{HTTP: client, Endpoint: server.STSURL(), Now: time.Now},
		Sources: []Source{{Name: "the environment", Region: "eu-west-1", Get: func(context.Context) (*sts.Credentials, error) {
			env := server.AWSEnv()
			return &sts.Credentials{
				AccessKeyID: env["AWS_ACCESS_KEY_ID"], SecretAccessKey: secret.New(env["AWS_SECRET_ACCESS_KEY"]), SessionToken: secret.New(env["AWS_SESSION_TOKEN"]),
			}, nil
		}}},
	}
}

func read(t *testing.T, o Options, state *desired.State) (*drift.Actual, error) {
	t.Helper()
	accounts, err := Open(t.Context(), Of(state), o)
	if err != nil {
		return nil, err
	}
	return accounts.Read(t.Context(), state)
}

// named is a state that names some roles and the providers of some accounts.
func named(roles []string, providers ...string) *desired.State {
	state := &desired.State{}
	for _, role := range roles {
		state.Roles = append(state.Roles, desired.Role{ARN: role})
	}
	for _, provider := range providers {
		state.Providers = append(state.Providers, desired.Provider{ARN: provider})
	}
	return state
}

func TestTheDoubleIsReadWhole(t *testing.T) {
	t.Parallel()
	_, o := start(t, held)
	o.Assume = []string{auditor}
	state := named([]string{reader, near + "role/ml-reader", near + "role/none", far + "role/far"},
		near+provider, near+"oidc-provider/other.example", far+provider)
	state.Roles[1].Instance = &desired.InstanceProfile{ARN: near + "instance-profile/ml"}
	state.Roles[2].Instance = &desired.InstanceProfile{ARN: near + "instance-profile/none"}
	got, err := read(t, o, state)
	if err != nil {
		t.Fatal(err)
	}
	base := drift.Policy{ARN: near + "policy/base", Document: `{"new": true}`}
	want := &drift.Actual{
		Accounts: []string{"111122223333", "444455556666"},
		Providers: []drift.Provider{
			{ARN: near + provider, URL: "idp.example", Audiences: []string{"a", "b"}, Context: &drift.ContextProvider{
				SubjectSourceKey: "email", SubjectType: "user", Keys: map[string]string{"level": "acr", "amr": "amr"},
			}},
			{ARN: near + "oidc-provider/other.example", Missing: true},
			{ARN: far + provider, URL: "idp.example", Audiences: []string{"a"}},
		},
		Roles: []drift.Role{
			{
				ARN: reader, Trust: `{"Version": "2012-10-17", "Statement": []}`, MaxSession: 2 * time.Hour, Tags: map[string]string{"team": "churn"},
				Inline:   []drift.Policy{{Name: "first", Document: `{"Statement": []}`}, {Name: "second", Document: `{"Sid":"100 % + ä & <b>"}`}, {Name: "third", Document: `{}`}},
				Attached: []drift.Policy{base, {ARN: "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", Document: `{"aws": true}`}}, Boundary: &base,
			},
			{ARN: near + "role/ml-reader", Missing: true}, // it is under another path
			{ARN: near + "role/none", Missing: true},
			{ARN: far + "role/far", Trust: `{}`, MaxSession: time.Hour},
		},
		InstanceProfiles: []drift.InstanceProfile{{ARN: near + "instance-profile/ml", Role: reader}, {ARN: near + "instance-profile/none", Missing: true}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// The role by which Databricks starts compute is read in its own account, once, without its instance profiles.
func TestTheCrossAccountRoleIsRead(t *testing.T) {
	t.Parallel()
	_, o := start(t, held)
	o.Assume = []string{auditor}
	pass := func(roleARN string) *desired.State {
		return &desired.State{Databricks: desired.Databricks{PassRoles: []desired.PassRole{{CrossAccountRole: roleARN}}}}
	}
	got, err := read(t, o, pass(reader))
	if err != nil || len(got.Roles) != 1 || got.Roles[0].ARN != reader || len(got.Roles[0].Inline) != 3 || len(got.InstanceProfiles) > 0 {
		t.Errorf("%v, %+v", err, got)
	}
	if got, err = read(t, o, pass(far+"role/far")); err != nil || !slices.Equal(got.Accounts, []string{"444455556666"}) || len(got.Roles) != 1 {
		t.Errorf("%v, %+v", err, got)
	}
	both := pass(reader)
	both.Roles = []desired.Role{{ARN: reader}}
	if got, err = read(t, o, both); err != nil || len(got.Roles) != 1 || len(got.InstanceProfiles) != 1 {
		t.Errorf("%v, %+v", err, got)
	}
}

func TestAnAccountWithoutCredentialsIsNamed(t *testing.T) {
	t.Parallel()
	_, o := start(t, held)
	state := named([]string{reader, far + "role/far"})
	for name, c := range map[string]struct {
		assume []string
		why    string
	}{
		"nothing to take":         {nil, "there are no credentials for it"},
		"a role of a third":       {[]string{"arn:aws:iam::777788889999:role/auditor"}, "there are no credentials for it"},
		"a role that is not ours": {[]string{"arn:aws:iam::{account}:role/admin"}, "with the credentials of the environment: "},
	} {
		o.Assume = c.assume
		got, err := read(t, o, state)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(got.Unread) != 1 || got.Unread[0].ARN != "444455556666" || got.Unread[0].Part != drift.PartAccount ||
			!strings.HasPrefix(got.Unread[0].Why, c.why) || !slices.Equal(got.Accounts, []string{"111122223333"}) || len(got.Roles) != 1 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// Credentials of an account that nothing is read of are named: they are of another than people took them for.
func TestCredentialsThatAreNotUsedAreNamed(t *testing.T) {
	t.Parallel()
	_, o := start(t, held)
	second := o.Sources[0]
	second.Name = "profile audit"
	o.Sources = append(o.Sources, second)
	for number, c := range map[string]struct {
		assume []string
		want   []string
	}{
		"111122223333": {nil, []string{"profile audit, of account 111122223333"}},
		"444455556666": {[]string{auditor}, []string{"profile audit, of account 111122223333"}},
		"777788889999": {nil, []string{"the environment, of account 111122223333", "profile audit, of account 111122223333"}},
	} {
		o.Assume = c.assume
		accounts, err := Open(t.Context(), []string{number}, o)
		if err != nil || !slices.Equal(accounts.Unused(), c.want) {
			t.Errorf("%s: %v, %q", number, err, accounts.Unused())
		}
	}
}

// A role that people gave and that is not used is named: else they believe that it was.
func TestRolesThatAreNotTakenAreNamed(t *testing.T) {
	t.Parallel()
	_, o := start(t, held)
	const (
		admin     = "arn:aws:iam::{account}:role/admin"
		elsewhere = "arn:aws:iam::777788889999:role/auditor"
	)
	for name, c := range map[string]struct {
		numbers, assume, want []string
	}{
		"taken":                       {[]string{"444455556666"}, []string{auditor}, nil},
		"other credentials stand in":  {[]string{"111122223333"}, []string{admin}, []string{"account 111122223333 is asked with the credentials of the environment, as a role was not taken: "}},
		"another role stands in":      {[]string{"444455556666"}, []string{admin, auditor}, []string{"account 444455556666 is asked with the credentials of " + far + "role/auditor, as "}},
		"nothing stands in":           {[]string{"444455556666"}, []string{admin}, nil}, // which Read tells
		"of an account that is none":  {[]string{"111122223333"}, []string{elsewhere}, []string{"the role " + elsewhere + " was not taken: nothing is asked for in its account"}},
		"one that comes behind":       {[]string{"444455556666"}, []string{auditor, far + "role/b"}, []string{"the role " + far + "role/b was not taken: another role was taken before it"}},
		"one for any account, behind": {[]string{"444455556666"}, []string{auditor, admin}, []string{"the role " + admin + " was not taken: another role was taken before it"}},
	} {
		o.Assume = c.assume
		accounts, err := Open(t.Context(), c.numbers, o)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !slices.EqualFunc(accounts.NotTaken(), c.want, strings.HasPrefix) {
			t.Errorf("%s: %q", name, accounts.NotTaken())
		}
	}
}

// A role that is taken can do no more than read, whatever its policies allow.
func TestARoleIsTakenForReadingAlone(t *testing.T) {
	t.Parallel()
	server, o := start(t, held)
	o.Assume = []string{auditor}
	if _, err := read(t, o, named([]string{far + "role/far"})); err != nil {
		t.Fatal(err)
	}
	calls := server.STSCalls()
	last := calls[len(calls)-1]
	if last.RoleARN != far+"role/auditor" || !strings.HasPrefix(last.SessionName, "i-") || strings.Contains(last.Policy, "iam:*") ||
		!strings.Contains(last.Policy, `"iam:GetRole"`) || strings.Contains(last.Policy, "iam:Put") {
		t.Errorf("%+v", last)
	}
}

func TestWhatIAMDoesNotLetBeReadIsNotedAndTheRestIsRead(t *testing.T) {
	t.Parallel()
	for denied, want := range map[string]drift.Unread{
		"GetOpenIDConnectProvider":                 {ARN: near + provider, Part: drift.PartProvider},
		"GetRole":                                  {ARN: reader, Part: drift.PartRole},
		"ListRolePolicies":                         {ARN: reader, Part: drift.PartInline},
		"GetRolePolicy":                            {ARN: reader, Part: drift.PartInline, Name: "first"},
		"ListAttachedRolePolicies":                 {ARN: reader, Part: drift.PartAttached},
		"GetPolicyVersion":                         {ARN: reader, Part: drift.PartAttached, Name: near + "policy/base"},
		"ListInstanceProfilesForRole":              {ARN: reader, Part: drift.PartInstanceProfile},
		"GetInstanceProfile":                       {ARN: near + "instance-profile/other", Part: drift.PartInstanceProfile},
		"GetPolicy policy " + near + "policy/base": {ARN: reader, Part: drift.PartAttached, Name: near + "policy/base"},
	} {
		server, o := start(t, held)
		holdings, _ := iam.ReadHoldings([]byte(held))
		holdings.Denied = []string{denied}
		server.Hold(holdings)
		state := named([]string{reader}, near+provider)
		state.Roles[0].Instance = &desired.InstanceProfile{ARN: near + "instance-profile/other"}
		got, err := read(t, o, state)
		if err != nil {
			t.Fatalf("%s: %v", denied, err)
		}
		operation, _, _ := strings.Cut(denied, " ")
		if len(got.Unread) == 0 {
			t.Fatalf("%s: nothing is noted", denied)
		}
		first := got.Unread[0]
		if !strings.HasPrefix(first.Why, "AccessDenied: iam:"+operation+": User: arn:aws:sts::111122223333:assumed-role/ml-node/") {
			t.Errorf("%s: %q", denied, first.Why)
		}
		if first.Why = ""; first != want {
			t.Errorf("%s: %+v, want %+v", denied, first, want)
		}
		if (operation == "GetRole") != (len(got.Roles) == 0) || (operation == "GetOpenIDConnectProvider") != (len(got.Providers) == 0) {
			t.Errorf("%s: %+v", denied, got)
		}
	}
}

// What shuts an account is told by its ID, and IAM is not asked.
func TestAnAccountThatIsNotOpened(t *testing.T) {
	t.Parallel()
	server, o := start(t, held)
	accounts, err := Open(t.Context(), []string{"111122223333", "777788889999"}, o)
	if err != nil {
		t.Fatal(err)
	}
	for number, want := range map[string]ui.ID{"111122223333": "", "777788889999": "account-closed"} {
		client, err := accounts.Client(number)
		if ui.IDOf(err) != want || (client == nil) != (want != "") || want != "" && !strings.Contains(ui.HintOf(err), "--profile PROFILE") {
			t.Errorf("%s: %v, %v, hint %q", number, client, err, ui.HintOf(err))
		}
	}
	source, err := o.identify(t.Context(), o.Sources[0])
	if err != nil {
		t.Fatal(err)
	}
	taken, err := o.assume(t.Context(), "arn:aws-cn:iam::444455556666:role/auditor", source)
	if ui.IDOf(err) != "drift-other-partition" || ui.CodeOf(err) != ui.Refused || taken != nil || server.Calls()[sandbox.STSAssumeRole] != 0 {
		t.Errorf("%+v, %v", taken, err)
	}
	server.Inject(sandbox.Fault{Endpoint: sandbox.STS, Status: 200, ContentType: "text/xml", Body: "<GetCallerIdentityResponse><GetCallerIdentityResult>" +
		"<Arn>arn:aws:iam:::user/minio</Arn><Account></Account></GetCallerIdentityResult></GetCallerIdentityResponse>"})
	if _, err := o.identify(t.Context(), o.Sources[0]); ui.IDOf(err) != "account-unknown" || !strings.Contains(ui.HintOf(err), "AWS_ENDPOINT_URL_STS") {
		t.Errorf("%v, hint %q", err, ui.HintOf(err))
	}
}

// An IAM that did not answer is not one that has nothing.
func TestAnIAMThatDoesNotAnswerIsAnError(t *testing.T) {
	t.Parallel()
	state := named([]string{reader})
	for name, c := range map[string]struct {
		fault sandbox.Fault
		id    ui.ID
	}{
		"throttled":     {sandbox.Fault{Error: "Throttling", Message: "Rate exceeded"}, "aws-throttles"},
		"down":          {sandbox.Fault{Error: "ServiceFailure", Message: "oh"}, "aws-unavailable"},
		"a gateway":     {sandbox.Fault{Status: 502, Body: "bad"}, "service-down"},
		"a web page":    {sandbox.Fault{Status: 200, Body: "<html><body>sign in</body></html>", ContentType: "text/html"}, "web-page-came"},
		"a redirect":    {sandbox.Fault{Redirect: "https://192.0.2.1/"}, "redirect-refused"},
		"cut off":       {sandbox.Fault{Drop: true}, "connection-cut"},
		"expired":       {sandbox.Fault{Error: "ExpiredToken", Message: "over"}, "aws-credentials-refused"},
		"other service": {sandbox.Fault{Status: 200, Body: "<a/>", ContentType: "text/xml"}, "another-server"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, o := start(t, held)
			c.fault.Endpoint, c.fault.Times = sandbox.IAM, sandbox.Always
			server.Inject(c.fault)
			got, err := read(t, o, state)
			if got != nil || ui.IDOf(err) != c.id || ui.HintOf(err) == "" {
				t.Errorf("%+v, %v (%s)", got, err, ui.IDOf(err))
			}
		})
	}
	server, o := start(t, held)
	server.Inject(sandbox.Fault{Endpoint: sandbox.IAM, Error: "Throttling", Times: 2})
	if got, err := read(t, o, state); err != nil || len(got.Roles) != 1 {
		t.Errorf("throttled twice: %+v, %v", got, err)
	}
	o.Endpoint = "https://iam.evil.example"
	if _, err := read(t, o, state); ui.IDOf(err) != "endpoint-untrusted" {
		t.Errorf("another's host: %v", err)
	}
}
