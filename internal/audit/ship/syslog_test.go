package ship

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// syslogServer is a double over TLS: serve gets each connection.
func syslogServer(t *testing.T, serve func(net.Conn)) (address, ca string) {
	t.Helper()
	certified := httptest.NewTLSServer(nil)
	certified.Close()
	ca = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certified.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{MinVersion: tls.VersionTLS12, Certificates: certified.TLS.Certificates})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serve(conn)
			_ = conn.Close()
		}
	}()
	return "tls://" + listener.Addr().String(), ca
}

// frames reads messages by their counts.
func frames(t *testing.T, data []byte) (all []string) {
	t.Helper()
	r := bufio.NewReader(bytes.NewReader(data))
	for {
		count, err := r.ReadString(' ')
		if errors.Is(err, io.EOF) && count == "" {
			return all
		}
		n, bad := strconv.Atoi(strings.TrimSuffix(count, " "))
		message := make([]byte, max(0, n))
		if _, err := io.ReadFull(r, message); err != nil || bad != nil {
			t.Fatalf("%q: %v, %v", count, err, bad)
		}
		all = append(all, string(message))
	}
}

func TestSyslogOverTLS(t *testing.T) {
	t.Parallel()
	read := make(chan []byte, 8)
	address, ca := syslogServer(t, func(conn net.Conn) {
		data, _ := io.ReadAll(conn)
		read <- data
	})
	want := lines(t, 3)
	want[1].Hostname, want[1].Activity = "büro 1", ""
	if _, err := open(t, Options{Type: Syslog, URL: address, CAFile: ca}).Send(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	got := frames(t, <-read)
	heads := []string{
		`<110>1 2026-11-01T09:00:01.123000Z laptop-7 dbxaccess - assume-role [meta sequenceId="1"] `,
		`<110>1 2026-11-01T09:00:02.123000Z b_ro_1 dbxaccess - - [meta sequenceId="2"] `,
		`<110>1 2026-11-01T09:00:03.123000Z laptop-7 dbxaccess - assume-role [meta sequenceId="3"] `,
	}
	for i, line := range want {
		if got[i] != heads[i]+string(line.Line) {
			t.Errorf("%s", got[i])
		}
	}
	long := slices.Clone(want)
	long[1].Line = []byte(strings.Repeat("x", maxMessage))
	_, err := open(t, Options{Type: Syslog, URL: address, CAFile: ca}).Send(t.Context(), long)
	if _, refused := errors.AsType[*RefusedError](err); !refused || ui.IDOf(err) != "audit-line-too-long" || len(read) != 0 {
		t.Errorf("a long line: %v", err)
	}
}

// A collector that goes down with lines in its buffers has not taken them.
func TestSyslogThatGoesDown(t *testing.T) {
	t.Parallel()
	n := 0
	var whole []byte
	done := make(chan struct{}, 8)
	address, ca := syslogServer(t, func(conn net.Conn) {
		defer func() { done <- struct{}{} }()
		if n++; n == 1 {
			_, _ = conn.Read(make([]byte, 10))
			_ = conn.(*tls.Conn).NetConn().(*net.TCPConn).SetLinger(0) // a reset
			_ = conn.(*tls.Conn).NetConn().Close()
			return
		}
		data, _ := io.ReadAll(conn)
		whole = append(whole, data...)
	})
	r := newRecord(t)
	r.add(1, 700)
	s := shipper(t, r, open(t, Options{Type: Syslog, URL: address, CAFile: ca}))
	if got, err := s.Ship(t.Context()); err == nil || got.Sent != 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	if got := must(t, s); got.Sent != 700 {
		t.Errorf("%+v", got)
	}
	for range n {
		<-done
	}
	var sent []string
	for _, message := range frames(t, whole) {
		_, line, _ := strings.Cut(message, "] ")
		sent = append(sent, line)
	}
	var want []string
	for entry := range audit.ReadFile(r.file(1)) {
		want = append(want, string(entry.Line))
	}
	if !slices.Equal(sent, want) {
		t.Error("what came is not the record")
	}
}

func TestSyslogOfAnUnknownAuthority(t *testing.T) {
	t.Parallel()
	address, _ := syslogServer(t, func(conn net.Conn) { _, _ = io.ReadAll(conn) })
	if _, err := open(t, Options{Type: Syslog, URL: address}).Send(t.Context(), lines(t, 1)); ui.IDOf(err) != "tls-unknown-authority" {
		t.Errorf("%v", err)
	}
}
