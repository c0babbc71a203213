package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// reply is an answer before it is written, so that a fault can change it.
type reply struct {
	status      int
	contentType string
	header      http.Header
	body        []byte

	// fields, where not nil, become the body when encode is called: the answers that faults can change field by field.
	fields map[string]any
	encode func(fields map[string]any) ([]byte, error)
}

// jsonReply is an answer of a provider's machine endpoints. RFC 6749 5.1 and RFC 8628 3.2 want them uncached.
func jsonReply(status int, fields map[string]any) reply {
	return reply{
		status:      status,
		contentType: "application/json",
		header:      http.Header{"Cache-Control": {"no-store"}},
		fields:      fields,
		encode:      func(fields map[string]any) ([]byte, error) { return json.Marshal(fields) },
	}
}

// oauthError is an error answer of RFC 6749 5.2.
func oauthError(code, description string) reply {
	fields := map[string]any{"error": code}
	if description != "" {
		fields["error_description"] = description
	}
	return jsonReply(statusOfOAuth(code), fields)
}

func statusOfOAuth(code string) int {
	if code == errInvalidClient {
		return http.StatusUnauthorized
	}
	return http.StatusBadRequest
}

func textReply(status int, text string) reply {
	return reply{status: status, contentType: "text/plain; charset=utf-8", body: []byte(text + "\n")}
}

// failure tells of a fault of the sandbox itself, such as a behaviour that can't be had.
func (s *Server) failure(err error) reply {
	s.unexpectedf("the sandbox itself: %v", err)
	return textReply(http.StatusInternalServerError, "the sandbox can't answer: "+err.Error())
}

// finish makes the body of the fields.
func (a *reply) finish() error {
	if a.fields == nil {
		return nil
	}
	body, err := a.encode(a.fields)
	if err != nil {
		return fmt.Errorf("encoding the answer: %w", err)
	}
	a.body, a.fields = body, nil
	return nil
}
