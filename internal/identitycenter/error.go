package identitycenter

import (
	"cmp"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
)

// Error is a refusal by the service. Its texts are cleaned and hold no secret that was sent.
type Error struct {
	Operation   string // as the API reference calls it: CreateToken, GetRoleCredentials
	Code        string // as the API reference calls it, as in AuthorizationPendingException
	Description string
	Status      int           // of HTTP
	RetryAfter  time.Duration // what the service asks for; 0 for nothing
}

func (e *Error) Error() string {
	text := e.Operation + " of IAM Identity Center: " + e.Code
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
// link behind : around it; else OAuth's own code in error. A proxy's or a gateway's page has neither, nor has its JSON.
func (in call) refusal(a *httpclient.Answer, now time.Time) *Error {
	code := cmp.Or(a.Header.Get("X-Amzn-Errortype"), a.Text("__type"))
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

// oauth are the codes of RFC 6749 section 5.2 and RFC 8628 section 3.5. Any other word in error may be anybody's.
const oauth = " invalid_request invalid_client invalid_grant unauthorized_client unsupported_grant_type invalid_scope " +
	"authorization_pending slow_down access_denied expired_token "

// exception gives OAuth's code the API's name: access_denied is AccessDeniedException. "" for all that is none.
func exception(code string) string {
	if !strings.Contains(oauth, " "+code+" ") {
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
