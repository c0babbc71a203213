package httpclient

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// IsLoopback reports whether a host (without port; brackets allowed) names this machine: localhost, 127.0.0.0/8, ::1.
// Names are not resolved.
func IsLoopback(host string) bool {
	host = strings.Trim(host, "[]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// IsHostName reports whether s is an IP address or a name of letters, digits and hyphens (RFC 1123 section 2.1). It is no
// regular expression because compiling one would cost every start of the program.
func IsHostName(s string) bool {
	if net.ParseIP(s) != nil {
		return true
	}
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "-") != label || strings.ContainsFunc(label, NotInLabel) {
			return false
		}
	}
	return true
}

// NotInLabel reports whether a character has no place in a label of a host name.
func NotInLabel(r rune) bool {
	return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

// Trusts reports whether a person's list of hosts has that of an address, by name or by name and port.
func Trusts(hosts []string, u *url.URL) bool {
	return slices.ContainsFunc(hosts, func(host string) bool {
		return strings.EqualFold(host, u.Hostname()) || strings.EqualFold(host, u.Host)
	})
}

// CheckURL parses a URL that something may be sent to: absolute, https or http to loopback, a host, no user info, no
// fragment, no control characters.
func CheckURL(raw string) (*url.URL, error) {
	if raw != ui.Clean(raw) {
		return nil, fmt.Errorf("the address %q holds control characters", ui.Clean(raw))
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the address %q is not a URL", raw)
	case u.Host == "" || u.Hostname() == "" || u.Opaque != "":
		return nil, fmt.Errorf("the address %q names no host", raw)
	case u.User != nil:
		return nil, fmt.Errorf("the address of host %s holds a user name or password", u.Host)
	case u.Fragment != "":
		return nil, fmt.Errorf("the address %q holds a fragment", raw)
	case !secure(u):
		return nil, &InsecureError{URL: raw}
	}
	return u, nil
}

func secure(u *url.URL) bool {
	return u.Scheme == "https" || u.Scheme == "http" && IsLoopback(u.Hostname())
}
