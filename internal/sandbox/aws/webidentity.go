package aws

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/issuer"
)

// Bounds of AssumeRoleWithWebIdentity and AssumeRole.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
const (
	minDuration     = 900 * time.Second
	maxDuration     = 43200 * time.Second
	defaultDuration = time.Hour
	maxPolicy       = 2048 // characters
	maxPolicyARNs   = 10
)

var (
	sessionNameForm = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
	roleARNForm     = regexp.MustCompile(`^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+$`)
	policyARNForm   = regexp.MustCompile(`^arn:aws[a-z-]*:iam::(\d{12}|aws):policy/[\w+=,.@/-]+$`)
)

// assumeRoleWithWebIdentity checks in AWS's order: the request's form, the token, the trust, the role's bounds, the policy.
func (a *Account) assumeRoleWithWebIdentity(r *http.Request, call *Call) (*harness.Reply, *fault) {
	if r.Header.Get("Authorization") != "" {
		// AWS ignores it. A broker that signs this request has picked up credentials that are not its own.
		a.h.Unexpectedf("POST /: %s signed with other credentials", call.Action)
	}
	token := r.PostForm.Get("WebIdentityToken")
	var failed *fault
	switch {
	case !within(token, 4, 20000):
		failed = violated("webIdentityToken")
	case r.PostForm.Get("ProviderId") != "":
		failed = &fault{"ValidationError", "ProviderId must not be given for OpenID Connect tokens"}
	default:
		failed = readAssume(r, call)
	}
	if failed != nil {
		return a.unexpected(call, failed)
	}
	claims, failed := a.checkToken(token)
	if failed != nil {
		return nil, failed
	}
	call.Subject, call.Audience = claims.Subject, claims.Audience[0]
	trust, failed := a.trustInToken(call.RoleARN, claims)
	if failed != nil {
		return nil, failed
	}
	if call.Duration > trust.MaxDuration {
		return nil, tooLong()
	}
	tags := map[string]string{}
	for key, values := range claims.Tags.Principal {
		tags[key] = strings.Join(values, " ")
	}
	percent, failed := packed(call, tags)
	if failed != nil {
		return nil, failed
	}
	made := Credentials{tags: tags, transitive: claims.Tags.Transitive, sourceIdentity: claims.SourceIdentity, origin: a.originOf(call.RoleARN, claims)}
	return a.assumed(call, made, percent, map[string]any{
		"SubjectFromWebIdentityToken": claims.Subject, "Audience": call.Audience, "Provider": claims.Issuer,
	}), nil
}

// unexpected refuses what a client should have checked for itself.
func (a *Account) unexpected(call *Call, failed *fault) (*harness.Reply, *fault) {
	a.h.Unexpectedf("POST /: %s: %s: %s", call.Action, failed.code, failed.message)
	return nil, failed
}

// violated is AWS's wording, without the value, which may be a token.
func violated(name string) *fault {
	return &fault{"ValidationError", "1 validation error detected: Value at '" + name + "' failed to satisfy constraint"}
}

// within reports whether a text has a length, in characters.
func within(text string, low, high int) bool {
	length := utf8.RuneCountInString(text)
	return low <= length && length <= high
}

// tooLong is for a session longer than its role allows.
func tooLong() *fault {
	return &fault{"ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."}
}

// readAssume checks what both ways to assume a role have in common, and reads the duration into the call.
func readAssume(r *http.Request, call *Call) (failed *fault) {
	switch {
	case !within(call.RoleARN, 20, 2048):
		return violated("roleArn")
	case !sessionNameForm.MatchString(call.SessionName):
		return violated("roleSessionName")
	case !roleARNForm.MatchString(call.RoleARN):
		return &fault{"ValidationError", "Request ARN is invalid"}
	case r.PostForm.Has("Policy") && !within(call.Policy, 1, maxPolicy):
		return violated("policy")
	case len(call.PolicyARNs) > maxPolicyARNs:
		return violated("policyArns")
	case slices.ContainsFunc(call.PolicyARNs, func(arn string) bool { return !policyARNForm.MatchString(arn) }):
		return &fault{"ValidationError", "A policy ARN is invalid"}
	}
	call.Duration, failed = readDuration(r, minDuration, maxDuration)
	return failed
}

