package live

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Service is one of AWS's, asked about an account.
type Service struct {
	Name, Account string
	By            string // whose credentials it is asked with, for people
	Less          string // what may be named to ask for less, as in "the roles"
}

// Doing is what is done there, in words.
func (s Service) Doing() string { return "asking " + s.Name + " of account " + s.Account }

// Answer is what AWS says of a single request: that something is not there, or not to be read.
type Answer struct{ Code, Said string }

// Explain reports whether the same request may succeed in a moment, and has the error that ends the reading; nil where AWS has given an Answer.
// https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
func (s Service) Explain(err error) (transient bool, a Answer, explained error) {
	apiErr, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		if sent, ok := errors.AsType[*ui.Error](err); ok {
			return false, a, sent // by httpclient.SDK
		}
		return false, a, httpclient.Explain(s.Doing(), err)
	}
	a = Answer{apiErr.ErrorCode(), ui.Cut(ui.Clean(apiErr.ErrorMessage()), 600)}
	status := 0
	if answered, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		status = answered.HTTPStatusCode()
	}
	switch code := strings.TrimSuffix(a.Code, "Exception"); {
	case slices.Contains(throttles, code), status == http.StatusTooManyRequests:
		return true, a, ui.Errorf("aws-throttles", ui.Failed, "AWS is throttling requests to %s of account %s: %s", s.Name, s.Account, a.Said).
			With(ui.Advice("try again in a minute, or name " + s.Less + " to look at"))
	case slices.Contains(outages, code), status >= http.StatusInternalServerError:
		return true, a, ui.Errorf("aws-unavailable", ui.Failed, "%s can't answer for account %s now: %s", s.Name, s.Account, a.Said).
			With(ui.Advice("AWS has an outage: nothing is wrong with the access map; try again in a minute"))
	case slices.Contains(badCredentials, code):
		return false, a, ui.Errorf("aws-credentials-refused", ui.Refused, "%s of account %s does not take the credentials of %s (%s): %s", s.Name, s.Account, s.By, a.Code, a.Said).
			With(ui.Advice("take new ones and try again; if they are new, check this machine's clock"))
	}
	return false, a, nil
}

// What services call the same thing, without "Exception" behind it.
var (
	throttles      = []string{"Throttling", "Throttled", "SlowDown", "RequestLimitExceeded", "TooManyRequests"}
	outages        = []string{"ServiceFailure", "ServiceUnavailable", "InternalFailure", "ServiceNotAvailable"}
	badCredentials = []string{
		"ExpiredToken", "InvalidClientTokenId", "InvalidAccessKeyId", "UnrecognizedClient", "SignatureDoesNotMatch", "InvalidSignature", "IncompleteSignature",
		"MissingAuthenticationToken", "InvalidToken",
	}
)
