package httpclient

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"
)

const (
	// linkDial and linkTimeout bound a connection and an exchange on the local link, where answers take milliseconds.
	linkDial, linkTimeout = time.Second, 2 * time.Second
	// maxLinkAnswer bounds an answer of a local service, in bytes.
	maxLinkAnswer = 64 << 10
)

// IsLink reports whether a host is one of the link-local addresses at which AWS gives a machine credentials over plain
// http: ECS, EKS Pod Identity, the instance metadata service.
func IsLink(host string) bool {
	return slices.Contains([]string{"169.254.170.2", "169.254.170.23", "fd00:ec2::23", "169.254.169.254", "fd00:ec2::254"}, host)
}

// Dial is how a connection is made; nil is the network's own way.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// NewLink returns the one client that speaks plain http to others than this machine. It connects only to the addresses
// of IsLink, uses no proxy, returns redirects as answers, and waits for two seconds at most. log is as in Options.
func NewLink(log *slog.Logger, dial Dial) *http.Client {
	if dial == nil {
		dial = (&net.Dialer{Timeout: linkDial}).DialContext
	}
	return &http.Client{
		Timeout: linkTimeout,
		Transport: withLog(log, bounded{&http.Transport{
			Proxy: nil,
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				if host, _, err := net.SplitHostPort(address); err != nil || !IsLink(host) {
					return nil, &net.AddrError{Err: "not a link-local address of AWS", Addr: address}
				}
				return dial(ctx, network, address)
			},
			MaxResponseHeaderBytes: maxLinkAnswer,
			DisableKeepAlives:      true,
		}, maxLinkAnswer}),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
