package sts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// errTokenRefused marks a refusal that a newer token may fix.
var errTokenRefused = errors.New("the token was refused")

// TokenRefused reports whether the token itself was refused, an ID token by AWS or an access token by Identity Center,
// so that refreshing it once and asking again is worth it.
func TokenRefused(err error) bool { return errors.Is(err, errTokenRefused) }

func tokenRefusal(id ui.ID, code ui.Code, format string, args ...any) *ui.Error {
	return ui.Errorf(id, code, "%w: %w", errTokenRefused, fmt.Errorf(format, args...))
}

// transient reports whether STS says that the same request may succeed in a moment.
func transient(err error) bool {
	if apiErr, ok := errors.AsType[smithy.APIError](err); ok {
		switch codeOf(apiErr) {
		case "Throttling", "RequestLimitExceeded", "TooManyRequests", "ServiceUnavailable", "InternalFailure", "InternalError", "SlowDown", "IDPCommunicationError":
			return true
		}
	}
	resp, ok := errors.AsType[*smithyhttp.ResponseError](err)
	return ok && httpclient.Busy(resp.HTTPStatusCode())
}

// codeOf is AWS's code without the ending that some have, and some have here and not there.
func codeOf(err smithy.APIError) string { return strings.TrimSuffix(err.ErrorCode(), "Exception") }

// question is what a message must know of a call.
type question struct {
	service, what string // "STS", "role arn:…"
	moved         string // the variable that moves the service
	region        string
	// own explains the errors that mean something of their own in this call, by codeOf; nil for all others.
	own func(code, said string) error
	// fix goes with an error that is not known here.
	fix ui.Fix
}

// UnknownCredentials is the error of credentials that AWS does not know, or not any more.
const UnknownCredentials ui.ID = "credentials-unknown"

// stsVariable moves STS.
const stsVariable = "AWS_ENDPOINT_URL_STS"

// askingSTS is a question to STS.
func askingSTS(what, region string) question {
	return question{service: "STS", what: what, moved: stsVariable, region: region}
}

func (q question) doing() string { return "asking " + q.service + " for " + q.what }

// noAnswer is for an answer that is not the service's.
func (q question) noAnswer(format string, args ...any) error {
	return ui.Errorf("aws-unknown-answer", ui.Failed, format, args...).
		With(ui.Advice("that is no answer of " + q.service + ": check " + cmp.Or(q.moved, "what set it") + " and the proxy"))
}

// explain turns STS's error into a sentence and a remedy, one for each code of the API reference.
func (q question) explain(err error) error {
	if errors.Is(err, context.Canceled) {
		return httpclient.Explain(q.doing(), err)
	}
	apiErr, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return q.explainTransport(err)
	}
	code, said := codeOf(apiErr), ui.Clean(apiErr.ErrorMessage())
	if q.own != nil {
		if err := q.own(code, said); err != nil {
			return err
		}
	}
	switch code {
	case "MalformedPolicyDocument":
		return ui.Errorf("session-policy-malformed", ui.Failed, "AWS can't read the session policy for %s: %s", q.what, said).
			With(ui.Command("dbxaccess map check"), ui.Advice("the policy that was sent:"), ui.Command("dbxaccess map policy ROLE"))
	case "PackedPolicyTooLarge":
		return ui.Errorf("session-token-size", ui.Failed, "%s for %s: %s", tooMuch(said), q.what, said).
			With(ui.Advice("narrow this call with --scope DATASET"), ui.ForAdmin("give the role fewer datasets or tags in the access map"))
	case "RegionDisabled":
		return ui.Errorf("aws-region-off", ui.Failed, "STS is not active in region %s for this account: %s", q.region, said).
			With(ui.ForAdmin("activate STS in that region (IAM console, account settings), or name another `region` in the map"))
	case "Throttling", "RequestLimitExceeded", "TooManyRequests":
		return ui.Errorf("aws-throttled", ui.Failed, "AWS is throttling requests for %s: %s", q.what, said).
			With(ui.Advice("try again in a minute"))
	case "ServiceUnavailable", "InternalFailure", "InternalError", "SlowDown":
		return ui.Errorf("aws-unavailable", ui.Failed, "%s can't answer for %s now: %s", q.service, q.what, said).
			With(ui.Advice("AWS has an outage: nothing is wrong with the access map; try again in a minute"))
	case "ExpiredToken":
		return ui.Errorf("credentials-ended", ui.Failed, "the credentials that were to ask for %s have ended: %s", q.what, said).
			With(ui.Advice("try again: new ones are taken on the way; credentials in the environment must be replaced there"))
	case "InvalidClientTokenId", "UnrecognizedClient":
		return ui.Errorf(UnknownCredentials, ui.Refused, "AWS does not know the credentials that were to ask for %s: %s", q.what, said).
			With(ui.Advice("the access key may be of another partition or revoked, or the region " + q.region + " is one that its account has not enabled"))
	case "SignatureDoesNotMatch", "InvalidSignature", "RequestExpired", "RequestInTheFuture", "RequestTimeTooSkewed":
		return ui.Errorf("signature-refused", ui.Failed, "AWS does not accept the signature of the request for %s: %s", q.what, said).
			With(clockFix(err))
	case "AccessDenied":
		return ui.Errorf("aws-refuses", ui.Refused, "AWS refuses %s: %s", q.what, said).With(q.fix)
	}
	return ui.Errorf("aws-unknown-refusal", ui.Failed, "%s refuses %s with %s: %s", q.service, q.what, ui.Clean(apiErr.ErrorCode()), said).
		With(q.fix)
}

// clockFix says what AWS's clock shows beside this machine's: a clock that is minutes off is why signatures are
// refused.
func clockFix(err error) ui.Fix {
	set := "set this machine's clock, it is the usual cause"
	if resp, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && resp.Response != nil && resp.Response.Response != nil {
		if date, err := http.ParseTime(resp.Response.Header.Get("Date")); err == nil {
			set += ": AWS says that it is " + date.UTC().Format(time.RFC3339)
		}
	}
	return ui.Advice(set, "else the secret access key does not belong to the access key id")
}

func (q question) explainTransport(err error) error {
	if resp, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && resp.HTTPStatusCode() != 0 {
		return ui.Errorf("aws-unknown-answer", ui.Failed, "%s: an answer with status %d that can't be read", q.doing(), resp.HTTPStatusCode()).
			With(ui.Advice("that is no answer of " + q.service + ": check " + q.moved + ", the proxy and the region " + q.region))
	}
	if sent, ok := errors.AsType[*ui.Error](err); ok {
		return sent // by httpclient.SDK
	}
	return httpclient.Explain(q.doing(), err)
}
