package sandbox

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"time"
)

// Bounds of AssumeRole beside those of AssumeRoleWithWebIdentity.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
const (
	maxChained = time.Hour

	permitTags           = "TagSession"
	permitSourceIdentity = "SetSourceIdentity"
)

var externalIDForm = regexp.MustCompile(`^[\w+=,.@:/-]+$`)

// assumeRole assumes a role with another one's credentials. All credentials of the sandbox are roles' sessions, so this
// is always what AWS calls role chaining.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
func (s *Server) assumeRole(r *http.Request, call *STSCall, caller credentials) (reply, *stsFault) {
	call.ExternalID, call.SourceIdentity = r.PostForm.Get("ExternalId"), r.PostForm.Get("SourceIdentity")
	duration, failed := checkAssumeRole(r, call)
	if failed == nil {
		failed = readTags(r, call)
	}
	if failed != nil {
		s.unexpectedf("POST /: %s: %s", failed.code, failed.message)
		return reply{}, failed
	}
	call.Duration = duration
	if failed := inherit(call, caller); failed != nil {
		return reply{}, failed
	}
	trust, failed := s.authorizeChain(call, caller)
	if failed != nil {
		return reply{}, failed
	}
	switch {
	case duration > maxChained:
		return reply{}, &stsFault{
			"ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
		}
	case duration > trust.MaxDuration:
		return reply{}, tooLong()
	}
	percent, failed := s.packPolicy(call, textOfTags(call.Tags))
	if failed != nil {
		return reply{}, failed
	}
	made := s.openSession(call, duration)
	made.chained = true
	made.sourceIdentity = caller.sourceIdentity
	if made.sourceIdentity == "" {
		made.sourceIdentity = call.SourceIdentity
	}
	made.tags, made.transitive = caller.handOn(call.Tags), slices.Concat(caller.transitive, call.TransitiveTagKeys)
	return assumed(call.Action, s.issue(&made, call, percent)), nil
}

// checkAssumeRole checks what can be checked without knowing the caller.
func checkAssumeRole(r *http.Request, call *STSCall) (time.Duration, *stsFault) {
	for _, name := range []string{"SerialNumber", "TokenCode", "ProvidedContexts.member.1.ProviderArn"} {
		if r.PostForm.Has(name) {
			return 0, &stsFault{"ValidationError", name + " is nothing that the sandbox knows"}
		}
	}
	if r.PostForm.Has("ExternalId") {
		if failed := constrain("externalId", call.ExternalID, 2, 1224, externalIDForm); failed != nil {
			return 0, failed
		}
	}
	if r.PostForm.Has("SourceIdentity") {
		if failed := constrain("sourceIdentity", call.SourceIdentity, 2, 64, sessionNameForm); failed != nil {
			return 0, failed
		}
	}
	return checkAssume(r, call)
}

// inherit checks that a session changes nothing of what comes to it from the one before.
func inherit(call *STSCall, caller credentials) *stsFault {
	if caller.sourceIdentity != "" && call.SourceIdentity != "" && call.SourceIdentity != caller.sourceIdentity {
		return &stsFault{"ValidationError", "The source identity is already set for this assume role session"}
	}
	for key := range call.Tags {
		if slices.ContainsFunc(caller.transitive, func(inherited string) bool { return sameTag(inherited, key) }) {
			return &stsFault{"InvalidParameterValue", "One of the specified transitive tag keys can't be set because it conflicts " +
				"with a transitive tag key from the calling session."}
		}
	}
	return nil
}

// authorizeChain asks the target's trust policy and the caller's session policy, both of which must agree, for each of
// the permissions that a request needs. Tags and a source identity that come along need theirs as well.
func (s *Server) authorizeChain(call *STSCall, caller credentials) (Trust, *stsFault) {
	trust, trusted := s.trustInRole(call.RoleARN, caller.roleARN, call.ExternalID)
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
		if !caller.may("sts:"+need.action, call.RoleARN) {
			return Trust{}, notAuthorized(caller, need.action, call.RoleARN, true)
		}
	}
	return trust, nil
}

// notAuthorized is AWS's wording, for a trust policy or for the caller's session policy.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
func notAuthorized(caller credentials, action, resource string, bySession bool) *stsFault {
	because := ""
	if bySession {
		because = " because no session policy allows the sts:" + action + " action"
	}
	return &stsFault{"AccessDenied", fmt.Sprintf("User: %s is not authorized to perform: sts:%s on resource: %s%s",
		caller.arn(), action, resource, because)}
}
