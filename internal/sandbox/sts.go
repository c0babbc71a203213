package sandbox

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
)

// Bounds of AssumeRoleWithWebIdentity and AssumeRole.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
const (
	stsVersion = "2011-06-15"

	minDuration     = 900 * time.Second
	maxDuration     = 43200 * time.Second
	defaultDuration = time.Hour
	maxPolicy       = 2048 // characters
	maxPolicyARNs   = 10
)

// The actions that there are.
const (
	actionWebIdentity      = "AssumeRoleWithWebIdentity"
	actionAssumeRole       = "AssumeRole"
	actionCallerIdentity   = "GetCallerIdentity"
	actionWebIdentityToken = "GetWebIdentityToken"
)

var (
	sessionNameForm = regexp.MustCompile(`^[\w+=,.@-]+$`)
	roleARNForm     = regexp.MustCompile(`^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+$`)
	policyARNForm   = regexp.MustCompile(`^arn:aws[a-z-]*:iam::(\d{12}|aws):policy/[\w+=,.@/-]+$`)
)

// sts answers the Query API: one path, the action in the form.
func (s *Server) sts(r *http.Request) reply {
	action := r.PostForm.Get("Action")
	if !slices.Contains([]string{actionWebIdentity, actionAssumeRole, actionCallerIdentity, actionWebIdentityToken}, action) {
		s.unexpectedf("POST /: action %q", action)
		return stsError("InvalidAction", fmt.Sprintf("Could not find operation %s for version %s", action, stsVersion))
	}
	if version := r.PostForm.Get("Version"); version != stsVersion {
		s.unexpectedf("POST /: version %q", version)
		return stsError("NoSuchVersion", "The requested version is not supported.")
	}
	call := STSCall{
		Time:        s.clock(),
		Action:      action,
		RoleARN:     r.PostForm.Get("RoleArn"),
		SessionName: r.PostForm.Get("RoleSessionName"),
		Policy:      r.PostForm.Get("Policy"),
		PolicyARNs:  policyARNs(r),
	}
	a, failed := s.act(r, &call)
	if failed != nil {
		call.Error = failed.code
		a = stsError(failed.code, failed.message)
	}
	s.record.sts = append(s.record.sts, call)
	return a
}

// act performs an action, for whoever signed all but the first.
func (s *Server) act(r *http.Request, call *STSCall) (reply, *stsFault) {
	if call.Action == actionWebIdentity {
		return s.assumeRoleWithWebIdentity(r, call)
	}
	caller, failed := s.authenticate(r, call)
	if failed != nil {
		return reply{}, failed
	}
	switch call.Action {
	case actionAssumeRole:
		return s.assumeRole(r, call, caller)
	case actionWebIdentityToken:
		return s.getWebIdentityToken(r, call, caller)
	default:
		return getCallerIdentity(caller), nil
	}
}

// assumeRoleWithWebIdentity checks in AWS's order: the request's form, the token, the trust, the role's bounds, the policy.
func (s *Server) assumeRoleWithWebIdentity(r *http.Request, call *STSCall) (reply, *stsFault) {
	if r.Header.Get("Authorization") != "" {
		// AWS ignores it. A broker that signs this request has picked up credentials that are not its own.
		s.unexpectedf("POST /: %s signed with other credentials", call.Action)
	}
	token := r.PostForm.Get("WebIdentityToken")
	duration, failed := checkWebIdentityRequest(r, call, token)
	if failed != nil {
		s.unexpectedf("POST /: %s", failed.code)
		return reply{}, failed
	}
	call.Duration = duration
	claims, failed := s.checkWebIdentity(token)
	if failed != nil {
		return reply{}, failed
	}
	call.Subject, call.Audience = claims.Subject, claims.Audience[0]
	trust, failed := s.trustInToken(call.RoleARN, claims)
	if failed != nil {
		return reply{}, failed
	}
	if duration > trust.MaxDuration {
		return reply{}, tooLong()
	}
	percent, failed := s.packPolicy(call, claims.Tags.text())
	if failed != nil {
		return reply{}, failed
	}
	made := s.openSession(call, duration)
	made.tags, made.transitive, made.sourceIdentity = claims.Tags.Principal.flat(), claims.Tags.Transitive, claims.SourceIdentity
	answer := s.issue(&made, call, percent)
	answer["SubjectFromWebIdentityToken"] = claims.Subject
	answer["Audience"] = call.Audience
	answer["Provider"] = claims.Issuer
	return assumed(call.Action, answer), nil
}

// tooLong is for a session longer than its role allows.
func tooLong() *stsFault {
	return &stsFault{"ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."}
}

