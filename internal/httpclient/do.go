package httpclient

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Answer is what a server sent back, read to its end. A refusal is an answer too.
type Answer struct {
	// Object is nil unless the body is a JSON object. The content type does not matter: some servers send JSON as text.
	Object
	Status int
	Header http.Header
	Body   []byte

	asked   Asked
	host    string // that was asked, with the port if any
	secrets *strings.Replacer
}

// RequestID is what the server calls the request that this answers, cleaned and cut; "" if it does not say.
func (a *Answer) RequestID() string { return requestID(a.Header) }

// Do sends a request with a client of this package and reads the answer. The error is that of Explain; Lost and Permanent
// say more about it, as of that of NoAnswer. The client's time limit is one of Awake. secrets are those in the request's
// body and path: Shown removes them, and whatever was in its headers, from an answer that repeats them.
func Do(client *http.Client, asked Asked, r *http.Request, secrets ...secret.String) (*Answer, error) {
	var sent atomic.Bool
	ctx := r.Context()
	if client.Timeout > 0 {
		var cancel func()
		ctx, cancel = Awake(ctx, client.Timeout)
		defer cancel()
		unlimited := *client
		unlimited.Timeout = 0
		client = &unlimited
	}
	r = r.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }}))
	a := &Answer{asked: asked, host: ui.Cut(r.URL.Host, 253), secrets: secret.Redactor(append(inHeaders(r), secrets...)...)}
	if err := a.read(client, r); err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err
		}
		if cause := context.Cause(ctx); errors.Is(cause, context.DeadlineExceeded) {
			if proxy, ok := errors.AsType[*ProxyError](err); ok {
				proxy.Err = cause
			} else {
				err = cause
			}
		}
		if e, ok := errors.AsType[*RedirectError](err); ok {
			e.Target = a.secrets.Replace(e.Target)
		}
		if sent.Load() && !Permanent(err) {
			err = lostError{err}
		}
		return nil, explain(asked.Doing, a.host, asked.Named, err)
	}
	a.Object, _ = ParseObject(a.Body)
	return a, nil
}

// inHeaders are the values of a request's headers, word by word, but for those that hold no secret: a header that is
// added one day counts as one that does.
func inHeaders(r *http.Request) []secret.String {
	var all []secret.String
	for name, values := range r.Header {
		switch name {
		case "Accept", "Cache-Control", "Content-Type", "If-Modified-Since", "If-None-Match", "User-Agent", "X-Amz-Account-Id", "X-Amz-Content-Sha256", "X-Amz-Date",
			"X-Amz-Expected-Bucket-Owner", "X-Amz-Target":
			continue
		}
		for _, value := range values {
			all = append(all, secret.New(value))
			for word := range strings.FieldsSeq(value) {
				all = append(all, secret.New(word))
			}
		}
	}
	return all
}

func (a *Answer) read(client *http.Client, r *http.Request) error {
	resp, err := client.Do(r) //nolint:gosec // the caller has checked the address
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	a.Status, a.Header = resp.StatusCode, resp.Header
	a.Body, err = io.ReadAll(resp.Body)
	return err
}

// OK reports success: a status from 200 to 299.
func (a *Answer) OK() bool { return a.Status >= 200 && a.Status <= 299 }

// RetryAfter is for how long the server asks to be left alone, in seconds or until a date (RFC 9110 section 10.2.3); 0
// where it doesn't say.
func (a *Answer) RetryAfter(now time.Time) time.Duration {
	value := a.Header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(0, date.Sub(now.Round(0)))
	}
	return 0
}

// Shown is a text of the answer as a person may see it: without the request's secrets and the white space around it,
// cleaned of control characters, and cut to so many runes.
func (a *Answer) Shown(text string, runes int) string {
	if a.secrets != nil {
		text = a.secrets.Replace(text)
	}
	return ui.Cut(strings.TrimSpace(ui.Clean(text)), runes)
}

// Busy reports whether a status says "later" rather than "no": too many requests, or a fault of the server or of a
// gateway.
func Busy(status int) bool { return status == http.StatusTooManyRequests || status >= 500 }
