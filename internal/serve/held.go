package serve

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"time"
)

// heldPath is the address whose answer does not end before the server or the connection does.
const heldPath = "/v1/held"

// heldPause is how long a client waits before it holds another connection.
const heldPause = time.Second

// hold answers a request of heldPath.
func hold(w http.ResponseWriter, r *http.Request) {
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Time{}) // the server's own would end the request's context
	_ = c.SetWriteDeadline(time.Time{})
	w.WriteHeader(http.StatusOK)
	_ = c.Flush()
	<-r.Context().Done()
}

// Held returns once the server can't be reached any more, or ctx ends: it holds a connection, and where that ends, another.
// Nothing is bounded in time: the server may be on a laptop that sleeps, which goes on later.
func (c *Client) Held(ctx context.Context) {
	for c.held(ctx) {
		select {
		case <-ctx.Done():
			return
		case <-time.After(heldPause):
		}
	}
}

// held holds one connection, and reports whether there was one.
func (c *Client) held(ctx context.Context) bool {
	conn, err := new(net.Dialer).DialContext(ctx, "unix", c.path)
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if err := checkServer(conn); err != nil {
		return false
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost"+heldPath, http.NoBody)
	if err != nil || r.Write(conn) != nil {
		return false
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), r)
	if err != nil {
		return false
	}
	defer func() { _ = answer.Body.Close() }()
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode == http.StatusOK
}
