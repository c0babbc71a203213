// Package iam is the double of AWS IAM, as far as it is used: roles with their policies, identity providers, instance
// profiles, and the policy simulator.
//
// In come requests to IAM's Query API and what IAM shall hold (Holdings); out go AWS's answers in XML, with documents
// percent-encoded and lists in pages, and its errors. It checks signatures, and that what is asked for is in the caller's
// account. Inline policies of roles are all that can be changed, as nothing that drives it may change more. What a caller may do is decided by session policies and
// Holdings.Denied alone, and the simulator judges by an evaluation of its own, which says in judge.go what it can't judge.
package iam

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/aws"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

const (
	version = "2010-05-08"
	service = "iam"
	region  = "us-east-1" // IAM of the partition aws is signed for there, from wherever it is asked
	path    = "/iam/"
)

// Directory is what IAM holds, of all accounts.
type Directory struct {
	h        *harness.Harness
	accounts *aws.Account
	held     Holdings
}

// New is one that holds something.
func New(h *harness.Harness, accounts *aws.Account, held Holdings) *Directory {
	return &Directory{h: h, accounts: accounts, held: held}
}

// Routes are those of the Query API.
func (d *Directory) Routes() []harness.Route {
	action := func(r *http.Request) string { return r.PostForm.Get("Action") }
	return []harness.Route{{Endpoint: harness.IAM, Method: http.MethodPost, Path: path, Answer: d.answer, Detail: action, Error: failure}}
}

// IAMURL is what AWS_ENDPOINT_URL_IAM is set to.
func (d *Directory) IAMURL() string { return d.h.Origin() + path }

// Hold replaces what IAM holds.
func (d *Directory) Hold(held Holdings) {
	d.h.Lock()
	defer d.h.Unlock()
	d.held = held
}

// fault is an error that IAM answers with.
type fault struct{ code, message string }

// request is one whose sender is known.
type request struct {
	*http.Request

	caller aws.Caller
	held   *Holdings
}

func (r request) text(name string) string { return r.PostForm.Get(name) }

// action is what can be asked for: what it is about, as a refusal names it, and its answer.
type action struct {
	resource func(r request) string
	arn      func(r request) string // as session policies know it; nil: the same
	answer   func(r request) ([]element, *fault)
}

// actions are those that are known: a request for another fails the test.
func actions() map[string]action {
	role := func(r request) string { return "role " + r.text("RoleName") }
	policy := func(r request) string { return "policy " + r.text("PolicyArn") }
	provider := func(r request) string { return r.text("OpenIDConnectProviderArn") }
	return map[string]action{
		"GetRole":                     {role, request.arn, getRole},
		"ListRolePolicies":            {role, request.arn, listRolePolicies},
		"GetRolePolicy":               {role, request.arn, getRolePolicy},
		"ListAttachedRolePolicies":    {role, request.arn, listAttachedRolePolicies},
		"ListInstanceProfilesForRole": {role, request.arn, listInstanceProfilesForRole},
		"GetInstanceProfile":          {func(r request) string { return "instance profile " + r.text("InstanceProfileName") }, nil, getInstanceProfile},
		"GetPolicy":                   {policy, nil, getPolicy},
		"GetPolicyVersion":            {policy, nil, getPolicyVersion},
		"GetOpenIDConnectProvider":    {provider, nil, getProvider},
		"ListOpenIDConnectProviders":  {func(request) string { return "*" }, nil, listProviders},
		"SimulatePrincipalPolicy":     {func(r request) string { return r.text("PolicySourceArn") }, nil, simulatePrincipalPolicy},
		"PutRolePolicy":               {role, request.arn, putRolePolicy},
		"DeleteRolePolicy":            {role, request.arn, deleteRolePolicy},
	}
}

func (d *Directory) answer(r *http.Request) *harness.Reply {
	name := r.PostForm.Get("Action")
	act, known := actions()[name]
	if !known || r.PostForm.Get("Version") != version {
		d.h.Unexpectedf("POST %s: action %q, version %q", path, name, r.PostForm.Get("Version"))
		return failure("InvalidAction", "Could not find operation "+name+" for version "+r.PostForm.Get("Version"))
	}
	caller, code, message := d.accounts.Caller(r, service, name)
	if code != "" {
		return failure(code, message)
	}
	if caller.Region != region {
		d.h.Unexpectedf("POST %s: signed for %s", path, caller.Region)
		return failure("SignatureDoesNotMatch", "Credential should be scoped to a valid region, not '"+caller.Region+"'.")
	}
	asked := request{r, caller, &d.held}
	resource := act.resource(asked)
	arn := resource
	if act.arn != nil {
		arn = act.arn(asked)
	}
	if !caller.May("iam:"+name, arn) || slices.Contains(d.held.Denied, name) || slices.Contains(d.held.Denied, name+" "+resource) {
		return failure("AccessDenied", fmt.Sprintf("User: %s is not authorized to perform: iam:%s on resource: %s because no identity-based policy allows the iam:%s action",
			caller.ARN, name, resource, name))
	}
	fields, failed := act.answer(asked)
	if failed != nil {
		return failure(failed.code, failed.message)
	}
	return success(name, fields)
}
