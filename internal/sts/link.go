package sts

import (
	"context"
	"net/http"
	"net/url"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// reaching returns the client for an address that the environment names: the program's own for https and this machine, and
// a narrow one for AWS's link-local addresses. Plain http to any other host is refused.
func (a *Ambient) reaching(u *url.URL, variable string) (*http.Client, error) {
	switch {
	case u.Scheme == "https", u.Scheme == "http" && httpclient.IsLoopback(u.Hostname()):
		return a.HTTP, nil
	case u.Scheme == "http" && httpclient.IsLink(u.Hostname()) && (u.Port() == "" || u.Port() == "80"):
		return a.Link, nil
	}
	return nil, ui.Fault(ui.Refused, "correct or unset "+variable,
		"%s points at %s, which is neither https, nor this machine, nor where AWS gives credentials", variable, ui.Clean(u.Host))
}

// fetch sends a request, again where the service is busy: three times in all.
func (a *Ambient) fetch(
	ctx context.Context, client *http.Client, about question, method, address string, header http.Header,
) (got *httpclient.Answer, err error) {
	err = httpclient.Retry(ctx, about.doing(), patience, func(ctx context.Context) error {
		r, err := http.NewRequestWithContext(ctx, method, address, nil)
		if err != nil {
			return httpclient.Explain(about.doing(), err)
		}
		r.Header = header
		if got, err = httpclient.Do(client, about.doing(), r); err == nil && httpclient.Busy(got.Status) {
			return httpclient.Temporary(nil, 0)
		}
		return err
	})
	return got, err
}
