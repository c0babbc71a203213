package loopback

import (
	"context"
	"net"
	"strconv"
)

// listen listens on this machine alone, for a browser that is sent to host: on 127.0.0.1 and, for the name localhost, on
// the same port of ::1 where there is one. Browsers may try that first, so it must not be someone else's. port 0 is any
// free one.
func listen(ctx context.Context, host string, port int) (listeners []net.Listener, chosen string, err error) {
	const tries = 8 // for a port that is free on both
	for range tries {
		listeners, chosen, err = listenOnce(ctx, host, port)
		if err == nil || port != 0 || ctx.Err() != nil {
			break
		}
	}
	return listeners, chosen, err
}

func listenOnce(ctx context.Context, host string, port int) ([]net.Listener, string, error) {
	var config net.ListenConfig
	four, err := config.Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, "", err
	}
	_, chosen, err := net.SplitHostPort(four.Addr().String())
	if err != nil {
		_ = four.Close()
		return nil, "", err
	}
	if host != "localhost" || !hasLoopback6(ctx) {
		return []net.Listener{four}, chosen, nil
	}
	six, err := config.Listen(ctx, "tcp6", net.JoinHostPort("::1", chosen))
	if err != nil {
		_ = four.Close()
		return nil, "", err
	}
	return []net.Listener{four, six}, chosen, nil
}

// hasLoopback6 reports whether this machine can listen on ::1 at all.
func hasLoopback6(ctx context.Context) bool {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp6", "[::1]:0")
	if err != nil {
		return false
	}
	_ = listener.Close()
	return true
}
