package accessmap

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dbxaccess/dbxaccess/internal/idp"
)

const glue = `statements: [{actions: [glue:GetTable, glue:GetDatabase], resources: ["*", "arn:aws:glue:us-east-1:111122223333:table/ml/*"]}]`

// awsWith is the aws of a role with further keys.
func awsWith(keys string) string {
	return `aws: {role_arn: "arn:aws:iam::111122223333:role/x", region: us-east-1` + keys + `}`
}

func TestWhatNarrowsARoleBesidesDatasets(t *testing.T) {
	t.Parallel()
	const managed = `, managed_policies: ["arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::111122223333:policy/ml/tools"]`
	m := parsed(t, start+"  base: {"+glue+"}\n"+
		"  heir: {inherits: [base], "+awsWith("")+", read: [a], statements: [{actions: [sts:GetCallerIdentity], resources: [\"*\"]}]}\n"+
		"  held: {"+awsWith(managed)+"}\n  both: {inherits: [held], "+awsWith(managed)+", read: [a]}\n"+
		"  child: {inherits: [held], "+awsWith("")+", unrestricted: true}\n")
	e, err := m.Effective("heir")
	if err != nil {
		t.Fatal(err)
	}
	want := []Statement{
		{Actions: []string{"sts:GetCallerIdentity"}, Resources: []string{"*"}},
		{Actions: []string{"glue:GetDatabase", "glue:GetTable"}, Resources: []string{"*", "arn:aws:glue:us-east-1:111122223333:table/ml/*"}},
	}
	if diff := cmp.Diff(want, e.Statements); diff != "" {
		t.Error(diff)
	}
	arns := []string{"arn:aws:iam::111122223333:policy/ml/tools", "arn:aws:iam::aws:policy/ReadOnlyAccess"}
	for role, want := range map[string][]string{"held": arns, "both": arns, "child": nil, "heir": nil} {
		e, err := m.Effective(role)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, e.ManagedWithin(nil)); diff != "" || e.ManagedWithin([]string{"a"}) != nil {
			t.Errorf("%s: %s", role, diff)
		}
	}
	for _, c := range []struct {
		role       string
		scope      []string
		has, lacks string
		noPolicy   bool
	}{
		{role: "heir", has: `{"Effect":"Allow","Action":["glue:GetDatabase","glue:GetTable"],"Resource":["*","arn:aws:glue:`},
		{role: "heir", scope: []string{"a"}, has: "s3:GetObject", lacks: "glue"},
		{role: "held", has: `"aws:SecureTransport":"false"`, lacks: "Allow"},
		{role: "both", has: "s3:GetObject"},
		{role: "child", noPolicy: true},
		{role: "r", noPolicy: true},
	} {
		policy, err := m.Policy(c.role, c.scope, time.Time{})
		if err != nil || (policy == "") != c.noPolicy || !strings.Contains(policy, c.has) || c.lacks != "" && strings.Contains(policy, c.lacks) {
			t.Errorf("%s %v: %s, %v", c.role, c.scope, policy, err)
		}
		if covers, err := m.Covers(c.role, nil, "s3://elsewhere/*", false); covers != c.noPolicy || err != nil {
			t.Errorf("%s covers what no dataset of it has: %v, %v", c.role, covers, err)
		}
	}
	for _, problem := range m.Lint(time.Now()) {
		if strings.Contains(problem.Message, "so it gets no session policy") && !strings.Contains(problem.Message, "role r ") {
			t.Errorf("%+v", problem)
		}
	}
}

func TestStatementsThatCantBe(t *testing.T) {
	t.Parallel()
	agree := judges(t)
	for statement, want := range map[string]string{
		`{actions: [glue:GetTable], resources: ["*"]}`:                                                   "",
		`{actions: [sts:GetCallerIdentity, s3:PutObjectTagging], resources: ["arn:aws:s3:::a-b/c d/*"]}`: "",
		`{actions: [execute-api:Invoke], resources: ["arn:aws:execute-api:*:*:x/y"]}`:                    "",
		`{actions: [glue:GetTable]}`:                                                                     "the key resources is missing",
		`{actions: [], resources: ["*"]}`:                                                                "actions: expected 1 to 50, found 0",
		`{actions: [glue:*], resources: ["*"]}`:                                                          `actions: "glue:*" is not an action, as in glue:GetTable`,
		`{actions: ["*"], resources: ["*"]}`:                                                             `actions: "*" is not an action`,
		`{actions: [Glue:GetTable], resources: ["*"]}`:                                                   `actions: "Glue:GetTable" is not an action`,
		`{actions: [GetTable], resources: ["*"]}`:                                                        `actions: "GetTable" is not an action`,
		`{actions: [glue:GetTable], resources: [churn]}`:                                                 `resources: "churn" is neither an ARN`,
		`{actions: [glue:GetTable], resources: ["arn:aws:s3:::${aws:username}/*"]}`:                      `is neither an ARN`,
		`{actions: [glue:GetTable], resources: ["arn:aws:s3:::a\"b"]}`:                                   `is neither an ARN`,
		`{not_actions: [glue:GetTable], resources: ["*"]}`:                                               `unknown key "not_actions"`,
		`{actions: [glue:GetTable], resources: ["*"], effect: Deny}`:                                     `unknown key "effect"`,
		`glue:GetTable`: "a statement of role q: expected a mapping",
	} {
		text := start + "  q: {" + awsWith("") + ", statements: [" + statement + "]}\n"
		agree(text, want == "")
		if got := strings.Join(problemsOf(t, text), "\n"); !strings.Contains(got, want) || (got == "") != (want == "") {
			t.Errorf("%s: %s", statement, got)
		}
	}
	one := `{actions: [glue:GetTable], resources: ["*"]}`
	for statements, right := range map[string]bool{"[]": false, one: false, "[" + strings.Repeat(one+", ", maxStatements+1) + "]": false} {
		if got := problemsOf(t, start+"  q: {statements: "+statements+"}\n"); (got == nil) != right {
			t.Errorf("%s: %v", statements, got)
		}
	}
}

