package sts

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	// linkDial and linkTimeout bound a connection and an exchange on the local link, which answers in milliseconds or never.
	linkDial, linkTimeout = time.Second, 2 * time.Second
	// maxLinkAnswer bounds an answer of a local service, in bytes.
	maxLinkAnswer = 64 << 10
)

// linkLocal reports whether a host is one of the addresses at which AWS gives a machine credentials over plain http: ECS,
// EKS Pod Identity, the instance metadata service. They never leave the machine's own link.
func linkLocal(host string) bool {
	return slices.Contains([]string{"169.254.170.2", "169.254.170.23", "fd00:ec2::23", "169.254.169.254", "fd00:ec2::254"}, host)
}

// reaching returns the client for an address that the environment names: the program's own for https and this machine, and
// a narrow one for AWS's link-local addresses. Plain http to any other host is refused.
func (a *Ambient) reaching(u *url.URL, variable string) (*http.Client, error) {
	switch {
	case u.Scheme == "https", u.Scheme == "http" && httpclient.IsLoopback(u.Hostname()):
		return a.HTTP, nil
	case u.Scheme == "http" && linkLocal(u.Hostname()) && (u.Port() == "" || u.Port() == "80"):
		return a.linkClient(), nil
	}
	return nil, ui.Fault(ui.Refused, "correct or unset "+variable,
		"%s points at %s, which is neither https, nor this machine, nor where AWS gives credentials", variable, ui.Clean(u.Host))
}

// linkClient is the one client besides httpclient's, which speaks no plain http to other machines. It connects to the
// addresses of linkLocal only, uses no proxy, follows no redirect and waits for no more than two seconds.
func (a *Ambient) linkClient() *http.Client {
	dial := a.dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: linkDial}).DialContext
	}
	return &http.Client{
		Timeout: linkTimeout,
		Transport: &http.Transport{
			Proxy: nil,
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				if host, _, err := net.SplitHostPort(address); err != nil || !linkLocal(host) {
					return nil, &net.AddrError{Err: "not a link-local address of AWS", Addr: address}
				}
				return dial(ctx, network, address)
			},
			MaxResponseHeaderBytes: maxLinkAnswer,
			DisableKeepAlives:      true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// local is an answer of a local service.
type local struct {
	status int
	body   []byte
}

// fetch sends a request, again where the service is busy: three times in all.
func (a *Ambient) fetch(
	ctx context.Context, client *http.Client, about question, method, address string, header http.Header,
) (*local, error) {
	for attempt := 1; ; attempt++ {
		got, err := exchange(ctx, client, method, address, header)
		if err != nil {
			return nil, httpclient.Explain(about.doing(), err)
		}
		if attempt == attempts || !busy(got.status) {
			return got, nil
		}
		if err := a.STS.Wait(ctx, backoff(attempt)); err != nil {
			return nil, httpclient.Explain(about.doing(), err)
		}
	}
}

func exchange(ctx context.Context, client *http.Client, method, address string, header http.Header) (*local, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return nil, err
	}
	r.Header = header
	resp, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxLinkAnswer+1))
	if err == nil && len(body) > maxLinkAnswer {
		err = fmt.Errorf("%s: %w", r.URL.Host, httpclient.ErrBodyTooLarge)
	}
	if err != nil {
		return nil, err
	}
	return &local{resp.StatusCode, body}, nil
}
