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

// Bounds of AssumeRoleWithWebIdentity.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
const (
	stsVersion = "2011-06-15"
	stsAction  = "AssumeRoleWithWebIdentity"

	minDuration     = 900 * time.Second
	maxDuration     = 43200 * time.Second
	defaultDuration = time.Hour
	maxPolicy       = 2048 // characters
	maxPolicyARNs   = 10
)

var (
	sessionNameForm = regexp.MustCompile(`^[\w+=,.@-]+$`)
	roleARNForm     = regexp.MustCompile(`^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+$`)
	policyARNForm   = regexp.MustCompile(`^arn:aws[a-z-]*:iam::(\d{12}|aws):policy/[\w+=,.@/-]+$`)
)

// sts answers the Query API: one path, the action in the form.
func (s *Server) sts(r *http.Request) reply {
	if action := r.PostForm.Get("Action"); action != stsAction {
		s.unexpectedf("POST /: action %q", action)
		return stsError("InvalidAction", fmt.Sprintf("Could not find operation %s for version %s", action, stsVersion))
	}
	if version := r.PostForm.Get("Version"); version != stsVersion {
		s.unexpectedf("POST /: version %q", version)
		return stsError("NoSuchVersion", "The requested version is not supported.")
	}
	if r.Header.Get("Authorization") != "" {
		// AWS ignores it. A broker that signs this request has picked up credentials that are not its own.
		s.unexpectedf("POST /: %s signed with other credentials", stsAction)
	}
	call := STSCall{
		Time:        s.clock(),
		RoleARN:     r.PostForm.Get("RoleArn"),
		SessionName: r.PostForm.Get("RoleSessionName"),
		Policy:      r.PostForm.Get("Policy"),
		PolicyARNs:  policyARNs(r),
	}
	a, failed := s.assumeRole(r, &call)
	if failed != nil {
		call.Error = failed.code
		a = stsError(failed.code, failed.message)
	}
	s.record.sts = append(s.record.sts, call)
	return a
}

// assumeRole checks in AWS's order: the request's form, the token, the trust, the role's bounds, the policy.
func (s *Server) assumeRole(r *http.Request, call *STSCall) (reply, *stsFault) {
	token := r.PostForm.Get("WebIdentityToken")
	duration, failed := checkAssume(r, call, token)
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
	trust, ok := s.trustOf(call.RoleARN, claims)
	if !ok {
		return reply{}, &stsFault{"AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"}
	}
	if duration > trust.MaxDuration {
		return reply{}, &stsFault{
			"ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
		}
	}
	percent, failed := s.packPolicy(call)
	if failed != nil {
		return reply{}, failed
	}
	if duration == 0 {
		duration = defaultDuration
	}
	if s.behaviour.CredentialLifetime != 0 {
		duration = s.behaviour.CredentialLifetime
	}
	return s.issue(call, claims, duration, percent), nil
}

// checkAssume checks what can be checked without the token. A client that is refused here did not check its own input.
func checkAssume(r *http.Request, call *STSCall, token string) (time.Duration, *stsFault) {
	for _, c := range []struct {
		name, value string
		low, high   int
		form        *regexp.Regexp
	}{
		{"roleArn", call.RoleARN, 20, 2048, nil},
		{"roleSessionName", call.SessionName, 2, 64, sessionNameForm},
		{"webIdentityToken", token, 4, 20000, nil},
	} {
		if failed := constrain(c.name, c.value, c.low, c.high, c.form); failed != nil {
			return 0, failed
		}
	}
	switch {
	case !roleARNForm.MatchString(call.RoleARN):
		return 0, &stsFault{"ValidationError", "Request ARN is invalid"}
	case r.PostForm.Get("ProviderId") != "":
		return 0, &stsFault{"ValidationError", "ProviderId must not be given for OpenID Connect tokens"}
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

// packPolicy checks the session policy and returns how much of the space it takes, in percent; 0 without a policy. AWS
// packs into a form it does not publish; here the share of the plain text's bound stands for it.
func (s *Server) packPolicy(call *STSCall) (int, *stsFault) {
	if call.Policy == "" && call.PolicyARNs == nil {
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
	percent := s.behaviour.PackedPolicyPercent
	if percent == 0 {
		length := utf8.RuneCountInString(call.Policy + strings.Join(call.PolicyARNs, ""))
		percent = (length*100 + maxPolicy - 1) / maxPolicy
	}
	if percent > 100 {
		return 0, &stsFault{"PackedPolicyTooLarge", fmt.Sprintf(
			"Packed policy consumes %d%% of allotted space, please use smaller policy.", percent)}
	}
	return percent, nil
}
