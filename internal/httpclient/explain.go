package httpclient

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"syscall"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Explain turns the error of a request into a sentence with a remedy: name resolution, refused connections, time-outs,
// proxies, certificates and redirects are told apart. doing says what was asked of whom ("asking https://… for …").
// The request's URL is never printed whole, as its query may hold secrets. A canceled context stays recognisable with
// errors.Is. nil stays nil.
func Explain(doing string, err error) error {
	if err == nil {
		return nil
	}
	host := ""
	if e, ok := errors.AsType[*url.Error](err); ok {
		if u, parseErr := url.Parse(e.URL); parseErr == nil {
			host = u.Host
		}
		err = e.Err
	}
	return explain(doing, host, err)
}

func explain(doing, host string, err error) error {
	if errors.Is(err, context.Canceled) {
		return ui.Fault(ui.Interrupted, "", "%s: interrupted: %w", doing, err)
	}
	return ui.Fault(ui.Failed, hintFor(host, err), "%s: %w", doing, err)
}

// Hopeless reports whether a request failed in a way that stays however often it is made: nothing was or will be sent to that
// address.
func Hopeless(err error) bool {
	_, redirect := errors.AsType[*RedirectError](err)
	_, insecure := errors.AsType[*InsecureError](err)
	return redirect || insecure
}

// Lost reports whether a request of Do failed after the server may have seen it: what it did, and answered, is not known.
func Lost(err error) bool {
	_, ok := errors.AsType[lostError](err)
	return ok
}

type lostError struct{ error }

func (e lostError) Unwrap() error { return e.error }

func hintFor(host string, err error) string {
	host = cmp.Or(host, "the server")
	for _, of := range []func(string, error) string{hintForProxy, hintForName, hintForCertificate, hintForServer, hintForConnection} {
		if hint := of(host, err); hint != "" {
			return hint
		}
	}
	return ""
}

// hintForProxy comes before all others: what hinders a connection to the proxy says nothing about the host.
func hintForProxy(host string, err error) string {
	if e, ok := errors.AsType[*ProxyError](err); ok {
		switch {
		case e.Status == http.StatusProxyAuthRequired:
			return "the proxy wants a user name and password, or others than these: HTTPS_PROXY=http://user:password@host:port"
		case e.Status >= 500:
			return "the proxy could not reach " + host + ": check the address, or put the host into NO_PROXY if this machine reaches it itself"
		}
		return "the proxy lets nobody through to " + host + ": ask whoever runs it, or put the host into NO_PROXY if this machine reaches it itself"
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "proxyconnect" {
		return "the proxy named by HTTPS_PROXY could not be reached; correct it, or put the host into NO_PROXY"
	}
	return ""
}

func hintForName(_ string, err error) string {
	e, ok := errors.AsType[*net.DNSError](err)
	switch {
	case !ok:
		return ""
	case e.IsNotFound:
		return "the name " + ui.Clean(e.Name) + " could not be resolved: check the network or VPN, and the host in the access map"
	}
	return "no DNS server answered for " + ui.Clean(e.Name) + ": check the network or VPN, then try again"
}

func hintForCertificate(host string, err error) string {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "the certificate of " + host + " is signed by an authority this machine does not know; behind a TLS-inspecting proxy, point AWS_CA_BUNDLE at its CA certificate (PEM)"
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok && e.Reason == x509.Expired { // or not valid yet
		return "the certificate of " + host + " is not valid at this machine's time; check the clock first"
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "the certificate is for another host than " + host + "; check the address in the access map"
	}
	// A server that answers in plain HTTP gets a name of its own from net/http.
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || errors.Is(err, http.ErrSchemeMismatch) {
		return host + " does not speak TLS on that port; check the address"
	}
	return ""
}

func hintForServer(_ string, err error) string {
	if _, ok := errors.AsType[*RedirectError](err); ok {
		return "redirects are refused because they would carry secrets elsewhere; write the final address into the access map"
	}
	if _, ok := errors.AsType[*InsecureError](err); ok {
		return "use an https address"
	}
	if errors.Is(err, ErrBodyTooLarge) {
		return "that is not what such a server sends: check the address"
	}
	return ""
}

// wsaRefused is what Windows calls connection refused; syscall.ECONNREFUSED is another number there.
const wsaRefused = syscall.Errno(10061)

func hintForConnection(host string, err error) string {
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return host + " did not answer in time: check the network or VPN, then try again"
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return host + " closed the connection in the middle of the exchange; try again"
	}
	if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, wsaRefused) {
		return host + " could not be reached: nothing listens there; check the address, then try again"
	}
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return host + " could not be reached: check the network or VPN, then try again"
	}
	return ""
}
