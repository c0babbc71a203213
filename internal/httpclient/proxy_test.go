package httpclient

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// TestMain lets the test binary be a program that asks an address: net/http reads the proxy's variables once per process.
func TestMain(m *testing.M) {
	address := os.Getenv("HTTPCLIENT_TEST_ASK")
	if address == "" {
		os.Exit(m.Run())
	}
	limit, _ := time.ParseDuration(os.Getenv("HTTPCLIENT_TEST_LIMIT"))
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, address, nil)
	if err != nil {
		panic(err)
	}
	a, err := Do(New(Options{CABundle: os.Getenv("AWS_CA_BUNDLE"), Getenv: os.Getenv, Timeout: limit}), Asked{Doing: "asking"}, r)
	if err != nil {
		fmt.Printf("%v\n%s\nid=%s\n", err, ui.HintOf(err), ui.IDOf(err))
		os.Exit(1)
	}
	_, _ = os.Stdout.Write(a.Body)
}

// asking has another process ask an address and returns what it printed.
func asking(t *testing.T, address string, environment ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "HTTPCLIENT_TEST_ASK="+address, "HTTPCLIENT_TEST_LIMIT=2m", // a busy machine is no fault
		"HTTP_PROXY=", "HTTPS_PROXY=", "NO_PROXY=", "http_proxy=", "https_proxy=", "no_proxy=", "AWS_CA_BUNDLE=")
	cmd.Env = append(cmd.Env, environment...)
	printed, _ := cmd.CombinedOutput() // it prints its error
	return string(printed)
}

// proxy answers every CONNECT with a status; connect, if any, has the connection after a 200.
func proxy(t *testing.T, status int, connect func(net.Conn)) (address string, asked *atomic.Int32) {
	t.Helper()
	asked = new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.Method != http.MethodConnect || r.Host != "idp.acme.test:443" {
			t.Errorf("the proxy was sent %s %s", r.Method, r.Host)
		}
		if connect == nil {
			w.WriteHeader(status)
			return
		}
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = c.Close() }()
		_, _ = fmt.Fprintf(c, "HTTP/1.1 %d Established\r\n\r\n", status)
		connect(c)
	}))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String(), asked
}

func TestEachTroubleWithAProxyHasItsOwnHint(t *testing.T) {
	t.Parallel()
	const target, password = "https://idp.acme.test/", "canary-of-a-password"
	for name, c := range map[string]struct {
		status int
		want   string
	}{
		"wants a password":          {407, "the proxy wants a user name and password"},
		"refuses":                   {403, "the proxy does not let you through to idp.acme.test: ask its administrator"},
		"does not reach the host":   {502, "the proxy could not reach idp.acme.test: check the address"},
		"something else than a yes": {204, "the proxy does not let you through"},
	} {
		address, asked := proxy(t, c.status, nil)
		printed := asking(t, target, "HTTPS_PROXY=http://alice:"+password+"@"+address)
		if !strings.Contains(printed, c.want) || !strings.Contains(printed, fmt.Sprintf("answered %d", c.status)) ||
			asked.Load() != 1 || strings.Contains(printed, password) {
			t.Errorf("%s, asked %d times: %s", name, asked.Load(), printed)
		}
	}
	const unreachable = ", which HTTPS_PROXY names, could not be reached"
	for name, at := range map[string]string{
		"nothing there": "http://alice:" + password + "@" + closedPort(t),
		"no TLS there":  "https://alice:" + password + "@" + listen(t, func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 400 no\r\n\r\n") }),
	} {
		printed := asking(t, target, "HTTPS_PROXY="+at)
		if !strings.Contains(printed, unreachable) || strings.Contains(printed, password) {
			t.Errorf("%s: %s", name, printed)
		}
	}
}

// Trouble before the proxy has connected is the proxy's: net/http tells it as the host's, and quotes what came.
func TestWhatIsNoProxyIsNamed(t *testing.T) {
	t.Parallel()
	const password = "canary-of-a-password"
	for name, c := range map[string]struct {
		serve func(c net.Conn, asked string)
		want  string
		id    ui.ID
	}{
		"hangs up":      {func(net.Conn, string) {}, " does not answer as a proxy does", "proxy-no-answer"},
		"is none":       {func(c net.Conn, _ string) { _, _ = io.WriteString(c, "SSH-2.0-OpenSSH_9.9\r\n\r\n") }, " does not answer as a proxy does", "proxy-no-answer"},
		"repeats":       {func(c net.Conn, asked string) { _, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n"+asked+"\r\n\r\n") }, " does not answer as a proxy does", "proxy-no-answer"},
		"is silent":     {func(c net.Conn, _ string) { _, _ = io.Copy(io.Discard, c) }, ", which HTTPS_PROXY names, did not connect to idp.acme.test in time", "proxy-no-answer"},
		"has connected": {func(c net.Conn, _ string) { _, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n") }, "idp.acme.test closed the connection", "connection-cut"},
	} {
		address := listen(t, func(conn net.Conn) {
			if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				c.serve(conn, r.Header.Get("Proxy-Authorization"))
			}
		})
		limit := "2m"
		if name == "is silent" {
			limit = "2s"
		}
		printed := asking(t, "https://idp.acme.test/", "HTTPS_PROXY=http://alice:"+password+"@"+address, "HTTPCLIENT_TEST_LIMIT="+limit)
		encoded := base64.StdEncoding.EncodeToString([]byte("alice:" + password))
		if !strings.Contains(printed, c.want) || !strings.HasSuffix(printed, "\nid="+string(c.id)+"\n") || strings.Contains(printed, password) || strings.Contains(printed, encoded) {
			t.Errorf("%s: %s", name, printed)
		}
	}
}

func TestAProxyThatInspectsTLSIsTrustedByTheBundleOnly(t *testing.T) {
	t.Parallel()
	certificate := certificateFor(t, "idp.acme.test", -time.Hour, time.Hour)
	address, _ := proxy(t, 200, func(c net.Conn) {
		inspected := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{certificate}})
		if _, err := http.ReadRequest(bufio.NewReader(inspected)); err == nil {
			_, _ = io.WriteString(inspected, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ninspected")
		}
	})
	printed := asking(t, "https://idp.acme.test/", "HTTPS_PROXY=http://"+address)
	if !strings.Contains(printed, "behind a TLS-inspecting proxy, point AWS_CA_BUNDLE at its CA certificate") {
		t.Errorf("without the bundle: %s", printed)
	}
	if printed := asking(t, "https://idp.acme.test/", "HTTPS_PROXY=http://"+address, "AWS_CA_BUNDLE="+bundleOf(t, certificate)); printed != "inspected" {
		t.Errorf("with the bundle: %s", printed)
	}
}

func TestThisMachineNeedsNoProxy(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }))
	t.Cleanup(server.Close)
	address, asked := proxy(t, 407, nil)
	if printed := asking(t, server.URL, "HTTP_PROXY=http://"+address, "HTTPS_PROXY=http://"+address); printed != "ok" || asked.Load() != 0 {
		t.Errorf("%s, the proxy was asked %d times", printed, asked.Load())
	}
}
