package httpclient

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/net/http/httpproxy"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Proxy is what the environment says of a proxy for https. net/http would go without one that it can't read, and say
// nothing: then a name is not resolved that only the proxy knows, or what was to pass through it goes past it.
type Proxy struct {
	Variable string // that names it; "" for none
	Host     string // with the port, if any; neither user nor password

	address *url.URL
	err     error // why Variable names none
	through func(*url.URL) (*url.URL, error)
}

// ProxyOf reads the environment: HTTPS_PROXY, else ALL_PROXY, else none, and NO_PROXY, in capitals first, as net/http and
// Databricks' programs have it. HTTP_PROXY is for requests that are never sent: plain http goes to this machine alone.
func ProxyOf(getenv func(name string) string) *Proxy {
	p := &Proxy{}
	for _, name := range [...]string{"HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"} {
		if value := getenv(name); value != "" {
			p.Variable = name
			p.address, p.err = parseProxy(name, value)
			break
		}
	}
	if p.address != nil {
		p.Host = ui.Clean(p.address.Host)
	}
	// The address stands for the one that may not be readable. It is not asked for plain http, nor for this machine.
	direct := httpproxy.Config{HTTPSProxy: "http://proxy.invalid", NoProxy: cmp.Or(getenv("NO_PROXY"), getenv("no_proxy"))}
	p.through = direct.ProxyFunc()
	return p
}

// Check is the error of a variable that names no proxy.
func (p *Proxy) Check() error { return p.err }

// of is the proxy for a request, nil for none.
func (p *Proxy) of(r *http.Request) (*url.URL, error) {
	if p.Variable == "" {
		return nil, nil
	}
	if proxied, err := p.through(r.URL); proxied == nil || err != nil {
		return nil, err
	}
	return p.address, p.err
}

// parseProxy reads an address of a proxy. One without a scheme is of an http proxy, as everywhere. The error never holds
// it: it may have a password.
func parseProxy(variable, value string) (*url.URL, error) {
	address := value
	if !strings.Contains(value, "://") {
		address = "http://" + value
	}
	u, err := url.Parse(address)
	// A password with #, ? or / in it would end the host before it began.
	if err != nil || !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme) || u.Hostname() == "" ||
		strings.ContainsAny(address[strings.Index(address, "://")+3:], "#? ") || strings.Trim(u.Path, "/") != "" {
		return nil, ui.Errorf("proxy-address-invalid", ui.Failed, "%s does not hold the address of a proxy", variable).
			With(ui.Advice("write it as "+variable+"=http://user:password@host:port; the scheme may be https, socks5 or socks5h too",
				"in the user name and the password, write % as %25, # as %23, @ as %40, : as %3A, / as %2F, ? as %3F"))
	}
	return u, nil
}

// ProxyError says that the proxy did not connect us to the host.
type ProxyError struct {
	Variable string // that names it
	Proxy    string // host and port, without user and password
	Status   int    // of its answer to CONNECT; 0 where it gave none
	Err      error  // where it gave none, or spoke SOCKS; else nil
}

func (e *ProxyError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("the proxy %s: %v", e.Proxy, unquotedError{e.Err})
	}
	return fmt.Sprintf("the proxy %s answered %d %s", e.Proxy, e.Status, http.StatusText(e.Status))
}

func (e *ProxyError) Unwrap() error { return e.Err }

// refused makes an error of a proxy's answer, of which net/http would keep only the text.
func (p *Proxy) refused(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return &ProxyError{Variable: p.Variable, Proxy: p.Host, Status: answer.StatusCode}
}

// watch returns a request that notes how far it gets, and a function that makes the error of one that failed before the
// proxy had connected it: net/http does not say so of a proxy that is silent, hangs up or is none.
func (p *Proxy) watch(r *http.Request) (watched *http.Request, explain func(error) error) {
	through, err := p.of(r)
	if through == nil || err != nil {
		return r, func(err error) error { return err }
	}
	var reached atomic.Int32 // handshakes begun: the last one is the host's, as plain http goes through no proxy
	last := int32(1)
	if through.Scheme == "https" {
		last = 2
	}
	watched = r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
		TLSHandshakeStart: func() { reached.Add(1) },
		GotConn:           func(httptrace.GotConnInfo) { reached.Store(last) },
	}))
	return watched, func(err error) error {
		if reached.Load() >= last || is[*ProxyError](err) {
			return err
		}
		return &ProxyError{Variable: p.Variable, Proxy: p.Host, Err: err}
	}
}

// trouble names what went wrong at a proxy on the way to a host, and how to fix it.
func (e *ProxyError) trouble(host string) trouble {
	const direct = ", or put the host into NO_PROXY if this machine reaches it itself"
	named := "the proxy " + e.Proxy + ", which " + e.Variable + " names,"
	op, _ := errors.AsType[*net.OpError](e.Err)
	switch {
	case e.Status == http.StatusProxyAuthRequired:
		return trouble{id: "proxy-sign-in", advice: "the proxy wants a user name and password, or others than these: " + e.Variable + "=http://user:password@host:port"}
	case op != nil && (op.Op == "proxyconnect" || op.Op == "dial"):
		return trouble{id: "proxy-unreachable", what: named + " could not be reached", advice: "correct it, or put the host into NO_PROXY"}
	case errors.Is(e.Err, context.DeadlineExceeded):
		return trouble{id: "proxy-no-answer", what: named + " did not connect to " + host + " in time", advice: "try again, or check " + e.Variable + direct}
	case e.Err != nil && (op == nil || op.Op != "socks connect"):
		return trouble{id: "proxy-no-answer", what: "what " + e.Variable + " names, " + e.Proxy + ", does not answer as a proxy does", advice: "correct it, or put the host into NO_PROXY"}
	case e.Status >= 500:
		return trouble{id: "proxy-cannot-reach", advice: "the proxy could not reach " + host + ": check the address" + direct}
	}
	return trouble{id: "proxy-refuses", advice: "the proxy does not let you through to " + host + ": ask its administrator" + direct}
}
