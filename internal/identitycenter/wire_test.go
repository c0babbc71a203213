package identitycenter

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	region   = "us-east-1"
	startURL = "https://acme.awsapps.com/start"
	canary   = "canary-of-a-secret"
)

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// asked is what a server was sent.
type asked struct {
	line, bearer, body string // "GET /path?query"
}

// record keeps what a server was sent. A connection that is cut orders nothing between server and client, so it locks.
type record struct {
	mu  sync.Mutex
	got []asked
}

func (r *record) add(a asked) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, a)
	return len(r.got)
}

func (r *record) all() []asked {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

// double answers every request with the next of the given handlers, the last one for good.
type double struct {
	*testing.T
	record

	handlers []http.HandlerFunc
	at       []time.Time // when requests came
}

func (d *double) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			d.Error(err)
		}
	}
	if r.Header.Get("Authorization") != "" || r.Header.Get("Cookie") != "" {
		d.Errorf("nothing is signed here: %v", r.Header)
	}
	if len(body) > 0 && r.Header.Get("Content-Type") != "application/json" {
		d.Errorf("a body of type %q", r.Header.Get("Content-Type"))
	}
	n := d.add(asked{r.Method + " " + r.URL.RequestURI(), r.Header.Get("x-amz-sso_bearer_token"), string(body)})
	d.handlers[min(n, len(d.handlers))-1](w, r)
}

func (d *double) RoundTrip(r *http.Request) (*http.Response, error) {
	d.at = append(d.at, time.Now())
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Result(), nil
}

func server(t *testing.T, handlers ...http.HandlerFunc) (*Client, *record) {
	t.Helper()
	d := &double{T: t, handlers: handlers}
	srv := httptest.NewServer(d)
	t.Cleanup(srv.Close)
	return &Client{
		HTTP:         httpclient.New(httpclient.Options{Timeout: 5 * time.Second}),
		OIDCEndpoint: srv.URL, PortalEndpoint: srv.URL + "/",
		Now: func() time.Time { return now },
	}, &d.record
}

// atOnce has no network, so that under synctest no time passes but in pauses.
func atOnce(t *testing.T, handlers ...http.HandlerFunc) (*Client, *double) {
	t.Helper()
	d := &double{T: t, handlers: handlers}
	return &Client{HTTP: &http.Client{Transport: d}, Now: func() time.Time { return now }}, d
}

func say(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func TestErrorsAreReadAsTheServicesSendThem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		handler           http.HandlerFunc
		code, description string
		transient         bool
	}{
		"header": {say(400, `{"error":"authorization_pending","error_description":"wait"}`, "x-amzn-ErrorType", "AuthorizationPendingException"),
			"AuthorizationPendingException", "wait", false},
		"header with a link": {say(400, `{"message":"m"}`, "x-amzn-ErrorType", "SlowDownException:http://internal.amazon.com/coral/x/"),
			"SlowDownException", "m", false},
		"__type with a name space": {say(403, `{"message":"No access","__type":"com.amazonaws.switchboard.portal#ForbiddenException"}`),
			"ForbiddenException", "No access", false},
		"OAuth's own code": {say(400, `{"error":"expired_token","error_description":""}`), "ExpiredTokenException", "", false},
		"throttled":        {say(429, `{"message":"HTTP 429 Unknown Code"}`, "x-amzn-ErrorType", "TooManyRequestsException"), "TooManyRequestsException", "HTTP 429 Unknown Code", true},
		"a fault":          {say(500, `{"error":"x"}`, "x-amzn-ErrorType", "InternalServerException"), "InternalServerException", "", true},
		"hostile": {say(400, `{"error_description":"\u001b[31m`+canary+` was \u202erefused"}`, "x-amzn-ErrorType", "Invalid\tGrant"),
			"Invalid Grant", "[31m[redacted] was refused", false},
	} {
		client, _ := server(t, c.handler)
		_, err := client.CreateToken(t.Context(), region, &Registration{}, Grant{DeviceCode: secret.New(canary)})
		refused, ok := errors.AsType[*Error](err)
		if !ok || refused.Code != c.code || refused.Description != c.description || refused.Transient() != c.transient ||
			refused.Operation != "CreateToken" || refused.Status == 0 || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %#v", name, err)
		}
	}
}

func TestTroubleOfTheNetworkIsASentence(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"cut off":  hangUp,
		"endless":  say(200, `{"accountList":"`+strings.Repeat("x", 2<<20)+`"}`),
		"redirect": say(307, "", "Location", "https://192.0.2.1/"),
	} {
		client, requests := server(t, handler)
		_, err := client.Accounts(t.Context(), region, secret.New(canary))
		if err == nil || ui.HintOf(err) == "" || !strings.Contains(err.Error(), "ListAccounts") || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %v, hint %q", name, err, ui.HintOf(err))
		}
		if len(requests.all()) > 1 && name != "cut off" { // net/http itself repeats a GET request on a connection that was cut
			t.Errorf("%s: asked %d times", name, len(requests.all()))
		}
	}
	client, _ := server(t, hangUp)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := client.Accounts(ctx, region, secret.New(canary)); ui.CodeOf(err) != ui.Interrupted {
		t.Errorf("interrupted: %v", err)
	}
}

func TestThrottlingIsWaitedOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		busy := say(429, `{}`, "x-amzn-ErrorType", "TooManyRequestsException")
		client, double := atOnce(t, busy, say(503, ""), say(429, `{}`, "Retry-After", "4"), say(200, `{"accountList":[{"accountId":"111122223333"}]}`))
		if got, err := client.Accounts(t.Context(), region, secret.New(canary)); err != nil || len(got) != 1 || len(double.at) != 4 {
			t.Errorf("%v, %v, %d requests", got, err, len(double.at))
		}
		for i, least := range []time.Duration{300 * time.Millisecond, 600 * time.Millisecond, 4 * time.Second} {
			if pause := double.at[i+1].Sub(double.at[i]); pause < least || pause > 2*least {
				t.Errorf("pause %d is %s", i+1, pause)
			}
		}

		client, double = atOnce(t, say(429, `{}`, "x-amzn-ErrorType", "TooManyRequestsException", "Retry-After", "86400"))
		_, err := client.RoleCredentials(t.Context(), region, secret.New(canary), "111122223333", "MLAdmin")
		if refused, ok := errors.AsType[*Error](err); !ok || refused.Code != "TooManyRequestsException" || refused.RetryAfter != 24*time.Hour || httpclient.AskedToWait(err) != 24*time.Hour || len(double.at) != 1 {
			t.Errorf("%v after %d requests", err, len(double.at))
		}

		ctx, cancel := context.WithCancel(t.Context())
		client, double = atOnce(t, func(w http.ResponseWriter, r *http.Request) { cancel(); busy(w, r) })
		if _, err := client.Accounts(ctx, region, secret.New(canary)); !errors.Is(err, context.Canceled) || len(double.at) != 1 {
			t.Errorf("interrupted: %v", err)
		}
	})
}
