package e2e

import (
	"bytes"
	"encoding/json"
	"maps"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/sandbox"
)

// iamHeld is what the double of IAM holds for the AWS CLI: one role with all that can hang on it, in pages of one entry.
const iamHeld = `{
	"PageSize": 1,
	"RoleDetailList": [{
		"RoleName": "ml-reader", "Arn": "arn:aws:iam::111122223333:role/ml/ml-reader", "MaxSessionDuration": 7200,
		"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
		"RolePolicyList": [
			{"PolicyName": "first", "PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Sid": "AllObjects", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}},
			{"PolicyName": "second", "PolicyDocument": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::acme-ml", "Condition": {"StringLike": {"s3:prefix": "100 % + ä & <b>/*"}}}}}
		],
		"AttachedManagedPolicies": [
			{"PolicyName": "base", "PolicyArn": "arn:aws:iam::111122223333:policy/base"},
			{"PolicyName": "AmazonS3ReadOnlyAccess", "PolicyArn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}
		],
		"PermissionsBoundary": {"PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/base"},
		"InstanceProfileList": [{"InstanceProfileName": "ml", "Arn": "arn:aws:iam::111122223333:instance-profile/ml"}],
		"Tags": [{"Key": "team", "Value": "churn"}]
	}],
	"Policies": [{"PolicyName": "base", "Arn": "arn:aws:iam::111122223333:policy/base", "DefaultVersionId": "v2", "PolicyVersionList": [
		{"VersionId": "v1", "Document": {"Statement": []}},
		{"VersionId": "v2", "Document": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}}]},
		{"PolicyName": "AmazonS3ReadOnlyAccess", "Arn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", "DefaultVersionId": "v1", "PolicyVersionList": [
			{"VersionId": "v1", "Document": {"Statement": []}}]}],
	"OpenIDConnectProviderList": [{
		"Arn": "arn:aws:iam::111122223333:oidc-provider/idp.example", "Url": "idp.example", "ClientIDList": ["a", "b"],
		"ThumbprintList": ["1b511abead59c6ce207077c0bf0e0043b1382612"]}]
}`