// readDuration reads DurationSeconds; 0 where it is missing.
func readDuration(r *http.Request, low, high time.Duration) (time.Duration, *fault) {
	text := r.PostForm.Get("DurationSeconds")
	if text == "" {
		return 0, nil
	}
	seconds, err := strconv.Atoi(text)
	life := time.Duration(seconds) * time.Second
	switch {
	case err != nil:
		return 0, &fault{"MalformedInput", "DurationSeconds is not a number"}
	case life < low || life > high:
		return 0, violated("durationSeconds")
	}
	return life, nil
}

// packed checks the session policy and returns how much of the space it takes together with the session's tags, in
// percent; 0 without both. AWS packs into a form it does not publish; here the share of the plain text's bound stands for
// it.
func packed(call *Call, tags map[string]string) (percent int, failed *fault) {
	if failed := wellFormed(call.Policy); failed != nil {
		return 0, failed
	}
	length := utf8.RuneCountInString(call.Policy + strings.Join(call.PolicyARNs, ""))
	for key, value := range tags {
		length += utf8.RuneCountInString(key + value)
	}
	if percent = (length*100 + maxPolicy - 1) / maxPolicy; percent > 100 {
		return 0, &fault{"PackedPolicyTooLarge", fmt.Sprintf(
			"Packed policy consumes %d%% of allotted space, please use smaller policy.", percent)}
	}
	return percent, nil
}

// wellFormed checks that a policy is one at all; "" is none.
func wellFormed(policy string) *fault {
	var document struct{ Statement json.RawMessage }
	switch {
	case policy == "":
	case json.Unmarshal([]byte(policy), &document) != nil:
		return &fault{"MalformedPolicyDocument", "This policy contains invalid Json"}
	case document.Statement == nil:
		return &fault{"MalformedPolicyDocument", "Syntax errors in policy."}
	}
	return nil
}

// checkToken verifies an ID token as STS does: provider, signature, required claims, audience, expiry.
func (a *Account) checkToken(token string) (issuer.Claims, *fault) {
	invalid := func(format string, args ...any) (issuer.Claims, *fault) {
		return issuer.Claims{}, &fault{"InvalidIdentityToken", fmt.Sprintf(format, args...)}
	}
	claims, ok := issuer.ReadUnverified(token)
	if !ok {
		return invalid("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
	}
	keys, err := a.issuers.Of(claims.Issuer)
	// IAM registers no provider of AWS's own.
	if keys == nil || claims.Issuer == a.issuers.AWSIssuer() {
		return invalid("No OpenIDConnect provider found in your account for %s", claims.Issuer)
	}
	if err == nil {
		_, err = keys.Verify(token)
	}
	switch {
	case err != nil:
		return invalid("Couldn't retrieve verification key from your identity provider, " +
			"please reference AssumeRoleWithWebIdentity documentation for requirements")
	case claims.Subject == "":
		return invalid("Missing a required claim: sub")
	case len(claims.Audience) == 0:
		return invalid("Missing a required claim: aud")
	case claims.Expiry == 0:
		return invalid("Missing a required claim: exp")
	case claims.IssuedAt == 0:
		return invalid("Missing a required claim: iat")
	case !claims.For(a.audiences(claims.Issuer)...):
		return invalid("Incorrect token audience")
	}
	if now := a.h.Clock().Unix(); float64(now) >= claims.Expiry {
		return issuer.Claims{}, &fault{"ExpiredTokenException", fmt.Sprintf(
			"Token expired: current date/time %d must be before the expiration date/time %.0f", now, claims.Expiry)}
	}
	return claims, nil
}
