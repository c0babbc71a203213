//go:build unix

package serve

import (
	"context"
	"net"
	"os"
	"testing"
	"time"
)

func holding(ctx context.Context, path string) <-chan struct{} {
	over := make(chan struct{})
	go func() { defer close(over); Dial(path, time.Now).Held(ctx) }()
	return over
}

func overWithin(t *testing.T, over <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-over:
	case <-time.After(time.Minute):
		t.Fatal("it was not seen that " + what)
	}
}

// A client holds on for longer than any bound of the server's on a request, and is told of the end by the end.
func TestTheEndOfAServerIsSeen(t *testing.T) {
	t.Parallel()
	path := placeOfSocket(t)
	s := socket(t, path, nil, grantOf(t, "trainer", works))
	over := holding(t.Context(), path)
	select {
	case <-over:
		t.Fatal("the server is there")
	case <-time.After(headerWait + time.Second):
	}
	if _, err := Dial(path, time.Now).Offers(t.Context()); err != nil {
		t.Error(err)
	}
	_ = s.Close()
	overWithin(t, over, "the server has ended")

	ctx, cancel := context.WithCancel(t.Context())
	socket(t, path, nil, grantOf(t, "trainer", works))
	over = holding(ctx, path)
	cancel()
	overWithin(t, over, "nobody waits any more")
	overWithin(t, holding(t.Context(), path+"-none"), "there is no server")
}

// Nobody is asked for ever who is no server of ours, nor another user's.
func TestWhoIsHeld(t *testing.T) {
	t.Parallel()
	path := placeOfSocket(t)
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte("SSH-2.0-elsewhere\r\n"))
			_ = conn.Close()
		}
	}()
	overWithin(t, holding(t.Context(), path), "this is no server of ours")
	_ = os.Remove(path)
}
