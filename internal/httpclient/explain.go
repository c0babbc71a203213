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
	t := troubleOf(host, err)
	switch {
	case t.what != "":
		err = wordedError{err, t.what}
	case t.id == "request-failed":
		err = unquotedError{err}
	}
	explained := ui.Errorf(t.id, ui.Failed, "%s: %w", doing, err)
	if t.advice != "" {
		explained.Fix = ui.Advice(t.advice)
	}
	if t.address {
		explained.Fix = append(explained.Fix, otherwise(named)...)
	}
	return explained
}

// wordedError is an error of the network in words of ours: what Go's packages call it is for those who read --debug.
type wordedError struct {
	error

	words string
}

func (e wordedError) Error() string { return e.words }
func (e wordedError) Unwrap() error { return e.error }

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

// trouble is what went wrong with a request.
type trouble struct {
	id      ui.ID
	what    string // in words of ours; "" where the error has its own
	advice  string // how to fix it; "" if that is not known, or the error says so itself
	address bool   // the address may be wrong
}

// troubleOf names what went wrong with a request.
func troubleOf(host string, err error) trouble {
	host = cmp.Or(host, "the server")
	proxy, isProxy := errors.AsType[*ProxyError](err)
	name, isName := errors.AsType[*net.DNSError](err)
	_, isOp := errors.AsType[*net.OpError](err)
	timeout, isNet := errors.AsType[net.Error](err)
	certificate, isInvalid := errors.AsType[x509.CertificateInvalidError](err)
	const network, later = "check the network or VPN", "check the network or VPN, then try again"
	switch {
	// Proxies come first: trouble with the connection to one says nothing about the host.
	case isProxy:
		return proxy.trouble(host)

	case isName && name.IsNotFound:
		return trouble{"dns-no-such-name", "the name " + ui.Clean(name.Name) + " could not be resolved", network, true}
	case isName:
		return trouble{"dns-no-answer", "no DNS server answered for " + ui.Clean(name.Name), later, false}

	case is[x509.UnknownAuthorityError](err):
		return trouble{
			"tls-unknown-authority", "the certificate of " + host + " is signed by an authority this machine does not know",
			"behind a TLS-inspecting proxy, point AWS_CA_BUNDLE at its CA certificate (PEM)", false,
		}
	case isInvalid && certificate.Reason == x509.Expired: // or not valid yet
		return trouble{"tls-not-valid-now", "the certificate of " + host + " is not valid at this machine's time" + validity(certificate.Cert), "check the clock first", false}
	case is[x509.HostnameError](err):
		return trouble{
			"tls-other-host", "the certificate is for another host than " + host + ": a network or a proxy may answer in its place",
			network, true,
		}
	case is[tls.RecordHeaderError](err), errors.Is(err, http.ErrSchemeMismatch): // the latter for an answer in plain HTTP
		return trouble{"tls-not-spoken", host + " does not speak TLS on that port", network, true}

	case is[*RedirectError](err):
		return trouble{
			"redirect-refused", "", "redirects are not followed, as they would carry secrets elsewhere; a network or a proxy that wants a sign-in sends them: " +
				"open any page in a browser and sign in there", true,
		}
	case is[*InsecureError](err):
		return trouble{"not-https", "", "use an https address", false}
	case errors.Is(err, ErrBodyTooLarge):
		return trouble{"answer-too-large", "", "that is not what such a server sends: " + network, true}

	case isNet && timeout.Timeout():
		return trouble{"timed-out", host + " did not answer in time", later, false}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return trouble{"connection-cut", host + " closed the connection in the middle of the exchange", "try again", false}
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, wsaRefused):
		return trouble{"connection-refused", host + " could not be reached: nothing listens there", "try again in a minute, and " + network, true}
	case isOp:
		return trouble{"host-unreachable", host + " could not be reached", later, false}
	}
	if id := ui.IDOf(err); id != "" {
		return trouble{id: id}
	}
	return trouble{
		"request-failed", "", "what came from " + host + " can't be read: a network, a proxy or another server may answer in its place; " + later, false,
	}
}

// validity says from when until when a certificate is valid, if that is known.
func validity(c *x509.Certificate) string {
	if c == nil {
		return ""
	}
	return ", but from " + c.NotBefore.UTC().Format("2006-01-02") + " to " + c.NotAfter.UTC().Format("2006-01-02")
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
