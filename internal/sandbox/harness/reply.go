package harness

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// Reply is an answer before it is written, so that a fault can change it.
type Reply struct {
	Status      int
	ContentType string
	Header      http.Header
	Body        []byte

	// Fields, where not nil, become the body by Encode: the answers that faults can change field by field.
	Fields map[string]any
	Encode func(fields map[string]any) ([]byte, error)
}

// JSON is an answer of a provider's machine endpoints. RFC 6749 5.1 and RFC 8628 3.2 want them uncached.
func JSON(status int, fields map[string]any) *Reply {
	return &Reply{
		Status:      status,
		ContentType: "application/json",
		Header:      http.Header{"Cache-Control": {"no-store"}},
		Fields:      fields,
		Encode:      func(fields map[string]any) ([]byte, error) { return json.Marshal(fields) },
	}
}

// OAuthError is an error answer of RFC 6749 5.2.
func OAuthError(code, description string) *Reply {
	fields := map[string]any{"error": code}
	if description != "" {
		fields["error_description"] = description
	}
	return JSON(OAuthStatus(code), fields)
}

// OAuthStatus is the status that RFC 6749 5.2 has for an error code.
func OAuthStatus(code string) int {
	if code == "invalid_client" {
		return http.StatusUnauthorized
	}
	return http.StatusBadRequest
}

// Text is an answer in plain text.
func Text(status int, text string) *Reply {
	return &Reply{Status: status, ContentType: "text/plain; charset=utf-8", Body: []byte(text + "\n")}
}

// SeeOther sends a browser elsewhere.
func SeeOther(address string) *Reply {
	return &Reply{Status: http.StatusSeeOther, Header: http.Header{"Location": {address}, "Cache-Control": {"no-store"}}}
}

// Confined is the header of a page that must not reach beyond itself. Chromium applies form-action to the redirect after a
// form too, so the browser flow's way back to the client must be in it.
func Confined() http.Header {
	return http.Header{
		"Content-Security-Policy": {"default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; " +
			"frame-ancestors 'none'; form-action 'self' http://127.0.0.1:* http://localhost:*"},
		"Cache-Control":          {"no-store"},
		"Referrer-Policy":        {"same-origin"},
		"X-Content-Type-Options": {"nosniff"},
	}
}

// Failure tells of a fault of the sandbox itself, such as a behaviour that can't be had. The lock must be held.
func (h *Harness) Failure(err error) *Reply {
	h.Unexpectedf("the sandbox itself: %v", err)
	return Text(http.StatusInternalServerError, "the sandbox can't answer: "+err.Error())
}

// finish makes the body of the fields.
func (a *Reply) finish() error {
	if a.Fields == nil {
		return nil
	}
	body, err := a.Encode(a.Fields)
	if err != nil {
		return fmt.Errorf("encoding the answer: %w", err)
	}
	a.Body, a.Fields = body, nil
	return nil
}

// Overlay lays fields over others; a nil value takes a field away.
func Overlay(fields, over map[string]any) {
	for name, value := range over {
		if value == nil {
			delete(fields, name)
			continue
		}
		fields[name] = value
	}
}
