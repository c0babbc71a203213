package harness

import (
	"maps"
	"net/http"
	"slices"
	"time"
)

// Always is the Times of a fault that hits every request.
const Always = -1

// Fault makes answers of one endpoint go wrong. Where nothing but delays, headers or changed fields are asked for, the
// request is performed and its answer changed; Status, Body, Error and Redirect stand in the place of performing it. As JSON,
// of which unknown members are refused, durations are texts such as "30s".
type Fault struct {
	Endpoint Endpoint `json:"endpoint"`
	// Times is how many requests are hit: 0 means one, Always all. Faults of one endpoint are used up in their order.
	Times int `json:"times"`

	// Delay is waited before the request is looked at.
	Delay time.Duration `json:"delay"`

	// Perform does what was asked (a refresh token is rotated) although the answer tells otherwise. With a Status and
	// no Body, Error or Redirect, the true body is sent with that status.
	Perform bool `json:"perform"`
	// Drop does what was asked, then closes the connection without an answer.
	Drop bool `json:"drop"`

	// Error is an error code in the endpoint's own form: JSON of RFC 6749, AWS's XML or JSON or Databricks' JSON with the
	// status that belongs to the code, or for the console, which has no codes, a page. Message describes it.
	Error   string `json:"error"`
	Message string `json:"message"`
	// Redirect answers 307 with this Location.
	Redirect string `json:"redirect"`
	// Status, ContentType, Body and Header replace those of the answer.
	Status      int         `json:"status"`
	ContentType string      `json:"content_type"`
	Body        string      `json:"body"`
	Header      http.Header `json:"header"`
	// Fields replaces fields of the answer; a nil value takes a field away. For STS these are the elements of the
	// credentials (AccessKeyId, SecretAccessKey, SessionToken, Expiration) and their siblings.
	Fields map[string]any `json:"fields"`
	// Mutate changes the fields of the answer after Fields was applied. It must not call methods of the server.
	Mutate func(fields map[string]any) `json:"-"`
}

// UnmarshalJSON reads a fault as a script writes it: {"endpoint":"token/refresh_token","error":"invalid_grant","times":2}.
func (f *Fault) UnmarshalJSON(data []byte) error {
	type plain Fault
	if err := unmarshal(data, (*plain)(f)); err != nil {
		return err
	}
	return oneOf(f.Endpoint, endpoints())
}

// Inject lets faults lie in wait.
func (h *Harness) Inject(faults ...Fault) {
	h.Lock()
	defer h.Unlock()
	for _, f := range faults {
		if f.Times == 0 {
			f.Times = 1
		}
		h.faults = append(h.faults, &f)
	}
}

// takeFault returns the first fault for one of the names, or a Fault that does nothing. The lock must be held.
func (h *Harness) takeFault(names []Endpoint) Fault {
	i := slices.IndexFunc(h.faults, func(f *Fault) bool { return slices.Contains(names, f.Endpoint) })
	if i < 0 {
		return Fault{}
	}
	f := h.faults[i]
	if f.Times != Always {
		if f.Times--; f.Times == 0 {
			h.faults = slices.Delete(h.faults, i, i+1)
		}
	}
	return *f
}

// performs reports whether the request is carried out.
func (f *Fault) performs() bool {
	replaced := f.Status != 0 || f.Body != "" || f.Error != "" || f.Redirect != ""
	return f.Perform || f.Drop || f.Fields != nil || f.Mutate != nil || !replaced
}

// apply changes an answer, or makes one where the request was not performed.
func (f *Fault) apply(a *Reply, route Route) *Reply {
	switch {
	case f.Error != "" && route.Error == nil:
		a = OAuthError(f.Error, f.Message)
	case f.Error != "":
		a = route.Error(f.Error, f.Message)
	case f.Redirect != "":
		a = &Reply{Status: http.StatusTemporaryRedirect, Header: http.Header{"Location": {f.Redirect}}}
	}
	if a.Status == 0 {
		a.Status = http.StatusOK
	}
	if a.Fields != nil {
		Overlay(a.Fields, f.Fields)
		if f.Mutate != nil {
			f.Mutate(a.Fields)
		}
	}
	if f.Status != 0 {
		a.Status = f.Status
	}
	if f.ContentType != "" {
		a.ContentType = f.ContentType
	}
	if f.Body != "" {
		a.Body, a.Fields = []byte(f.Body), nil
	}
	if len(f.Header) > 0 {
		if a.Header == nil {
			a.Header = http.Header{}
		}
		maps.Copy(a.Header, f.Header)
	}
	return a
}
