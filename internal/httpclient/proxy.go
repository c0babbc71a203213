package httpclient

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// ProxyError says that the proxy did not connect us to the host.
type ProxyError struct {
	Proxy  string // host and port, without user and password
	Status int    // of its answer to CONNECT
}

func (e *ProxyError) Error() string {
	return fmt.Sprintf("the proxy %s answered %d %s", e.Proxy, e.Status, http.StatusText(e.Status))
}

// refusedByProxy makes an error of a proxy's answer, of which net/http would keep only the text.
func refusedByProxy(_ context.Context, proxy *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return &ProxyError{Proxy: ui.Clean(proxy.Host), Status: answer.StatusCode}
}
