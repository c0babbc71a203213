package httpclient

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// checkHint checks what a person is told, in our own words, and to do, which is one thing only.
func checkHint(t *testing.T, name string, err error, want string) {
	t.Helper()
	told := Explain("asking", err)
	hint := ui.HintOf(told)
	if err == nil || !strings.Contains(told.Error()+": "+hint, want) || hint == "" || strings.Contains(hint, "\n") {
		t.Errorf("%s: %v, hint %q, want %q", name, told, hint, want)
		return
	}
	for _, raw := range []string{"dial tcp", "x509:", "tls:", "deadline", "Client.Timeout", "connect:", "lookup ", "EOF", "read tcp", "proxyconnect"} {
		if strings.Contains(told.Error(), raw) {
			t.Errorf("%s: %v is Go's own text", name, told)
		}
	}
}

func TestEachTroubleWithACertificateHasItsOwnHint(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	for name, c := range map[string]struct {
		host        string
		from, until time.Duration // from now
		known       bool
		want        string
	}{
		"none":             {"127.0.0.1", -day, day, true, ""},
		"another host":     {"idp.acme.test", -day, day, true, "the certificate is for another host than 127.0.0.1:"},
		"expired":          {"127.0.0.1", -2 * day, -day, true, " is not valid at this machine's time, but from "},
		"not valid yet":    {"127.0.0.1", day, 2 * day, true, " is not valid at this machine's time, but from "},
		"an unknown CA":    {"127.0.0.1", -day, day, false, "point AWS_CA_BUNDLE at its CA certificate"},
		"unknown, expired": {"127.0.0.1", -2 * day, -day, false, ": check the clock first"},
	} {
		certificate := certificateFor(t, c.host, c.from, c.until)
		server := serverWith(t, certificate)
		var o Options
		if c.known {
			o.CABundle = bundleOf(t, certificate)
		}
		_, err := get(t, o, server.URL)
		if c.want != "" {
			checkHint(t, name, err, c.want)
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestABundleThatIsOfNoUseIsNamed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	noPEM := filepath.Join(dir, "text.pem")
	if err := os.WriteFile(noPEM, []byte("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	server := serverWith(t, certificateFor(t, "127.0.0.1", -time.Hour, time.Hour))
	for name, path := range map[string]string{"missing": filepath.Join(dir, "missing"), "unreadable": dir, "no certificate": noPEM} {
		_, err := get(t, Options{CABundle: path}, server.URL)
		checkHint(t, name, err, "AWS_CA_BUNDLE names it; correct the path or unset AWS_CA_BUNDLE")
	}
}

func TestAServerThatSpeaksNoTLSHasItsOwnHint(t *testing.T) {
	t.Parallel()
	for name, greeting := range map[string]string{"plain http": "HTTP/1.1 400 Bad Request\r\n\r\n", "something else": "SSH-2.0-OpenSSH_9.9\r\n"} {
		address := listen(t, func(c net.Conn) { _, _ = io.WriteString(c, greeting); _, _ = io.Copy(io.Discard, c) })
		_, err := get(t, Options{}, "https://"+address)
		checkHint(t, name, err, address+" does not speak TLS on that port")
	}
}

func TestEachTroubleWithAConnectionHasItsOwnHint(t *testing.T) {
	t.Parallel()
	cut := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	t.Cleanup(cut.Close)
	silent := listen(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	reset := listen(t, func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) })
	closed := closedPort(t)
	for name, c := range map[string]struct{ address, want string }{
		"refused":           {"https://" + closed, closed + " could not be reached: nothing listens there"},
		"silent":            {"http://" + silent, silent + " did not answer in time"},
		"silent before TLS": {"https://" + silent, silent + " did not answer in time"},
		"cut off":           {cut.URL, " closed the connection in the middle"},
		"reset":             {"https://" + reset, reset + " could not be reached: check the network or VPN"},
	} {
		limit := time.Minute // a busy machine is no fault
		if strings.HasPrefix(name, "silent") {
			limit = 300 * time.Millisecond
		}
		_, err := get(t, Options{Timeout: limit}, c.address)
		checkHint(t, name, err, c.want)
	}
}

func TestEachTroubleWithANameHasItsOwnHint(t *testing.T) {
	t.Parallel()
	const noSuchName, broken = 3, 2 // RFC 1035 section 4.1.1
	const unanswered = "no DNS server answered for idp.acme.test"
	for name, c := range map[string]struct{ server, proxy, want string }{
		"no such name":          {nameServer(t, noSuchName), "", "the name idp.acme.test. could not be resolved: check the network or VPN"},
		"a broken name server":  {nameServer(t, broken), "", unanswered},
		"a silent one":          {nameServer(t, -1), "", unanswered},
		"no name server":        {closedPort(t), "", unanswered},
		"the name of the proxy": {nameServer(t, noSuchName), "proxy.acme.test", ", which HTTPS_PROXY names, could not be reached"},
	} {
		client := New(Options{Getenv: func(name string) string { return map[string]string{"HTTPS_PROXY": c.proxy}[name] }})
		ours := client.Transport.(bounded).RoundTripper.(*transport)
		base, err := ours.base()
		if err != nil {
			t.Fatal(err)
		}
		limit := time.Minute
		if name == "a silent one" {
			limit = 200 * time.Millisecond
		}
		base.(*http.Transport).DialContext = (&net.Dialer{Timeout: limit, Resolver: &net.Resolver{
			PreferGo: true,
			Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, c.server)
			},
		}}).DialContext
		ours.base = func() (http.RoundTripper, error) { return base, nil }
		_, err = client.Get("https://idp.acme.test./")
		checkHint(t, name, err, c.want)
	}
}

// nameServer answers every question with an error code; with a negative one it is silent.
func nameServer(t *testing.T, code int) (address string) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		for message := make([]byte, 512); ; {
			n, from, err := conn.ReadFrom(message)
			if err != nil {
				return
			}
			if code >= 0 && n > 3 {
				message[2] |= 0x80 // an answer
				message[3] = 0x80 | byte(code)
				_, _ = conn.WriteTo(message[:n], from)
			}
		}
	}()
	return conn.LocalAddr().String()
}

// listen serves each connection to a port of this machine until the test ends.
func listen(t *testing.T, serve func(net.Conn)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { defer func() { _ = c.Close() }(); serve(c) }()
		}
	}()
	return listener.Addr().String()
}

// closedPort is one where nothing listens.
func closedPort(t *testing.T) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}
