package httpclient

import (
	"context"
	"net"
	"net/http"
	"time"
)

// NewSocket returns a client for what is served on a Unix socket of this machine: it connects there whatever the address of a
// request, uses no proxy, follows no redirect, and bounds time and bodies. check is asked about each connection before anything
// is sent on it.
func NewSocket(path string, timeout time.Duration, check func(net.Conn) error) *http.Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		conn, err := (&net.Dialer{Timeout: timeout}).DialContext(ctx, "unix", path)
		if err != nil {
			return nil, err
		}
		if err := check(conn); err != nil {
			_ = conn.Close()
			return nil, err
		}
		return conn, nil
	}
	return &http.Client{
		Timeout: timeout,
		Transport: bounded{&http.Transport{
			DialContext: dial, DisableKeepAlives: true, MaxResponseHeaderBytes: maxLinkAnswer,
		}, DefaultMaxBody},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
