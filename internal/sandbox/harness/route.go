package harness

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"mime"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// MaxRequest bounds a request's body in bytes: two ID tokens of the greatest length that STS takes.
const MaxRequest = 64 << 10

// Route is what can be asked: one path, one method.
type Route struct {
	Endpoint Endpoint
	Method   string
	Path     string // a segment in braces, or a part of it, stands for any; {name...} at the end stands for several
	// Answer is called with the lock held and the form parsed.
	Answer func(*http.Request) *Reply

	// Detail is what requests to the endpoint are counted by beside: its action, its grant; nil: by nothing.
	Detail func(*http.Request) string
	// Error is an answer with an error code in the endpoint's own form, for faults; nil: that of RFC 6749 5.2.
	Error func(code, message string) *Reply
	// Body reads the body of a request and says what is wrong with it, if anything; nil: that of a POST request must be a form, and
	// those of others are not looked at.
	Body func(r *http.Request, body []byte) (status int, why string)
	// Query: a POST request may have parameters in its URL.
	Query bool
}

// matches compares a request's path. What stands for braces is the request's PathValue from then on.
func (c Route) matches(r *http.Request) bool {
	if !strings.Contains(c.Path, "{") {
		return c.Path == r.URL.Path
	}
	if before, rest, several := strings.Cut(c.Path, "...}"); several && rest == "" {
		before, name, _ := strings.Cut(before, "{")
		value, begins := strings.CutPrefix(r.URL.Path, before)
		r.SetPathValue(name, value)
		return begins && value != ""
	}
	pattern, path := strings.Split(c.Path, "/"), strings.Split(r.URL.Path, "/")
	if len(pattern) != len(path) {
		return false
	}
	for i, segment := range pattern {
		before, rest, braces := strings.Cut(segment, "{")
		if !braces {
			if segment != path[i] {
				return false
			}
			continue
		}
		name, after, _ := strings.Cut(rest, "}")
		value, begins := strings.CutPrefix(path[i], before)
		value, ends := strings.CutSuffix(value, after)
		if !begins || !ends || value == "" {
			return false
		}
		r.SetPathValue(name, value)
	}
	return true
}

// ServeHTTP implements http.Handler.
func (h *Harness) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, MaxRequest)
	h.Lock()
	w.Header().Set("Date", h.Clock().UTC().Format(http.TimeFormat))
	h.Unlock()
	route, status, why := h.find(r)
	if status != 0 {
		write(w, Text(status, why))
		return
	}
	fault := h.begin(route, r)
	pause(r.Context(), fault.Delay)
	answer := h.answer(route, r, fault)
	if fault.Drop {
		panic(http.ErrAbortHandler)
	}
	write(w, answer)
}

// find returns the route of a request, or what to tell the sender of one that nobody should have sent.
func (h *Harness) find(r *http.Request) (route Route, status int, why string) {
	if r.Method == http.MethodGet && r.URL.Path == "/favicon.ico" {
		return Route{}, http.StatusNotFound, "no icon" // Browsers ask by themselves.
	}
	if route, status, why = h.route(r); status == 0 && (r.Method == http.MethodPost || route.Body != nil) {
		status, why = checkBody(route, r)
	}
	if status != 0 {
		h.Lock()
		defer h.Unlock()
		h.Unexpectedf("%s %s: %s", r.Method, r.URL.Path, why)
	}
	return route, status, why
}

func (h *Harness) route(r *http.Request) (route Route, status int, why string) {
	// A web page elsewhere may have its own name resolve to 127.0.0.1; the Host header gives that away.
	_, port, _ := net.SplitHostPort(h.address)
	if r.Host != h.address && r.Host != net.JoinHostPort("localhost", port) {
		return Route{}, http.StatusMisdirectedRequest, "another server's Host header"
	}
	var allowed []string
	for _, candidate := range h.routes {
		if !candidate.matches(r) {
			continue
		}
		if candidate.Method == r.Method {
			return candidate, 0, ""
		}
		allowed = append(allowed, candidate.Method)
	}
	if allowed != nil {
		return Route{}, http.StatusMethodNotAllowed, "only " + strings.Join(allowed, " and ") + " here"
	}
	return Route{}, http.StatusNotFound, "unknown path"
}

// checkBody reads the body of a request and refuses what would be misread, and parameters in its URL, where nothing
// secret may be. What was read is in r.PostForm, and r.Body can be read once more: signatures are over it.
func checkBody(route Route, r *http.Request) (status int, why string) {
	if r.URL.RawQuery != "" && r.Method == http.MethodPost && !route.Query {
		return http.StatusBadRequest, "parameters in the URL of a POST request"
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return http.StatusBadRequest, "the body can't be read"
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	defer func() { r.Body = io.NopCloser(bytes.NewReader(body)) }()
	if route.Body != nil {
		return route.Body(r, body)
	}
	// RFC 6749 3.2 wants form encoding, and no parameter twice.
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/x-www-form-urlencoded" {
		return http.StatusUnsupportedMediaType, "not form encoded"
	}
	if err := r.ParseForm(); err != nil {
		return http.StatusBadRequest, "the form can't be read"
	}
	if name, twice := Twice(r.PostForm); twice {
		return http.StatusBadRequest, fmt.Sprintf("parameter %q twice", name)
	}
	return 0, ""
}

// Twice names the first parameter that is there more than once.
func Twice(parameters map[string][]string) (name string, twice bool) {
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		if len(parameters[name]) > 1 {
			return name, true
		}
	}
	return "", false
}

// begin counts a request and takes the fault that lies in wait for it, if any.
func (h *Harness) begin(route Route, r *http.Request) Fault {
	names := []Endpoint{route.Endpoint}
	if route.Detail != nil {
		if name := route.Endpoint + "/" + Endpoint(route.Detail(r)); slices.Contains(endpoints(), name) {
			names = append(names, name)
		}
	}
	h.Lock()
	defer h.Unlock()
	for _, name := range names {
		h.calls[name]++
	}
	return h.takeFault(names)
}

// answer performs a request unless the fault's answer stands for it.
func (h *Harness) answer(route Route, r *http.Request, fault Fault) *Reply {
	a := &Reply{}
	if fault.performs() {
		h.Lock()
		a = route.Answer(r)
		h.Unlock()
	}
	a = fault.apply(a, route)
	if err := a.finish(); err != nil {
		return Text(http.StatusInternalServerError, err.Error())
	}
	return a
}

// pause waits. If the client goes or the sandbox is closed meanwhile, it ends the connection without an answer, in the
// way that net/http has for it: returning would send an empty one.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		panic(http.ErrAbortHandler)
	}
}

func write(w http.ResponseWriter, a *Reply) {
	maps.Copy(w.Header(), a.Header)
	if a.ContentType != "" {
		w.Header().Set("Content-Type", a.ContentType)
	}
	w.WriteHeader(a.Status)
	// A client that went away is not the sandbox's concern.
	_, _ = w.Write(a.Body) //nolint:gosec // Pages are made by html/template; what a fault has in them is the test's.
}