// checkWebIdentityRequest checks what can be checked without the token.
func checkWebIdentityRequest(r *http.Request, call *STSCall, token string) (time.Duration, *stsFault) {
	if failed := constrain("webIdentityToken", token, 4, 20000, nil); failed != nil {
		return 0, failed
	}
	if r.PostForm.Get("ProviderId") != "" {
		return 0, &stsFault{"ValidationError", "ProviderId must not be given for OpenID Connect tokens"}
	}
	return checkAssume(r, call)
}

// checkAssume checks what both ways to assume a role have in common. A client that is refused here did not check its own
// input.
func checkAssume(r *http.Request, call *STSCall) (time.Duration, *stsFault) {
	for _, c := range []struct {
		name, value string
		low, high   int
		form        *regexp.Regexp
	}{
		{"roleArn", call.RoleARN, 20, 2048, nil},
		{"roleSessionName", call.SessionName, 2, 64, sessionNameForm},
	} {
		if failed := constrain(c.name, c.value, c.low, c.high, c.form); failed != nil {
			return 0, failed
		}
	}
	switch {
	case !roleARNForm.MatchString(call.RoleARN):
		return 0, &stsFault{"ValidationError", "Request ARN is invalid"}
	case r.PostForm.Has("Policy"):
		if failed := constrain("policy", call.Policy, 1, maxPolicy, nil); failed != nil {
			return 0, failed
		}
	}
	if len(call.PolicyARNs) > maxPolicyARNs {
		return 0, violated("policyArns", fmt.Sprintf("have length less than or equal to %d", maxPolicyARNs))
	}
	if slices.ContainsFunc(call.PolicyARNs, func(arn string) bool { return !policyARNForm.MatchString(arn) }) {
		return 0, &stsFault{"ValidationError", "A policy ARN is invalid"}
	}
	return readDuration(r.PostForm.Get("DurationSeconds"))
}

// readDuration reads DurationSeconds; "" is 0.
func readDuration(text string) (time.Duration, *stsFault) {
	if text == "" {
		return 0, nil
	}
	seconds, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return 0, &stsFault{"MalformedInput", "DurationSeconds is not a number"}
	case seconds < int(minDuration/time.Second):
		return 0, violated("durationSeconds", "have value greater than or equal to 900")
	case seconds > int(maxDuration/time.Second):
		return 0, violated("durationSeconds", "have value less than or equal to 43200")
	}
	return time.Duration(seconds) * time.Second, nil
}

func constrain(name, value string, low, high int, form *regexp.Regexp) *stsFault {
	length := utf8.RuneCountInString(value)
	switch {
	case value == "":
		return violated(name, "not be null")
	case length < low:
		return violated(name, fmt.Sprintf("have length greater than or equal to %d", low))
	case length > high:
		return violated(name, fmt.Sprintf("have length less than or equal to %d", high))
	case form != nil && !form.MatchString(value):
		return violated(name, "satisfy regular expression pattern: "+strings.Trim(form.String(), "^$"))
	}
	return nil
}

// violated is AWS's wording, without the value, which may be a token.
func violated(name, constraint string) *stsFault {
	return &stsFault{"ValidationError", fmt.Sprintf(
		"1 validation error detected: Value at '%s' failed to satisfy constraint: Member must %s", name, constraint)}
}

// policyARNs reads PolicyArns.member.N.arn, counted from 1.
func policyARNs(r *http.Request) []string {
	var arns []string
	for n := 1; ; n++ {
		arn := r.PostForm.Get(fmt.Sprintf("PolicyArns.member.%d.arn", n))
		if arn == "" {
			return arns
		}
		arns = append(arns, arn)
	}
}

// packPolicy checks the session policy and returns how much of the space it takes together with the session's tags, in
// percent; 0 without both. AWS packs into a form it does not publish; here the share of the plain text's bound stands for
// it.
func (s *Server) packPolicy(call *STSCall, tags string) (int, *stsFault) {
	if call.Policy == "" && call.PolicyARNs == nil && tags == "" {
		return 0, nil
	}
	if call.Policy != "" {
		var document struct{ Statement json.RawMessage }
		if json.Unmarshal([]byte(call.Policy), &document) != nil {
			return 0, &stsFault{"MalformedPolicyDocument", "This policy contains invalid Json"}
		}
		if document.Statement == nil {
			return 0, &stsFault{"MalformedPolicyDocument", "Syntax errors in policy."}
		}
	}
	length := utf8.RuneCountInString(call.Policy + strings.Join(call.PolicyARNs, "") + tags)
	percent := (length*100 + maxPolicy - 1) / maxPolicy
	if percent > 100 {
		return 0, &stsFault{"PackedPolicyTooLarge", fmt.Sprintf(
			"Packed policy consumes %d%% of allotted space, please use smaller policy.", percent)}
	}
	return percent, nil
}
