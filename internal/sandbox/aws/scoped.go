package aws

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

// Bounds of GetScopedCredentials, by AWS's model of STS.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetScopedCredentials.html
const (
	minScoped          = time.Second
	maxScoped          = 36 * time.Hour
	maxScopedPolicies  = 3
	maxDescription     = 256
	packedPerCharacter = 2 // characters of a policy to a byte of the token: AWS packs into a form that it does not publish
)

var regionForm = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-\d$`)

// getScopedCredentials narrows the session that signed: who it is, and its tags, stay.
func (a *Account) getScopedCredentials(r *http.Request, call *Call, caller Credentials) (*harness.Reply, *fault) {
	form := r.PostForm
	call.Description, call.CallerKeyID = form.Get("ScopedSessionDescription"), caller.AccessKeyID
	least, failed := readScoped(r, call)
	switch {
	case a.h.Behaviour.NoScopedCredentials, !regionForm.MatchString(call.Region): // as in a partition without it, or at the global endpoint
		return nil, &fault{"InvalidAction", fmt.Sprintf("Could not find operation %s for version %s", call.Action, stsVersion)}
	case failed != nil:
		return a.unexpected(call, failed)
	case a.h.Behaviour.ScopedCredentialsDenied:
		failed := notAuthorized(caller, call.Action, caller.arn(), false)
		failed.message += " with an explicit deny in a service control policy"
		return nil, failed
	case !caller.may(a.h.Clock(), "sts:"+call.Action, "*"):
		return nil, notAuthorized(caller, call.Action, caller.arn(), true)
	case call.Policy != "" && len(caller.scoped) >= maxScopedPolicies:
		return nil, &fault{"AccessDenied", fmt.Sprintf("The session has %d scope down policies, which is the maximum.", maxScopedPolicies)}
	}
	left := caller.Expires.Sub(a.h.Clock())
	if call.Duration > left {
		return nil, &fault{"InsufficientSessionLifetime", "The requested DurationSeconds exceeds the remaining lifetime of the calling session."}
	}
	if failed := wellFormed(call.Policy); failed != nil {
		return nil, failed
	}
	made := caller
	if call.Policy != "" {
		made.scoped = append(slices.Clone(caller.scoped), call.Policy)
	}
	made.packed, made.least = caller.packed+utf8.RuneCountInString(call.Policy)/packedPerCharacter, least
	if made.size() > sessionTokenSpace {
		return nil, &fault{"PackedPolicyTooLarge", fmt.Sprintf("The session token has %d bytes, and the maximum is %d bytes.", made.size(), sessionTokenSpace)}
	}
	made = a.issue(made, cmp.Or(call.Duration, left))
	call.AccessKeyID, call.ScopedPolicies = made.AccessKeyID, len(made.scoped)
	return scopedReply(call.Action, made), nil
}

func scopedReply(action string, made Credentials) *harness.Reply {
	fields := map[string]any{
		"AccessKeyId": made.AccessKeyID, "SecretAccessKey": made.SecretAccessKey, "SessionToken": made.SessionToken,
		"Expiration": made.Expires.UTC().Format(time.RFC3339), "ScopedSessionId": made.userID(), "Arn": made.arn(),
		"SessionTokenSize": made.size(), "SessionTokenUtilization": made.utilization(), "ScopedPoliciesCount": len(made.scoped),
	}
	if made.sourceIdentity != "" {
		fields["SourceIdentity"] = made.sourceIdentity
	}
	return stsReply(action, fields, "Credentials>AccessKeyId", "Credentials>SecretAccessKey", "Credentials>SessionToken", "Credentials>Expiration",
		"SessionInfo>ScopedSessionId", "SessionInfo>Arn", "SessionTokenUtilization", "SessionTokenSize", "ScopedPoliciesCount", "SourceIdentity")
}

// readScoped checks the form of a request, and reads the size that the session token shall have at least.
func readScoped(r *http.Request, call *Call) (least int, failed *fault) {
	form := r.PostForm
	switch {
	case !form.Has("Policy") && !form.Has("DurationSeconds"):
		return 0, &fault{"ValidationError", "Specify at least one of Policy and DurationSeconds."}
	case form.Has("Policy") && !within(call.Policy, 1, maxPolicy):
		return 0, violated("policy")
	case form.Has("ScopedSessionDescription") && !within(call.Description, 1, maxDescription):
		return 0, violated("scopedSessionDescription")
	}
	if text := form.Get("MinimumSessionTokenSize"); text != "" {
		size, err := strconv.Atoi(text)
		if err != nil || size < 0 || size > sessionTokenSpace {
			return 0, violated("minimumSessionTokenSize")
		}
		least = size
	}
	call.Duration, failed = readDuration(r, minScoped, maxScoped)
	return least, failed
}
