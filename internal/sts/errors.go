package sts

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// errTokenRefused marks a refusal that a newer ID token may mend.
var errTokenRefused = errors.New("the ID token was refused")

// TokenRefused reports whether AWS refused the ID token itself, so that refreshing it once and asking again is worth it.
func TokenRefused(err error) bool { return errors.Is(err, errTokenRefused) }

// passing reports whether the same request may succeed in a moment.
func passing(err error) bool {
	if _, ok := errors.AsType[*types.IDPCommunicationErrorException](err); ok {
		return true
	}
	if apiErr, ok := errors.AsType[smithy.APIError](err); ok {
		switch apiErr.ErrorCode() {
		case "Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException",
			"ServiceUnavailable", "InternalFailure", "InternalError", "SlowDown":
			return true
		}
	}
	if resp, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		status := resp.HTTPStatusCode()
		return status == http.StatusTooManyRequests || status >= 500
	}
	return false
}

// explain turns STS's error into a sentence and a remedy, one for each code of the API reference.
func explain(in WebIdentity, err error) error {
	if errors.Is(err, context.Canceled) {
		return httpclient.Explain("asking STS for role "+in.RoleARN, err)
	}
	apiErr, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return explainTransport(in, err)
	}
	said := ui.Clean(apiErr.ErrorMessage())
	switch apiErr.ErrorCode() {
	case "ExpiredTokenException", "ExpiredToken":
		return tokenFault(ui.LoginNeeded, "dbxaccess login",
			"AWS says that the ID token has expired: %s", said)
	case "InvalidIdentityToken", "InvalidIdentityTokenException":
		return tokenFault(ui.Refused, presented(in)+
			"\nan IAM OIDC identity provider with this issuer and audience must exist in the account of "+in.RoleARN,
			"AWS does not accept the ID token: %s", said)
	case "IDPRejectedClaim", "IDPRejectedClaimException":
		return ui.Fault(ui.Refused, "dbxaccess login --force\n"+presented(in), "the identity provider told AWS that the ID token is no longer good: %s", said)
	case "IDPCommunicationError", "IDPCommunicationErrorException":
		return ui.Fault(ui.Failed, "AWS must reach "+in.Issuer+"/.well-known/openid-configuration and its keys from the internet; try again in a minute",
			"AWS can't reach the identity provider: %s", said)
	case "MalformedPolicyDocument", "MalformedPolicyDocumentException":
		return ui.Fault(ui.Failed, "dbxaccess map check\ndbxaccess map policy ROLE shows what was sent", "AWS can't read the session policy for %s: %s", in.RoleARN, said)
	case "PackedPolicyTooLarge", "PackedPolicyTooLargeException":
		return ui.Fault(ui.Failed, "give the role fewer datasets or tags in the access map, or narrow this call with --scope DATASET",
			"the session policy and tags for %s are too large once packed: %s", in.RoleARN, said)
	case "RegionDisabledException":
		return ui.Fault(ui.Failed, "an administrator must activate STS in that region (IAM console, account settings), or the map must name another `region`",
			"STS is not active in region %s for this account: %s", in.Region, said)
	case "AccessDenied", "AccessDeniedException":
		return ui.Fault(ui.Refused, accessDeniedHint(in), "AWS refuses role %s: %s", in.RoleARN, said)
	case "ValidationError":
		return ui.Fault(ui.Failed, "compare `duration` with the role's maximum session duration and check role_arn: dbxaccess map check",
			"AWS finds the request for %s invalid: %s", in.RoleARN, said)
	case "Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException":
		return ui.Fault(ui.Failed, "try again in a minute", "AWS is throttling requests for %s: %s", in.RoleARN, said)
	}
	if strings.Contains(strings.ToLower(said), "token") && strings.Contains(strings.ToLower(said), "expired") {
		// S3-compatible servers have one code for everything; a fresh token is worth one try.
		return tokenFault(ui.LoginNeeded, "dbxaccess login", "STS says: %s", said)
	}
	return ui.Fault(ui.Failed, presented(in), "STS refuses role %s with %s: %s", in.RoleARN, ui.Clean(apiErr.ErrorCode()), said)
}

func explainTransport(in WebIdentity, err error) error {
	doing := "asking STS for role " + in.RoleARN
	if resp, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && resp.HTTPStatusCode() != 0 {
		return ui.Fault(ui.Failed, "that is no answer of STS: check AWS_ENDPOINT_URL_STS, the proxy and the region "+in.Region,
			"%s: an answer with status %d that can't be read", doing, resp.HTTPStatusCode())
	}
	if sent, ok := errors.AsType[*smithyhttp.RequestSendError](err); ok {
		err = sent.Err
	}
	return httpclient.Explain(doing, err)
}

func tokenFault(code ui.Code, hint, format string, args ...any) error {
	return ui.Fault(code, hint, "%w: %w", errTokenRefused, fmt.Errorf(format, args...))
}

func presented(in WebIdentity) string {
	return fmt.Sprintf("presented: issuer %s, audience %s, subject %s", ui.Clean(in.Issuer), ui.Clean(in.Audience), ui.Clean(in.Subject))
}

// accessDeniedHint shows the trust policy that would let the person in: a refusal here is nearly always its conditions.
func accessDeniedHint(in WebIdentity) string {
	partition := "aws"
	if parts := strings.Split(in.RoleARN, ":"); len(parts) > 1 && parts[1] != "" {
		partition = parts[1]
	}
	provider := strings.TrimPrefix(strings.TrimPrefix(in.Issuer, "https://"), "http://")
	return fmt.Sprintf("%s\nthe role's trust policy must hold a statement like:\n"+
		`{"Effect":"Allow","Principal":{"Federated":"arn:%s:iam::%s:oidc-provider/%s"},`+"\n"+
		` "Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"%s:aud":"%s"}}}`+"\n"+
		"a token that carries session tags or a source identity also needs sts:TagSession, sts:SetSourceIdentity there",
		presented(in), partition, accountOf(in.RoleARN), provider, provider, in.Audience)
}

func incomplete(in WebIdentity) error {
	return ui.Fault(ui.Failed, "that is no answer of STS: check AWS_ENDPOINT_URL_STS and the proxy",
		"STS answered for role %s without complete credentials", in.RoleARN)
}

func alreadyOver(in WebIdentity, expires, now time.Time) error {
	return ui.Fault(ui.Failed, "set this machine's clock (it is the usual cause), then try again",
		"STS answered for role %s with credentials that ended at %s; this machine's clock says %s",
		in.RoleARN, expires.Format(time.RFC3339), now.UTC().Format(time.RFC3339))
}
