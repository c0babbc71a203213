package aws

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

const (
	// maxChained bounds sessions of chained roles.
	// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
	maxChained = time.Hour

	permitTags           = "TagSession"
	permitSourceIdentity = "SetSourceIdentity"
)

var externalIDForm = regexp.MustCompile(`^[\w+=,.@:/-]+$`)

// assumeRole assumes a role with another one's credentials. All credentials of the sandbox are roles' sessions, so this
// is always what AWS calls role chaining.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
func (a *Account) assumeRole(r *http.Request, call *Call, caller Credentials) (*harness.Reply, *fault) {
	call.ExternalID, call.SourceIdentity = r.PostForm.Get("ExternalId"), r.PostForm.Get("SourceIdentity")
	failed := readChain(r, call)
	if failed == nil {
		failed = readTags(r, call)
	}
	if failed != nil {
		return a.unexpected(call, failed)
	}
	if failed := inherit(call, caller); failed != nil {
		return nil, failed
	}
	trust, failed := a.authorizeChain(call, caller)
	if failed != nil {
		return nil, failed
	}
	switch {
	case call.Duration > maxChained:
		return nil, &fault{
			"ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
		}
	case call.Duration > trust.MaxDuration:
		return nil, tooLong()
	}
	percent, failed := packed(call, call.Tags)
	if failed != nil {
		return nil, failed
	}
	made := Credentials{
		chained: true, sourceIdentity: cmp.Or(caller.sourceIdentity, call.SourceIdentity),
		tags: caller.handOn(call.Tags), transitive: slices.Concat(caller.transitive, call.TransitiveTagKeys),
		origin: caller.origin,
	}
	return a.assumed(call, made, percent, nil), nil
}

// readChain checks what can be checked without knowing the caller.
func readChain(r *http.Request, call *Call) *fault {
	for _, name := range []string{"SerialNumber", "TokenCode", "ProvidedContexts.member.1.ProviderArn"} {
		if r.PostForm.Has(name) {
			return &fault{"ValidationError", name + " is nothing that the sandbox knows"}
		}
	}
	if r.PostForm.Has("ExternalId") && (!within(call.ExternalID, 2, 1224) || !externalIDForm.MatchString(call.ExternalID)) {
		return violated("externalId")
	}
	if r.PostForm.Has("SourceIdentity") && !sessionNameForm.MatchString(call.SourceIdentity) {
		return violated("sourceIdentity")
	}
	return readAssume(r, call)
}

// inherit checks that a session changes nothing of what comes to it from the one before.
func inherit(call *Call, caller Credentials) *fault {
	if caller.sourceIdentity != "" && call.SourceIdentity != "" && call.SourceIdentity != caller.sourceIdentity {
		return &fault{"ValidationError", "The source identity is already set for this assume role session"}
	}
	for key := range call.Tags {
		if caller.handsOn(key) {
			return &fault{"InvalidParameterValue", "One of the specified transitive tag keys can't be set because it conflicts " +
				"with a transitive tag key from the calling session."}
		}
	}
	return nil
}

// authorizeChain asks the target's trust policy and the caller's session policy, both of which must agree, for each of
// the permissions that a request needs. Tags and a source identity that come along need theirs as well.
func (a *Account) authorizeChain(call *Call, caller Credentials) (Trust, *fault) {
	trust, trusted := a.trustInRole(call.RoleARN, caller.roleARN, call.ExternalID)
	for _, need := range []struct {
		action         string
		needed, agreed bool
	}{
		{actionAssumeRole, true, trusted},
		{permitTags, len(call.Tags)+len(caller.transitive) > 0, trust.AllowTags},
		{permitSourceIdentity, call.SourceIdentity+caller.sourceIdentity != "", trust.AllowSourceIdentity},
	} {
		if !need.needed {
			continue
		}
		if !need.agreed {
			return Trust{}, notAuthorized(caller, need.action, call.RoleARN, false)
		}
		if !caller.may(a.h.Clock(), "sts:"+need.action, call.RoleARN) {
			return Trust{}, notAuthorized(caller, need.action, call.RoleARN, true)
		}
	}
	return trust, nil
}

// notAuthorized is AWS's wording, for a trust policy or for the caller's session policy.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
func notAuthorized(caller Credentials, action, resource string, bySession bool) *fault {
	because := ""
	if bySession {
		because = " because no session policy allows the sts:" + action + " action"
	}
	return &fault{"AccessDenied", fmt.Sprintf("User: %s is not authorized to perform: sts:%s on resource: %s%s",
		caller.arn(), action, resource, because)}
}
