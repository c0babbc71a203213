package httpclient

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// logOf is what is logged of a request that is answered so, but for the time.
func logOf(t *testing.T, level slog.Level, address string, transport roundTrip) string {
	t.Helper()
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: level, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	client := &http.Client{Transport: withLog(log, transport)}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader("token=canary"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer canary")
	_, _ = Do(client, Asked{Doing: "asking"}, r)
	return strings.TrimSpace(regexp.MustCompile(`ms=\d+`).ReplaceAllString(out.String(), "ms=N"))
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answeringWith(status int, header ...string) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		h := http.Header{"Set-Cookie": {"canary"}}
		for i := 0; i < len(header); i += 2 {
			h.Set(header[i], header[i+1])
		}
		return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader("canary")), Request: r}, nil
	}
}

func TestARequestIsLogged(t *testing.T) {
	t.Parallel()
	const uuid = "5bb8b2a1-7c4d-4c2e-9a53-cafecafecafe"
	for want, c := range map[string]struct {
		address string
		answer  roundTrip
	}{
		`method=POST host=sts.us-east-1.amazonaws.com path=/ ms=N status=403 request_id=r-1`: {
			"https://sts.us-east-1.amazonaws.com/?Token=canary", answeringWith(403, "x-amzn-RequestId", "r-1", "x-request-id", "r-2"),
		},
		`method=POST host=127.0.0.1:8443 path=/oidc/v1/token ms=N status=200 request_id=r-2`: {
			"http://127.0.0.1:8443/oidc/v1/token#canary", answeringWith(200, "x-request-id", "r-2"),
		},
		`method=POST host=169.254.170.2 path=/v2/credentials/5bb8… ms=N status=200 request_id=""`: {
			"http://169.254.170.2/v2/credentials/" + uuid, answeringWith(200),
		},
		`method=POST host=idp.test path=/a[31mb/openid-configuration ms=N status=200 request_id=r[31m`: {
			"https://idp.test/a%1b[31mb/openid-configuration", answeringWith(200, "X-Request-Id", "r\x1b[31m"),
		},
		`method=POST host=idp.test path=` + strings.Repeat("/a", 100) + `… ms=N status=200 request_id=` + strings.Repeat("r", 100) + `…`: {
			"https://idp.test" + strings.Repeat("/a", 500), answeringWith(200, "X-Request-Id", strings.Repeat("r", 500)),
		},
		`method=POST host=idp.test path=/ ms=N cause="context deadline exceeded" failed=timed-out`: {
			"https://idp.test/", func(*http.Request) (*http.Response, error) { return nil, context.DeadlineExceeded },
		},
		`method=POST host=idp.test path=/ ms=N failed=interrupted`: {
			"https://idp.test/", func(*http.Request) (*http.Response, error) { return nil, context.Canceled },
		},
	} {
		if got := logOf(t, slog.LevelDebug, c.address, c.answer); got != "level=DEBUG msg=request "+want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if got := logOf(t, slog.LevelInfo, c.address, c.answer); got != "" {
			t.Errorf("%s was logged", got)
		}
	}
}

func TestALogThatNobodyReadsCostsNothing(t *testing.T) {
	t.Parallel()
	for name, log := range map[string]*slog.Logger{"none": nil, "discarded": slog.New(slog.DiscardHandler)} {
		for _, client := range []*http.Client{New(Options{Log: log}), NewLink(log, nil)} {
			if _, ok := client.Transport.(logged); ok {
				t.Errorf("%s: it is in the way", name)
			}
		}
	}
	log := slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelDebug}))
	for _, client := range []*http.Client{New(Options{Log: log}), NewLink(log, nil)} {
		if _, ok := client.Transport.(logged); !ok {
			t.Error("it is not there")
		}
	}
}

func TestEachTroubleHasAnID(t *testing.T) {
	t.Parallel()
	for id, err := range map[ui.ID]error{
		"proxy-sign-in":         &ProxyError{Status: 407},
		"proxy-cannot-reach":    &ProxyError{Status: 502},
		"proxy-refuses":         &ProxyError{Status: 403},
		"proxy-unreachable":     &ProxyError{Err: &net.OpError{Op: "proxyconnect", Err: &net.DNSError{}}},
		"dns-no-such-name":      &net.DNSError{IsNotFound: true},
		"dns-no-answer":         &net.DNSError{IsTimeout: true},
		"tls-unknown-authority": x509.UnknownAuthorityError{},
		"tls-not-valid-now":     x509.CertificateInvalidError{Reason: x509.Expired},
		"tls-other-host":        x509.HostnameError{Certificate: &x509.Certificate{}},
		"tls-not-spoken":        http.ErrSchemeMismatch,
		"redirect-refused":      &RedirectError{},
		"not-https":             &InsecureError{},
		"answer-too-large":      ErrBodyTooLarge,
		"timed-out":             context.DeadlineExceeded,
		"connection-cut":        io.ErrUnexpectedEOF,
		"connection-refused":    &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED},
		"host-unreachable":      &net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH},
		"interrupted":           context.Canceled,
		"request-failed":        errors.New("odd"),
		"ca-bundle-unreadable":  ui.Errorf("ca-bundle-unreadable", ui.Failed, "odd"),
	} {
		if got := Explain("asking", err); ui.IDOf(got) != id || got.Error() == "" {
			t.Errorf("%v has the ID %q, want %q", got, ui.IDOf(got), id)
		}
	}
}
