package identitycenter

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Error is an answer that is not the one that was asked for. Its texts are cleaned and hold no secret that was sent.
type Error struct {
	Operation   string // as the API reference calls it: CreateToken, GetRoleCredentials
	Code        string // as the API reference calls it, as in AuthorizationPendingException; "" where the answer is not the service's
	Description string
	Status      int           // of HTTP
	RetryAfter  time.Duration // what the service asks for; 0 for nothing
}

func (e *Error) Error() string {
	text := e.Operation + " of IAM Identity Center: "
	if e.Code == "" {
		text += fmt.Sprintf("an answer with status %d %s that is not the service's", e.Status, http.StatusText(e.Status))
	} else {
		text += e.Code
	}
	if e.Description != "" {
		text += ": " + e.Description
	}
	return text
}

// Transient reports whether the same request may succeed in a moment: throttling, and faults of the service or of a
// gateway. The codes of polling (AuthorizationPendingException, SlowDownException) are none of these.
func (e *Error) Transient() bool {
	switch e.Code {
	case "TooManyRequestsException", "ThrottlingException", "InternalServerException", "ServiceUnavailableException":
		return true
	}
	return httpclient.Busy(e.Status)
}

const (
	maxCode        = 100 // runes
	maxDescription = 600
)

// refusal reads an error as the services send it: the code in a header or in __type, with a name space before # and a
// link behind : around it; else OAuth's own code in error (RFC 6749 section 5.2). A gateway's page has neither.
func (in call) refusal(a *httpclient.Answer, now time.Time) *Error {
	code := cmp.Or(a.Header.Get("X-Amzn-Errortype"), a.Text("__type"), a.Text("code"))
	code, _, _ = strings.Cut(code, ":")
	if _, name, found := strings.Cut(code, "#"); found {
		code = name
	}
	if code == "" {
		code = exception(a.Text("error"))
	}
	return &Error{
		Operation:   in.operation,
		Code:        a.Shown(code, maxCode),
		Description: a.Shown(cmp.Or(a.Text("error_description"), a.Text("message"), a.Text("Message")), maxDescription),
		Status:      a.Status,
		RetryAfter:  a.RetryAfter(now),
	}
}

// exception gives OAuth's code the API's name: access_denied is AccessDeniedException. "" stays "".
func exception(code string) string {
	if code == "" {
		return ""
	}
	var name strings.Builder
	for word := range strings.SplitSeq(code, "_") {
		if word != "" {
			name.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return name.String() + "Exception"
}

// incomplete is for an answer of the service that lacks what it is there for.
func incomplete(in call) error {
	return ui.Errorf("identity-center-unknown-answer", ui.Failed, "IAM Identity Center answered %s without what was asked for", in.operation).
		With(ui.Advice("that is no answer of IAM Identity Center: check " + in.service.variable + " and the proxy, then try again"))
}
