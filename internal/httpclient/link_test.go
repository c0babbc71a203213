package httpclient

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestTheLinkLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	reached := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("asked %s%s", r.Host, r.URL) }))
	t.Cleanup(reached.Close)
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, reached.Listener.Addr().String())
	}
	clients := map[string]*http.Client{"with a dialer of the test's": NewLink(nil, dial), "with its own": NewLink(nil, nil)}
	for _, address := range []string{
		reached.URL, "http://localhost:1", "http://192.0.2.1", "http://[::1]:1", "http://169.254.170.3", "http://[fd00:ec2::24]",
		// Names are not resolved at all, wherever they would lead.
		"http://169.254.169.254.evil.test", "http://instance-data", "http://169.254.43518", "http://2852039166", "http://0xa9fea9fe",
		"http://[fe80::1%25eth0]", "https://evil.test",
	} {
		for name, client := range clients {
			_, err := client.Get(address)
			if refused, ok := errors.AsType[*net.AddrError](err); !ok || refused.Err != "not a link-local address of AWS" {
				t.Errorf("%s, %s: %v", name, address, err)
			}
		}
	}
}

func TestAnAnswerOnTheLinkIsBounded(t *testing.T) {
	t.Parallel()
	for size, tooLarge := range map[int]bool{maxLinkAnswer: false, maxLinkAnswer + 1: true} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", size)) }))
		t.Cleanup(server.Close)
		client := NewLink(nil, func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
		})
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://169.254.169.254", nil)
		if err != nil {
			t.Fatal(err)
		}
		if a, err := Do(client, Asked{Doing: "asking"}, r); errors.Is(err, ErrBodyTooLarge) != tooLarge || (err == nil) == tooLarge {
			t.Errorf("%d bytes: %+v, %v", size, a, err)
		}
	}
}
