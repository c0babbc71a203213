package center

import (
	"cmp"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/issuer"
)

// errorTypeHeader is where AWS's JSON services name an error.
const errorTypeHeader = "X-Amzn-Errortype"

// readJSON reads the body of a request to the OpenID Connect service into the request's form: texts, and lists of texts, as
// more than one value. A null is no member, and one of another type is refused.
func readJSON(r *http.Request, body []byte) (status int, why string) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return http.StatusUnsupportedMediaType, "not JSON"
	}
	if r.Header.Get("Authorization") != "" {
		return http.StatusBadRequest, "signed with other credentials"
	}
	var members map[string]issuer.Texts
	if err := json.Unmarshal(body, &members); err != nil || members == nil {
		return http.StatusBadRequest, "the body is no JSON object of texts and lists of texts"
	}
	r.PostForm = url.Values{}
	for name, texts := range members {
		if texts != nil {
			r.PostForm[name] = texts
		}
	}
	return 0, ""
}

func refuseBody(_ *http.Request, body []byte) (status int, why string) {
	if len(body) > 0 {
		return http.StatusBadRequest, "a body where none belongs"
	}
	return 0, ""
}

// refuse answers with an error that no orderly client meets, and records that this one did.
func (c *Center) refuse(r *http.Request, code, why string) *harness.Reply {
	c.h.Unexpectedf("%s %s: %s: %s", r.Method, r.URL.Path, code, why)
	return oidcError(code, why)
}

// oidcError is an error of the OpenID Connect service: OAuth's code in the body, AWS's in a header.
func oidcError(code, description string) *harness.Reply {
	fields := map[string]any{"error": oauthCode(code), "error_description": description}
	if description == "" {
		fields["error_description"] = nil
	}
	return coded(code, fields)
}

// coded is an error answer of either service, with the status that belongs to its code.
func coded(code string, fields map[string]any) *harness.Reply {
	status := map[string]int{
		"InvalidClientException":    http.StatusUnauthorized,
		"UnauthorizedException":     http.StatusUnauthorized,
		"ForbiddenException":        http.StatusForbidden,
		"ResourceNotFoundException": http.StatusNotFound,
		"TooManyRequestsException":  http.StatusTooManyRequests,
		"InternalServerException":   http.StatusInternalServerError,
	}[code]
	a := harness.JSON(cmp.Or(status, http.StatusBadRequest), fields)
	a.Header.Set(errorTypeHeader, code)
	return a
}

var capital = regexp.MustCompile(`[A-Z]`)

// oauthCode is OAuth's name for one of AWS's errors: AccessDeniedException is access_denied. That of an expired device code
// is expired_token, as AWS has it too.
func oauthCode(code string) string {
	if code == "InternalServerException" {
		return "server_error"
	}
	return strings.ToLower(strings.TrimPrefix(capital.ReplaceAllString(strings.TrimSuffix(code, "Exception"), "_$0"), "_"))
}