// The AWS CLI has AWS's model of IAM's answers, and drops what is not of it. So what it shows of the double is what IAM would have been
// taken for, each document decoded and each list put together of its pages.
func TestTheAWSCLIReadsTheDoubleOfIAM(t *testing.T) {
	t.Parallel()
	server, err := sandbox.Start(t.Context(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Close()
		for _, unexpected := range server.Unexpected() {
			t.Error(unexpected)
		}
	})
	held, err := sandbox.ReadHoldings([]byte(iamHeld))
	if err != nil {
		t.Fatal(err)
	}
	server.Hold(held)
	const (
		account  = "arn:aws:iam::111122223333:"
		everyone = `"Statement":[{"Action":"*","Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"`
		trust    = `{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"}}],"Version":"2012-10-17"}`
		role     = `"Arn":"` + account + `role/ml/ml-reader","AssumeRolePolicyDocument":` + trust + `,"CreateDate":"2026-01-01T00:00:00+00:00","MaxSessionDuration":7200,"Path":"/ml/","RoleId":"AROAMLXREADERXXXXXXXX","RoleName":"ml-reader"`
		profile  = `{"Arn":"` + account + `instance-profile/ml","CreateDate":"2026-01-01T00:00:00+00:00","InstanceProfileId":"AIPAMLXXXXXXXXXXXXXXX","InstanceProfileName":"ml","Path":"/","Roles":[{` + role + `}]}`
	)
	for line, want := range map[string]string{
		"get-role --role-name ml-reader":                                                                       `{"Role":{` + role + `,"PermissionsBoundary":{"PermissionsBoundaryArn":"` + account + `policy/base","PermissionsBoundaryType":"Policy"},"Tags":[{"Key":"team","Value":"churn"}]}}`,
		"list-role-policies --role-name ml-reader":                                                             `{"PolicyNames":["first","second"]}`,
		"get-role-policy --role-name ml-reader --policy-name second":                                           `{"PolicyDocument":{"Statement":{"Action":"s3:ListBucket","Condition":{"StringLike":{"s3:prefix":"100 % + ä & <b>/*"}},"Effect":"Allow","Resource":"arn:aws:s3:::acme-ml"},"Version":"2012-10-17"},"PolicyName":"second","RoleName":"ml-reader"}`,
		"list-attached-role-policies --role-name ml-reader":                                                    `{"AttachedPolicies":[{"PolicyArn":"` + account + `policy/base","PolicyName":"base"},{"PolicyArn":"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess","PolicyName":"AmazonS3ReadOnlyAccess"}]}`,
		"get-policy --policy-arn " + account + "policy/base":                                                   `{"Policy":{"Arn":"` + account + `policy/base","AttachmentCount":1,"CreateDate":"2026-01-01T00:00:00+00:00","DefaultVersionId":"v2","IsAttachable":true,"Path":"/","PermissionsBoundaryUsageCount":0,"PolicyId":"ANPABASEXXXXXXXXXXXXX","PolicyName":"base","UpdateDate":"2026-01-01T00:00:00+00:00"}}`,
		"get-policy-version --version-id v2 --policy-arn " + account + "policy/base":                           `{"PolicyVersion":{"CreateDate":"2026-01-01T00:00:00+00:00","Document":{` + everyone + `},"IsDefaultVersion":true,"VersionId":"v2"}}`,
		"list-open-id-connect-providers":                                                                       `{"OpenIDConnectProviderList":[{"Arn":"` + account + `oidc-provider/idp.example"}]}`,
		"get-open-id-connect-provider --open-id-connect-provider-arn " + account + "oidc-provider/idp.example": `{"ClientIDList":["a","b"],"CreateDate":"2026-01-01T00:00:00+00:00","ThumbprintList":["1b511abead59c6ce207077c0bf0e0043b1382612"],"Url":"idp.example"}`,
		"list-instance-profiles-for-role --role-name ml-reader":                                                `{"InstanceProfiles":[` + profile + `]}`,
		"get-instance-profile --instance-profile-name ml":                                                      `{"InstanceProfile":` + profile + `}`,
		"simulate-principal-policy --action-names s3:GetObject s3:PutObject --resource-arns arn:aws:s3:::acme-ml/x --policy-source-arn " + account + "role/ml/ml-reader": `{"EvaluationResults":[{"EvalActionName":"s3:GetObject","EvalResourceName":"arn:aws:s3:::acme-ml/x","EvalDecision":"allowed","MatchedStatements":[],"MissingContextValues":[],"PermissionsBoundaryDecisionDetail":{"AllowedByPermissionsBoundary":true}},{"EvalActionName":"s3:PutObject","EvalResourceName":"arn:aws:s3:::acme-ml/x","EvalDecision":"allowed","MatchedStatements":[],"MissingContextValues":[],"PermissionsBoundaryDecisionDetail":{"AllowedByPermissionsBoundary":true}}]}`,
	} {
		stdout, stderr, err := awsIAM(t, server, strings.Fields(line)...)
		if err != nil {
			t.Errorf("%s: %v: %s", line, err, stderr)
			continue
		}
		var got, wanted any
		if err := json.Unmarshal([]byte(want), &wanted); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if err := json.Unmarshal(stdout, &got); err != nil || !reflect.DeepEqual(got, wanted) {
			t.Errorf("%s: %v: got\n%s\nwant\n%s", line, err, stdout, want)
		}
	}

	const missing = "An error occurred (NoSuchEntity) when calling the GetRole operation: The role with name nobody cannot be found."
	if _, stderr, err := awsIAM(t, server, "get-role", "--role-name", "nobody"); err == nil || !strings.Contains(stderr, missing) {
		t.Errorf("%v: %s", err, stderr)
	}
}

// awsIAM runs the AWS CLI with the sandbox's credentials for a machine.
func awsIAM(t *testing.T, server *sandbox.Server, args ...string) (stdout []byte, stderr string, err error) {
	t.Helper()
	line := slices.Concat([]string{"--endpoint-url", server.IAMURL(), "--region", "us-east-1", "--output", "json", "iam"}, args)
	cmd := exec.CommandContext(t.Context(), "/usr/bin/aws", line...)
	cmd.Env = []string{"PATH=/usr/bin:/bin", "HOME=" + t.TempDir(), "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER="}
	env := server.AWSEnv()
	for _, name := range slices.Sorted(maps.Keys(env)) {
		cmd.Env = append(cmd.Env, name+"="+env[name])
	}
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err = cmd.Run()
	return out.Bytes(), said.String(), err
}
