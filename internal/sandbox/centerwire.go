package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// errorTypeHeader is where AWS's JSON services name an error.
const errorTypeHeader = "X-Amzn-Errortype"

// checkJSON reads the body of a request to Identity Center's OpenID Connect service into the request's form: texts, and
// lists of texts, as more than one value. A member twice, or of another type, is refused.
func (s *Server) checkJSON(found route, r *http.Request, body []byte, refuse func(int, string) (route, *reply)) (route, *reply) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return refuse(http.StatusUnsupportedMediaType, "not JSON")
	}
	if r.Header.Get("Authorization") != "" {
		return refuse(http.StatusBadRequest, "signed with other credentials")
	}
	if r.PostForm, err = readMembers(body); err != nil {
		return refuse(http.StatusBadRequest, err.Error())
	}
	return found, nil
}

// readMembers reads a JSON object of texts and lists of texts. A null is no member.
func readMembers(body []byte) (url.Values, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil, errors.New("the body is no JSON object")
	}
	members := url.Values{}
	seen := map[string]bool{}
	for decoder.More() {
		token, err := decoder.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return nil, errors.New("the body is no JSON object")
		}
		if seen[name] {
			return nil, fmt.Errorf("member %q twice", name)
		}
		seen[name] = true
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, errors.New("the body is no JSON object")
		}
		if string(value) == "null" {
			continue
		}
		var texts audience // a text, or a list of them
		if err := json.Unmarshal(value, &texts); err != nil {
			return nil, fmt.Errorf("member %q is neither a text nor a list of texts", name)
		}
		members[name] = texts
	}
	if _, err := decoder.Token(); err != nil {
		return nil, errors.New("the body is no JSON object")
	}
	if decoder.More() {
		return nil, errors.New("something follows the JSON object")
	}
	return members, nil
}

// refuseCenter answers with an error that no orderly client meets, and records that this one did.
func (s *Server) refuseCenter(r *http.Request, code, why string) reply {
	s.unexpectedf("%s %s: %s: %s", r.Method, r.URL.Path, code, why)
	return centerOIDCError(code, why)
}

// centerOIDCError is an error of Identity Center's OpenID Connect service: OAuth's code in the body, AWS's in a header.
func centerOIDCError(code, description string) reply {
	status := http.StatusBadRequest
	switch code {
	case "InvalidClientException":
		status = http.StatusUnauthorized
	case "TooManyRequestsException":
		status = http.StatusTooManyRequests
	case "InternalServerException":
		status = http.StatusInternalServerError
	}
	fields := map[string]any{"error": oauthCode(code), "error_description": description}
	if description == "" {
		fields["error_description"] = nil
	}
	a := jsonReply(status, fields)
	a.header.Set(errorTypeHeader, code)
	return a
}

// oauthCode is OAuth's name for one of AWS's errors: AccessDeniedException is access_denied. That of an expired device code
// is expired_token, as AWS has it too.
func oauthCode(code string) string {
	if code == "InternalServerException" {
		return "server_error"
	}
	var name strings.Builder
	for i, letter := range strings.TrimSuffix(code, "Exception") {
		if i > 0 && letter >= 'A' && letter <= 'Z' {
			name.WriteByte('_')
		}
		name.WriteRune(letter)
	}
	return strings.ToLower(name.String())
}
