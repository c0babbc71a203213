package iam

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"
)

// maxInline is the quota of a role's inline policies together, in characters that are not white space.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const maxInline = 10240

// arn is that of the role which a request names.
func (r request) arn() string {
	if role, failed := r.role(); failed == nil {
		return role.Arn
	}
	return "arn:aws:iam::" + r.caller.Account + ":role/" + r.text("RoleName")
}

// writable is the role that a request changes. Those of AWS's own services are not.
func (r request) writable() (*Role, *fault) {
	role, failed := r.role()
	if failed == nil && strings.HasPrefix(pathOf(role.Arn), "/aws-reserved/") {
		return nil, &fault{"UnmodifiableEntity", "Cannot perform the operation on the protected role '" + role.RoleName + "' - this role is only modifiable by AWS"}
	}
	return role, failed
}

// https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
func putRolePolicy(r request) ([]element, *fault) {
	role, failed := r.writable()
	if failed != nil {
		return nil, failed
	}
	name, document := r.text("PolicyName"), r.text("PolicyDocument")
	if !isPolicyName(name) {
		return nil, &fault{"ValidationError", "The specified value for policyName is invalid."}
	}
	var read struct {
		Version   string
		Statement []statement
	}
	if err := json.Unmarshal([]byte(document), &read); err != nil || read.Version != "2012-10-17" || len(read.Statement) == 0 ||
		slices.ContainsFunc(read.Statement, func(s statement) bool { return s.Effect != "Allow" && s.Effect != "Deny" }) {
		return nil, &fault{"MalformedPolicyDocument", "Syntax errors in policy."}
	}
	at := slices.IndexFunc(role.RolePolicyList, func(p Inline) bool { return p.PolicyName == name })
	size := characters(document)
	for i, p := range role.RolePolicyList {
		if i != at {
			size += characters(string(p.PolicyDocument))
		}
	}
	if size > maxInline {
		return nil, &fault{"LimitExceeded", "Maximum policy size of 10240 bytes exceeded for role " + role.RoleName}
	}
	if at < 0 {
		role.RolePolicyList = append(role.RolePolicyList, Inline{PolicyName: name})
		at = len(role.RolePolicyList) - 1
	}
	role.RolePolicyList[at].PolicyDocument = Document(document)
	return nil, nil
}

// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePolicy.html
func deleteRolePolicy(r request) ([]element, *fault) {
	role, failed := r.writable()
	if failed != nil {
		return nil, failed
	}
	at := slices.IndexFunc(role.RolePolicyList, func(p Inline) bool { return p.PolicyName == r.text("PolicyName") })
	if at < 0 {
		return nil, &fault{"NoSuchEntity", "The role policy with name " + r.text("PolicyName") + " cannot be found."}
	}
	role.RolePolicyList = slices.Delete(role.RolePolicyList, at, at+1)
	return nil, nil
}

func isPolicyName(name string) bool {
	const most = 128
	return name != "" && len(name) <= most && !strings.ContainsFunc(name, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("_+=,.@-", c)
	})
}

func characters(document string) (n int) {
	for _, c := range document {
		if !unicode.IsSpace(c) {
			n++
		}
	}
	return n
}
