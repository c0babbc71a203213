package httpclient

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"strings"

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
	if errors.Is(err, context.Canceled) {
		return ui.Fault(ui.Interrupted, "", "%s: interrupted: %w", doing, err)
	}
	return ui.Fault(ui.Failed, hintFor(host, err), "%s: %w", doing, err)
}

func hintFor(host string, err error) string {
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return "the name " + ui.Clean(e.Name) + " could not be resolved: check the network or VPN, and the host in the access map"
	}
	if _, ok := errors.AsType[*RedirectError](err); ok {
		return "redirects are refused because they would carry secrets elsewhere; write the final address into the access map"
	}
	if _, ok := errors.AsType[*InsecureError](err); ok {
		return "use an https address"
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "the certificate of " + host + " is signed by an authority this machine does not know; behind a TLS-inspecting proxy, point AWS_CA_BUNDLE at its CA certificate (PEM)"
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		if e.Reason == x509.Expired {
			return "the certificate of " + host + " is not valid at this machine's time; check the clock first"
		}
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "the certificate is for another host than " + host + "; check the address in the access map"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return host + " does not speak TLS on that port; check the address"
	}
	// net/http reports a proxy's refusal of CONNECT as a bare text (the status line), so text is all there is.
	if strings.Contains(err.Error(), "Proxy Authentication Required") {
		return "the proxy wants a user name and password: HTTPS_PROXY=http://user:password@host:port"
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "proxyconnect" {
		return "the proxy named by HTTPS_PROXY could not be reached; correct it, or put the host into NO_PROXY"
	}
	if errors.Is(err, ErrBodyTooLarge) {
		return "that is not what such a server sends: check the address"
	}
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) || isTimeout(err) {
		return host + " did not answer in time: check the network or VPN, then try again"
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return host + " closed the connection in the middle of the exchange; try again"
	}
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return host + " could not be reached: check the network or VPN, then try again"
	}
	return ""
}

func isTimeout(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}
