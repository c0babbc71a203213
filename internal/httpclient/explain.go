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
		return ui.Errorf("interrupted", ui.Interrupted, "%s: interrupted: %w", doing, err)
	}
	id, advice := troubleOf(host, err)
	explained := ui.Errorf(id, ui.Failed, "%s: %w", doing, err)
	if advice != "" {
		explained.Fix = ui.Advice(advice)
	}
	return explained
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

// troubleOf names what hindered a request, and says what sets it right: "" where nothing is known or err says so itself.
func troubleOf(host string, err error) (id ui.ID, advice string) {
	host = cmp.Or(host, "the server")
	for _, of := range []func(string, error) (ui.ID, string){troubleOfProxy, troubleOfName, troubleOfCertificate, troubleOfServer, troubleOfConnection} {
		if id, advice = of(host, err); id != "" {
			return id, advice
		}
	}
	return cmp.Or(ui.IDOf(err), "request-failed"), ""
}

// troubleOfProxy comes before all others: what hinders a connection to the proxy says nothing about the host.
func troubleOfProxy(host string, err error) (ui.ID, string) {
	const direct = ", or put the host into NO_PROXY if this machine reaches it itself"
	if e, ok := errors.AsType[*ProxyError](err); ok {
		switch {
		case e.Status == http.StatusProxyAuthRequired:
			return "proxy-sign-in", "the proxy wants a user name and password, or others than these: HTTPS_PROXY=http://user:password@host:port"
		case e.Status >= 500:
			return "proxy-cannot-reach", "the proxy could not reach " + host + ": check the address" + direct
		}
		return "proxy-refuses", "the proxy lets nobody through to " + host + ": ask whoever runs it" + direct
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "proxyconnect" {
		return "proxy-unreachable", "the proxy named by HTTPS_PROXY could not be reached; correct it, or put the host into NO_PROXY"
	}
	return "", ""
}

func troubleOfName(_ string, err error) (ui.ID, string) {
	e, ok := errors.AsType[*net.DNSError](err)
	switch {
	case !ok:
		return "", ""
	case e.IsNotFound:
		return "dns-no-such-name", "the name " + ui.Clean(e.Name) + " could not be resolved: check the network or VPN, and the host in the access map"
	}
	return "dns-no-answer", "no DNS server answered for " + ui.Clean(e.Name) + ": check the network or VPN, then try again"
}

func troubleOfCertificate(host string, err error) (ui.ID, string) {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "tls-unknown-authority", "the certificate of " + host + " is signed by an authority this machine does not know; behind a TLS-inspecting proxy, point AWS_CA_BUNDLE at its CA certificate (PEM)"
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok && e.Reason == x509.Expired { // or not valid yet
		return "tls-not-valid-now", "the certificate of " + host + " is not valid at this machine's time; check the clock first"
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "tls-other-host", "the certificate is for another host than " + host + "; check the address in the access map"
	}
	// A server that answers in plain HTTP gets a name of its own from net/http.
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || errors.Is(err, http.ErrSchemeMismatch) {
		return "tls-not-spoken", host + " does not speak TLS on that port; check the address"
	}
	return "", ""
}

func troubleOfServer(_ string, err error) (ui.ID, string) {
	if _, ok := errors.AsType[*RedirectError](err); ok {
		return "redirect-refused", "redirects are refused because they would carry secrets elsewhere; write the final address into the access map"
	}
	if _, ok := errors.AsType[*InsecureError](err); ok {
		return "not-https", "use an https address"
	}
	if errors.Is(err, ErrBodyTooLarge) {
		return "answer-too-large", "that is not what such a server sends: check the address"
	}
	return "", ""
}

// wsaRefused is what Windows calls connection refused; syscall.ECONNREFUSED is another number there.
const wsaRefused = syscall.Errno(10061)

func troubleOfConnection(host string, err error) (ui.ID, string) {
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return "timed-out", host + " did not answer in time: check the network or VPN, then try again"
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "connection-cut", host + " closed the connection in the middle of the exchange; try again"
	}
	if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, wsaRefused) {
		return "connection-refused", host + " could not be reached: nothing listens there; check the address, then try again"
	}
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return "host-unreachable", host + " could not be reached: check the network or VPN, then try again"
	}
	return "", ""
}
