package sts

import (
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

// errTokenRefused marks a refusal that a newer token may mend.
var errTokenRefused = errors.New("the token was refused")

// TokenRefused reports whether the token itself was refused, an ID token by AWS or an access token by Identity Center, so
// that refreshing it once and asking again is worth it.
func TokenRefused(err error) bool { return errors.Is(err, errTokenRefused) }

func tokenFault(code ui.Code, hint, format string, args ...any) error {
	return ui.Fault(code, hint, "%w: %w", errTokenRefused, fmt.Errorf(format, args...))
}

// passing reports whether the same request may succeed in a moment.
func passing(err error) bool {
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
	whom, what string // "STS", "role arn:…"
	moved      string // the variable that moves the service
	region     string
	// own explains the errors that mean something of their own in this call, by codeOf; nil for all others.
	own func(code, said string) error
	// hint goes with an error that nobody knows.
	hint string
}

// askingSTS is a question to STS.
func askingSTS(what, region string) question {
	return question{whom: "STS", what: what, moved: "AWS_ENDPOINT_URL_STS", region: region}
}

func (q question) doing() string { return "asking " + q.whom + " for " + q.what }

// noAnswer is for an answer that is not the service's.
func (q question) noAnswer(format string, args ...any) error {
	return ui.Fault(ui.Failed, "that is no answer of "+q.whom+": check "+q.moved+" and the proxy", format, args...)
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
		return ui.Fault(ui.Failed, "dbxaccess map check\ndbxaccess map policy ROLE shows what was sent", "AWS can't read the session policy for %s: %s", q.what, said)
	case "PackedPolicyTooLarge":
		return ui.Fault(ui.Failed, "give the role fewer datasets or tags in the access map, or narrow this call with --scope DATASET",
			"the session policy and tags for %s are too large once packed: %s", q.what, said)
	case "RegionDisabled":
		return ui.Fault(ui.Failed, "an administrator must activate STS in that region (IAM console, account settings), or the map must name another `region`",
			"STS is not active in region %s for this account: %s", q.region, said)
	case "Throttling", "RequestLimitExceeded", "TooManyRequests":
		return ui.Fault(ui.Failed, "try again in a minute", "AWS is throttling requests for %s: %s", q.what, said)
	case "ExpiredToken":
		return ui.Fault(ui.Failed, "try again: new ones are taken on the way; credentials in the environment must be replaced there",
			"the credentials that were to ask for %s have ended: %s", q.what, said)
	case "InvalidClientTokenId", "UnrecognizedClient":
		return ui.Fault(ui.Refused, "the access key may be of another partition or revoked, or the region "+q.region+" is one that its account has not enabled",
			"AWS does not know the credentials that were to ask for %s: %s", q.what, said)
	case "SignatureDoesNotMatch", "InvalidSignature", "RequestExpired", "RequestInTheFuture", "RequestTimeTooSkewed":
		return ui.Fault(ui.Failed, clockHint(err), "AWS does not accept the signature of the request for %s: %s", q.what, said)
	case "AccessDenied":
		return ui.Fault(ui.Refused, q.hint, "AWS refuses %s: %s", q.what, said)
	}
	return ui.Fault(ui.Failed, q.hint, "STS refuses %s with %s: %s", q.what, ui.Clean(apiErr.ErrorCode()), said)
}

// clockHint says what AWS's clock shows beside this machine's: a clock that is minutes off is why signatures are refused.
func clockHint(err error) string {
	hint := "set this machine's clock, it is the usual cause"
	if resp, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && resp.Response != nil && resp.Response.Response != nil {
		if date, err := http.ParseTime(resp.Response.Header.Get("Date")); err == nil {
			hint += ": AWS says that it is " + date.UTC().Format(time.RFC3339)
		}
	}
	return hint + "\nelse the secret access key does not belong to the access key id"
}

func (q question) explainTransport(err error) error {
	if resp, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && resp.HTTPStatusCode() != 0 {
		return ui.Fault(ui.Failed, "that is no answer of "+q.whom+": check "+q.moved+", the proxy and the region "+q.region,
			"%s: an answer with status %d that can't be read", q.doing(), resp.HTTPStatusCode())
	}
	if sent, ok := errors.AsType[*smithyhttp.RequestSendError](err); ok {
		err = sent.Err
	}
	return httpclient.Explain(q.doing(), err)
}
