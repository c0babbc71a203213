package serve

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"

	"github.com/dbxaccess/dbxaccess/internal/peer"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// connections bounds how many are open at once: with one too many, the one that has been without a request for longest is
// closed, so that idle ones neither keep a client out nor take memory. http.Server calls one active only once its header has
// been read.
type connections struct {
	most int

	mu   sync.Mutex
	idle []net.Conn // longest first
	busy map[net.Conn]bool
}

func (c *connections) changed(conn net.Conn, state http.ConnState) {
	if oldest := c.note(conn, state); oldest != nil {
		_ = oldest.Close()
	}
}

// note returns the connection to be closed, if there is one.
func (c *connections) note(conn net.Conn, state http.ConnState) net.Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := slices.Index(c.idle, conn); i >= 0 {
		c.idle = slices.Delete(c.idle, i, i+1)
	}
	delete(c.busy, conn)
	switch state {
	case http.StateNew, http.StateIdle:
		c.idle = append(c.idle, conn)
	case http.StateActive:
		if c.busy == nil {
			c.busy = map[net.Conn]bool{}
		}
		c.busy[conn] = true
	case http.StateClosed, http.StateHijacked:
		return nil
	}
	if len(c.idle)+len(c.busy) <= c.most {
		return nil
	}
	if len(c.idle) == 0 {
		return conn
	}
	return c.idle[0]
}

// withPeer has a connection looked at once, when its first request needs it: the system's list of connections is long.
func withPeer(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, peerKey{}, sync.OnceValue(func() error { return checkPeer(conn) }))
}

type peerKey struct{}

// peerOf is the look at the connection of a request.
func peerOf(ctx context.Context) func() error {
	return ctx.Value(peerKey{}).(func() error) //nolint:forcetypeassert // withPeer has put it there
}

// errGone is for a client that waits no more, as it does on a busy machine: whose it was can't be told, and nobody needs to know.
var errGone = errors.New("the program that asked has closed its connection")

// checkPeer refuses the program of another user, where the system tells.
func checkPeer(conn net.Conn) error {
	if socket, ok := conn.(*net.UnixConn); ok {
		return checkUser(socket, os.Getuid())
	}
	if peer.IsOurs(conn.RemoteAddr().String(), conn.LocalAddr().String()) {
		return nil
	}
	if peer.IsGone(conn) {
		return errGone
	}
	return otherUser("/proc/net/tcp does not list the connection as one of this user's")
}

// checkUser refuses the other end of a Unix socket, unless it is one of these users.
func checkUser(socket *net.UnixConn, allowed ...int) error {
	uid, err := peer.UserOf(socket)
	switch {
	case err != nil:
		return ui.Errorf("socket-peer-unknown", ui.Failed, "the system does not tell whose program is at the other end of the socket: %w", err).
			With(ui.Advice("this can't be served over a Unix socket here"))
	case !slices.Contains(allowed, uid):
		return otherUser("it is of the user with the ID %d", uid)
	}
	return nil
}

func otherUser(format string, args ...any) error {
	return ui.Errorf("served-other-user", ui.Refused, "a program of another user asked for credentials: "+format, args...).
		With(ui.Advice("run it as the user who runs dbxaccess (sudo and containers change the user)"))
}
