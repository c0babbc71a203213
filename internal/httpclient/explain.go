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
	"strings"
	"syscall"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Explain turns the error of a request into a sentence with a remedy: it distinguishes name resolution, refused
// connections, time-outs, proxies, certificates and redirects. doing names the request ("asking https://… for …"). The
// URL is never printed whole, as its query may hold secrets. A canceled context can still be seen with errors.Is. nil
// stays nil.
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
	return explain(doing, host, "", err)
}

// explain also knows what names the address: see Asked.
func explain(doing, host, named string, err error) error {
	if errors.Is(err, context.Canceled) {
		return ui.Errorf("interrupted", ui.Interrupted, "%s: interrupted: %w", doing, err)
	}
	id, advice, address := troubleOf(host, err)
	if id == "request-failed" {
		err = unquotedError{err}
	}
	explained := ui.Errorf(id, ui.Failed, "%s: %w", doing, err)
	if advice != "" {
		explained.Fix = ui.Advice(advice)
	}
	if address {
		explained.Fix = append(explained.Fix, otherwise(named)...)
	}
	return explained
}

// unquotedError leaves out what an error of net/http quotes: an answer that is no HTTP may be made of tokens, or of what was
// sent.
type unquotedError struct{ error }

func (e unquotedError) Error() string {
	text, _, quotes := strings.Cut(e.error.Error(), `"`)
	if quotes {
		text += `"…"`
	}
	return text
}

func (e unquotedError) Unwrap() error { return e.error }

// otherwise is what else to check where the network is not the cause: what names the address, if anything does.
func otherwise(named string) ui.Fix {
	if named == "" {
		return nil
	}
	return ui.Advice("if that is not it, check " + named)
}

// Permanent reports whether a request fails however often it is made: nothing may be sent to that address, or who answers
// there is not the service.
func Permanent(err error) bool {
	came, _ := errors.AsType[noAnswerError](err)
	return is[*RedirectError](err) || is[*InsecureError](err) || came.wrong
}

// Lost reports whether a request failed after the service may have seen it: what it answered is not known. The page of a
// network or a proxy, or another server's answer, does not say so: they stand before the service.
func Lost(err error) bool {
	came, _ := errors.AsType[noAnswerError](err)
	return is[lostError](err) || came.lost
}

type lostError struct{ error }

func (e lostError) Unwrap() error { return e.error }

// wsaRefused is connection refused on Windows; syscall.ECONNREFUSED is another number there.
const wsaRefused = syscall.Errno(10061)

// troubleOf names what went wrong with a request, and how to fix it: "" if that is not known or err says so itself. address
// reports whether the address may be wrong.
func troubleOf(host string, err error) (id ui.ID, advice string, address bool) {
	host = cmp.Or(host, "the server")
	proxy, isProxy := errors.AsType[*ProxyError](err)
	name, isName := errors.AsType[*net.DNSError](err)
	_, isOp := errors.AsType[*net.OpError](err)
	timeout, isNet := errors.AsType[net.Error](err)
	certificate, isInvalid := errors.AsType[x509.CertificateInvalidError](err)
	switch {
	// Proxies come first: trouble with the connection to one says nothing about the host.
	case isProxy:
		id, advice = proxy.trouble(host)
		return id, advice, false

	case isName && name.IsNotFound:
		return "dns-no-such-name", "the name " + ui.Clean(name.Name) +
			" could not be resolved: check the network or VPN", true
	case isName:
		return "dns-no-answer", "no DNS server answered for " + ui.Clean(name.Name) + ": check the network or VPN, then try again", false

	case is[x509.UnknownAuthorityError](err):
		return "tls-unknown-authority", "the certificate of " + host + " is signed by an authority this machine does not know; " +
			"behind a TLS-inspecting proxy, point AWS_CA_BUNDLE at its CA certificate (PEM)", false
	case isInvalid && certificate.Reason == x509.Expired: // or not valid yet
		return "tls-not-valid-now", "the certificate of " + host + " is not valid at this machine's time; check the clock first", false
	case is[x509.HostnameError](err):
		return "tls-other-host", "the certificate is for another host than " + host +
			": a network or a proxy may answer in its place; check the network or VPN", true
	case is[tls.RecordHeaderError](err), errors.Is(err, http.ErrSchemeMismatch): // the latter for an answer in plain HTTP
		return "tls-not-spoken", host + " does not speak TLS on that port: check the network or VPN", true

	case is[*RedirectError](err):
		return "redirect-refused", "redirects are not followed, as they would carry secrets elsewhere; a network or a proxy that wants a sign-in sends them: " +
			"open any page in a browser and sign in there", true
	case is[*InsecureError](err):
		return "not-https", "use an https address", false
	case errors.Is(err, ErrBodyTooLarge):
		return "answer-too-large", "that is not what such a server sends: check the network or VPN", true

	case isNet && timeout.Timeout():
		return "timed-out", host + " did not answer in time: check the network or VPN, then try again", false
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "connection-cut", host + " closed the connection in the middle of the exchange; try again", false
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, wsaRefused):
		return "connection-refused", host + " could not be reached: nothing listens there; try again in a minute, and check the network or VPN", true
	case isOp:
		return "host-unreachable", host + " could not be reached: check the network or VPN, then try again", false
	}
	if id := ui.IDOf(err); id != "" {
		return id, "", false
	}
	return "request-failed", "what came from " + host + " can't be read: a network, a proxy or another server may answer in its place; " +
		"check the network or VPN, then try again", false
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
