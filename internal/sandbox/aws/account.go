// Package aws is the double of an AWS account: STS, S3 Access Grants, the console's sign-in, and the account's own token issuer.
//
// In come requests to STS's Query API and to the federation endpoint; out go credentials, which are known again when they come
// back, and AWS's errors. It checks what AWS checks: ID tokens and the trust in them, signatures, session policies with their
// conditions, tags and their permissions. IAM knows nothing of groups. The sandbox's roles have no permissions of their own: what
// they would allow is taken for enough.
package aws

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/issuer"
)

// The actions that there are.
const (
	actionWebIdentity      = "AssumeRoleWithWebIdentity"
	actionAssumeRole       = "AssumeRole"
	actionCallerIdentity   = "GetCallerIdentity"
	actionWebIdentityToken = "GetWebIdentityToken"
	actionDecode           = "DecodeAuthorizationMessage"
	actionScoped           = "GetScopedCredentials"

	stsVersion = "2011-06-15"
)

// Account is a sandbox's AWS account.
type Account struct {
	h       *harness.Harness
	issuers *issuer.Issuers
	trust   []Trust
	console func(role, destination string) *harness.Reply
	issued  map[string]Credentials // by the access key
	signIns map[string]*signIn     // by the sign-in token
	calls   []Call

	grantCalls []GrantCall
}

// New is an account whose roles trust as is said; nil is DefaultTrust. console is the page that stands for AWS's console.
func New(h *harness.Harness, issuers *issuer.Issuers, trust []Trust, console func(role, destination string) *harness.Reply) *Account {
	if trust == nil {
		trust = DefaultTrust()
	}
	return &Account{h: h, issuers: issuers, trust: trust, console: console, issued: map[string]Credentials{}, signIns: map[string]*signIn{}}
}

// Routes are those of STS, of S3 Access Grants and of the console's sign-in.
func (a *Account) Routes() []harness.Route {
	action := func(r *http.Request) string { return r.PostForm.Get("Action") }
	return []harness.Route{
		{Endpoint: harness.STS, Method: http.MethodPost, Path: "/", Answer: a.sts, Detail: action, Error: stsError},
		{Endpoint: harness.DataAccess, Method: http.MethodGet, Path: dataAccessPath, Answer: a.dataAccess, Error: s3Error},
		{Endpoint: harness.AccessGrants, Method: http.MethodGet, Path: listGrantsPath, Answer: a.listAccessGrants, Error: s3Error},
		{Endpoint: harness.Federation, Method: http.MethodGet, Path: federationPath, Answer: a.federation, Error: consoleFault},
		{Endpoint: harness.Federation, Method: http.MethodPost, Path: federationPath, Answer: a.federation, Error: consoleFault},
	}
}

// STSURL is what AWS_ENDPOINT_URL_STS is set to.
func (a *Account) STSURL() string { return a.h.Origin() }

// SigninURL is what AWS_ENDPOINT_URL_SIGNIN is set to: where the AWS console's federation endpoint is.
func (a *Account) SigninURL() string { return a.h.Origin() }

// Call is one request to STS that could be read, granted or not.
type Call struct {
	Time        time.Time // by the sandbox's clock
	Action      string    // AssumeRoleWithWebIdentity, AssumeRole, GetCallerIdentity, GetWebIdentityToken, GetScopedCredentials or DecodeAuthorizationMessage
	RoleARN     string
	SessionName string
	Policy      string // "": none was sent
	PolicyARNs  []string
	Duration    time.Duration // 0: none was sent
	Subject     string        // of the ID token, or of the one that was asked for; "" where there is none
	Audience    string
	AccessKeyID string // that was issued; "" where refused

	// Of signed requests.
	Caller            string // ARN of the session that signed; "" where the signature was not good
	Region            string // that the signature is for
	ExternalID        string
	Tags              map[string]string // that were sent; nil: none
	TransitiveTagKeys []string
	SourceIdentity    string // that was sent

	// Of GetScopedCredentials.
	CallerKeyID    string // access key of the session that signed
	Description    string
	ScopedPolicies int // that narrow what was issued; 0 where refused

	Error string // AWS's code; "" where granted
}

// STSCalls are the requests to STS, oldest first.
func (a *Account) STSCalls() []Call {
	a.h.Lock()
	defer a.h.Unlock()
	return slices.Clone(a.calls)
}

// sts answers the Query API: one path, the action in the form.
func (a *Account) sts(r *http.Request) *harness.Reply {
	action := r.PostForm.Get("Action")
	if !slices.Contains([]string{actionWebIdentity, actionAssumeRole, actionCallerIdentity, actionWebIdentityToken, actionDecode, actionScoped}, action) {
		a.h.Unexpectedf("POST /: action %q", action)
		return stsError("InvalidAction", fmt.Sprintf("Could not find operation %s for version %s", action, stsVersion))
	}
	if version := r.PostForm.Get("Version"); version != stsVersion {
		a.h.Unexpectedf("POST /: version %q", version)
		return stsError("NoSuchVersion", "The requested version is not supported.")
	}
	call := Call{
		Time:        a.h.Clock(),
		Action:      action,
		RoleARN:     r.PostForm.Get("RoleArn"),
		SessionName: r.PostForm.Get("RoleSessionName"),
		Policy:      r.PostForm.Get("Policy"),
		PolicyARNs:  members(r, "PolicyArns", ".arn"),
	}
	answer, failed := a.act(r, &call)
	if failed != nil {
		call.Error = failed.code
		answer = stsError(failed.code, failed.message)
	}
	a.calls = append(a.calls, call)
	return answer
}

// act performs an action, for the principal that signed all but the first.
func (a *Account) act(r *http.Request, call *Call) (*harness.Reply, *fault) {
	if call.Action == actionWebIdentity {
		return a.assumeRoleWithWebIdentity(r, call)
	}
	caller, failed := a.authenticate(r, call, signatureService)
	if failed != nil {
		return nil, failed
	}
	switch call.Action {
	case actionAssumeRole:
		return a.assumeRole(r, call, caller)
	case actionWebIdentityToken:
		return a.getWebIdentityToken(r, call, caller)
	case actionScoped:
		return a.getScopedCredentials(r, call, caller)
	case actionDecode:
		return a.decodeMessage(r, call, caller)
	}
	// No policy can forbid to ask whose credentials signed.
	fields := map[string]any{"Arn": caller.arn(), "UserId": caller.userID(), "Account": caller.account()}
	return stsReply(call.Action, fields, "Arn", "UserId", "Account"), nil
}

// members reads NAME.member.N, counted from 1, up to the first that is missing.
func members(r *http.Request, name, part string) []string {
	var all []string
	for n := 1; ; n++ {
		value := r.PostForm.Get(fmt.Sprintf("%s.member.%d%s", name, n, part))
		if value == "" {
			return all
		}
		all = append(all, value)
	}
}
