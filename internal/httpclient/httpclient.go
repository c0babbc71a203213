// Package httpclient is the one HTTP client of the program.
//
// Every request goes through a client made here. It speaks https only (http to loopback excepted), never follows a
// redirect, which would carry a secret to an unchecked host, bounds the body and the time, honours HTTPS_PROXY and
// NO_PROXY, and trusts the system's certificates plus AWS_CA_BUNDLE. The one other client is that of AWS's link-local
// addresses (NewLink).
//
// In goes a request, out comes an answer that was read whole (Do), after several attempts if need be (Retry), or an
// error that is a sentence with an ID and a Fix (Explain). Nothing secret may get into an error or a log.
package httpclient

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// The defaults of Options. The largest honest answers, a key set or an access map, are well under DefaultMaxBody.
const (
	DefaultTimeout = 10 * time.Second // from dialling to the last byte of the body
	DefaultMaxBody = 1 << 20          // bytes of a body after decompression
)

// maxBundle bounds a CA bundle, in bytes: that of a whole system is a quarter of a megabyte.
const maxBundle = 16 << 20

// Options of a client. The zero value is a good one.
type Options struct {
	Timeout   time.Duration // 0: DefaultTimeout
	MaxBody   int64         // bytes; 0: DefaultMaxBody
	CABundle  string        // PEM file whose certificates are trusted besides the system's; "" for none
	CANamed   string        // what names CABundle, for messages; "" is AWS_CA_BUNDLE
	UserAgent string        // "" leaves Go's
	// Getenv has the variables that name a proxy; nil: no proxy is used.
	Getenv func(name string) string
	Log    *slog.Logger // gets each request at debug level: where to, how it ended, how long it took; nil for none
}

// New returns a client. The CA bundle is read at the first request, which fails if it can't be read or has no
// certificate: going on without it would end in an error that hides the cause.
func New(o Options) *http.Client {
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.MaxBody == 0 {
		o.MaxBody = DefaultMaxBody
	}
	if o.Getenv == nil {
		o.Getenv = func(string) string { return "" }
	}
	t := &transport{options: o, proxy: sync.OnceValue(func() *Proxy { return ProxyOf(o.Getenv) })}
	t.base = sync.OnceValues(t.open)
	return &http.Client{
		Timeout:   o.Timeout,
		Transport: withLog(o.Log, bounded{t, o.MaxBody}),
		// The transport turns redirects into errors before the client sees them.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// open is done at the first request.
func (t *transport) open() (http.RoundTripper, error) {
	o := t.options
	tlsConfig := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.CABundle != "" {
		pool, err := PoolWith(o.CABundle, cmp.Or(o.CANamed, "AWS_CA_BUNDLE"))
		if err != nil {
			return nil, err
		}
		tlsConfig.RootCAs = pool
	}
	return &http.Transport{
		Proxy:                  t.proxy().of,
		OnProxyConnectResponse: t.proxy().refused,
		DialContext:            (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		TLSClientConfig:        tlsConfig,
		TLSHandshakeTimeout:    5 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           8,
		IdleConnTimeout:        30 * time.Second,
	}, nil
}

// PoolWith is the system's certificates and those of a PEM file; named is what names that, for messages.
func PoolWith(path, named string) (*x509.CertPool, error) {
	fix := ui.Advice(named + " names it; correct the path or unset " + named)
	pem, _, err := localfile.Read(path, maxBundle)
	if err != nil {
		return nil, ui.Errorf("ca-bundle-unreadable", ui.Failed, "reading the CA bundle %s: %w", ui.Clean(path), err).With(fix)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, ui.Errorf("ca-bundle-empty", ui.Failed, "the CA bundle %s holds no certificate in PEM form", ui.Clean(path)).With(fix)
	}
	return pool, nil
}

// RedirectError says that a server answered with a redirect, which is never followed.
type RedirectError struct {
	Host   string // of the server
	Status int
	Target string // the address it points at, cleaned and without its query, which may hold secrets; may be empty
	Region string // where S3 says that the bucket is, cleaned; "" for what is no S3

	from, to *url.URL // to is nil where that is no address
}

// SameOrigin returns the address that the server points at if it is one of its own: scheme, host and port are those that
// were asked. Public documents may be fetched from there, and nothing secret be sent.
func (e *RedirectError) SameOrigin() (address string, ok bool) {
	if e.to == nil || e.to.Host != e.from.Host || e.to.Scheme != e.from.Scheme || e.to.User != nil {
		return "", false
	}
	return e.to.String(), true
}

func (e *RedirectError) Error() string {
	return fmt.Sprintf("%s answered with a redirect (%d) to %q, which is not followed", e.Host, e.Status, e.Target)
}

// InsecureError says that a URL is neither https nor http to loopback; nothing was sent.
type InsecureError struct{ URL string }

func (e *InsecureError) Error() string {
	return fmt.Sprintf("%s is not https (plain http is allowed to this machine only)", e.URL)
}

type transport struct {
	options Options
	proxy   func() *Proxy
	base    func() (http.RoundTripper, error)
}

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if !secure(r.URL) {
		return nil, &InsecureError{URL: r.URL.Scheme + "://" + r.URL.Host}
	}
	r = r.Clone(r.Context())
	if t.options.UserAgent != "" && r.Header.Get("User-Agent") == "" {
		r.Header.Set("User-Agent", t.options.UserAgent)
	}
	if r.Body != nil && r.Body != http.NoBody {
		// smithy-go closes the body as soon as the answer's header is there, and its body's WriteTo then fails with
		// io.EOF while net/http still looks for bytes past Content-Length, which cuts the connection under a long
		// answer. Its Read ends as it should, so net/http gets nothing but Read.
		r.Body = readCloser{r.Body}
	}
	base, err := t.base()
	if err != nil {
		return nil, err
	}
	r, explain := t.proxy().watch(r)
	resp, err := base.RoundTrip(r)
	if err != nil {
		return nil, explain(err)
	}
	if resp.StatusCode >= 300 && resp.StatusCode < 400 && resp.StatusCode != http.StatusNotModified {
		_ = resp.Body.Close()
		redirect := &RedirectError{Host: r.URL.Host, Status: resp.StatusCode, Region: ui.Cut(resp.Header.Get("X-Amz-Bucket-Region"), 40), from: r.URL}
		if u, err := resp.Location(); err == nil {
			redirect.to = u
			shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
			redirect.Target = ui.Cut(shown.String(), 500)
		}
		return nil, redirect
	}
	return resp, nil
}