func TestManagedPoliciesThatCantBe(t *testing.T) {
	t.Parallel()
	agree := judges(t)
	for list, right := range map[string]bool{
		`["arn:aws:iam::aws:policy/ReadOnlyAccess"]`: true, `["arn:aws:iam::111122223333:policy/a/b/c"]`: true,
		`[]`: false, `["arn:aws:iam::111122223333:role/x"]`: false, `["arn:aws:iam:::policy/x"]`: false, `["ReadOnlyAccess"]`: false,
		`["arn:aws:iam::111122223333:policy/*"]`:                                       false,
		`["arn:aws:iam::111122223333:policy/a", "arn:aws:iam::111122223333:policy/a"]`: false,
		"[" + elevenPolicies() + "]":                                                   false,
	} {
		agree(start+"  q: {"+awsWith(", managed_policies: "+list)+"}\n", right)
	}
}

func elevenPolicies() string {
	var list []string
	for _, name := range "abcdefghijk" {
		list = append(list, `"arn:aws:iam::111122223333:policy/`+string(name)+`"`)
	}
	return strings.Join(list, ", ")
}

func TestARoleThatIsUnrestrictedHasNothingThatRestrictsIt(t *testing.T) {
	t.Parallel()
	for role, want := range map[string]string{
		"unrestricted: true, " + awsWith(""):                                                  "",
		"unrestricted: false, read: [a], " + awsWith(""):                                      "",
		"unrestricted: true":                                                                  "role q is unrestricted and has no aws",
		"unrestricted: yes please":                                                            "unrestricted: expected true or false, found a text",
		"unrestricted: true, read: [a], " + awsWith(""):                                       "role q is unrestricted and has datasets, statements or managed policies",
		"unrestricted: true, inherits: [p], " + awsWith(""):                                   "role q is unrestricted and has datasets",
		"unrestricted: true, " + glue + ", " + awsWith(""):                                    "role q is unrestricted and has datasets",
		"unrestricted: true, " + awsWith(`, managed_policies: ["arn:aws:iam::aws:policy/X"]`): "role q is unrestricted and has datasets",
	} {
		got := strings.Join(problemsOf(t, start+"  p: {read: [a]}\n  q: {"+role+"}\n"), "\n")
		if !strings.Contains(got, want) || (got == "") != (want == "") {
			t.Errorf("%s: %s", role, got)
		}
	}
}

// STS narrows a permission set by a policy, and by nothing else: managed policies need a role to go on to.
func TestWhatNarrowsAPermissionSetNeedsARole(t *testing.T) {
	t.Parallel()
	center := strings.Replace(start, "identities: {", "identities: {corp: {start_url: https://acme.awsapps.com/start, sso_region: us-east-1, roles: [q]}, ", 1)
	const set = `account_id: "111122223333", role_name: Q, region: us-east-1`
	for keys, right := range map[string]bool{
		"aws: {" + set + "}": true, "aws: {" + set + "}, " + glue: true,
		"aws: {" + set + `, managed_policies: ["arn:aws:iam::aws:policy/X"]}`: false,
	} {
		if got := problemsOf(t, center+"  q: {"+keys+"}\n"); (got == nil) != right || !right && !strings.Contains(got[0], "narrowing role q to its managed policies needs a role to chain into") {
			t.Errorf("%s: %v", keys, got)
		}
	}
	chained := parsed(t, center+"  q: {aws: {"+set+`, role_arn: "arn:aws:iam::111122223333:role/q", managed_policies: ["arn:aws:iam::aws:policy/X"]}, `+glue+"}\n")
	if hops, err := chained.Chain("q", idp.IdentityCenter); err != nil || len(hops) != 2 {
		t.Errorf("%+v, %v", hops, err)
	}
}

func TestARNsThatAWSWouldNotTakeTogether(t *testing.T) {
	t.Parallel()
	const policy = `, managed_policies: ["arn:aws:iam::111122223333:policy/x"]`
	for role, want := range map[string]string{
		awsWith(policy): "",
		awsWith(`, managed_policies: ["arn:aws:iam::aws:policy/x"]`):                          "",
		awsWith(`, managed_policies: ["arn:aws:iam::444455556666:policy/x"]`):                 "role q is in account 111122223333, and its managed policy arn:aws:iam::444455556666:policy/x in 444455556666",
		awsWith(`, managed_policies: ["arn:aws-cn:iam::aws:policy/x"]`):                       "role q is in partition aws, and its managed policy arn:aws-cn:iam::aws:policy/x in aws-cn",
		`aws: {role_arn: "arn:minio:iam:::role/x", region: us-east-1` + policy + "}":          "role q is one of an S3-compatible server, which takes no managed_policies",
		`aws: {role_arn: "arn:aws-cn:iam::111122223333:role/x", region: cn-north-1}, ` + glue: "role q is in partition aws-cn, and the resource arn:aws:glue:us-east-1:111122223333:table/ml/* of a statement in aws",
		awsWith("") + ", " + glue: "",
	} {
		var got []string
		for _, problem := range parsed(t, start+"  q: {"+role+"}\n").Check() {
			got = append(got, problem.Message)
		}
		if text := strings.Join(got, "\n"); len(got) > 1 || (text == "") != (want == "") || !strings.HasPrefix(text, want) {
			t.Errorf("%s: %q", role, got)
		}
	}
}
