package httpclient

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// ProxyError tells that the proxy did not connect us to the host that was asked for.
type ProxyError struct {
	Proxy  string // host and port, without user and password
	Status int    // of its answer to CONNECT
}

func (e *ProxyError) Error() string {
	return fmt.Sprintf("the proxy %s answered %d %s", e.Proxy, e.Status, http.StatusText(e.Status))
}

// refusedByProxy names the answer of a proxy, of which net/http would leave a bare text.
func refusedByProxy(_ context.Context, proxy *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return &ProxyError{Proxy: ui.Clean(proxy.Host), Status: answer.StatusCode}
}
