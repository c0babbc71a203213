package serve

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/credential"
)

// The first request must not answer for a second one behind it.
func TestRequestsInOneConnectionAreLookedAtEach(t *testing.T) {
	t.Parallel()
	s := loopback(t, nil, grantOf(t, "trainer", works))
	at := s.Endpoints()[0]
	head := " HTTP/1.1\r\nHost: " + s.listener.Addr().String() + "\r\n"
	conn := connect(t, s)
	_, _ = io.WriteString(conn, "GET "+pathOf(t, at.AWS)+head+"Authorization: "+at.AWSToken.Reveal()+"\r\n\r\n"+"GET "+pathOf(t, at.AWS)+head+"\r\n")
	answers := bufio.NewReader(conn)
	for _, status := range []int{200, 403} {
		resp, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != status {
			t.Errorf("%s, not %d", resp.Status, status)
		}
	}
}

// Workers that start at one moment have all connected before the first of them is answered.
func TestManyWorkersAtOnce(t *testing.T) {
	t.Parallel()
	s := loopback(t, nil, grantOf(t, "trainer", works))
	at := s.Endpoints()[0]
	conns := make([]net.Conn, 200)
	for i := range conns {
		conns[i] = connect(t, s)
	}
	for _, conn := range conns { // all at once: each has the time of headerWait for its request
		_, _ = io.WriteString(conn, "GET "+pathOf(t, at.AWS)+" HTTP/1.1\r\nHost: "+s.listener.Addr().String()+
			"\r\nAuthorization: "+at.AWSToken.Reveal()+"\r\n\r\n")
	}
	for i, conn := range conns {
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("worker %d of %d: %v", i, len(conns), err)
		}
		if resp.StatusCode != http.StatusOK {
			t.Errorf("worker %d: %s", i, resp.Status)
		}
		_ = resp.Body.Close()
	}
}

// More connections than are allowed, which say nothing, or half a header, keep no client out, and are bounded.
func TestIdleConnections(t *testing.T) {
	t.Parallel()
	s := loopback(t, nil, grantOf(t, "trainer", works))
	at := s.Endpoints()[0]
	for i := range maxConnections + 200 {
		conn, err := net.Dial("tcp", s.listener.Addr().String())
		if err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
		defer func() { _ = conn.Close() }()
		if i%2 == 1 {
			_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: ")
		}
		if i%100 == 99 {
			began := time.Now()
			resp := get(t, at.AWS, map[string]string{"Authorization": at.AWSToken.Reveal()})
			if took := time.Since(began); resp.StatusCode != http.StatusOK || took > 30*time.Second {
				t.Errorf("beside %d others: %s after %s", i, resp.Status, took)
			}
			_ = resp.Body.Close()
		}
	}
	conn := connect(t, s)
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\n"); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(headerWait + time.Minute))
	if rest, err := io.ReadAll(conn); err != nil {
		t.Errorf("half a header keeps its connection: %q, %v", rest, err)
	}
}

func TestTheOldestIdleConnectionGoes(t *testing.T) {
	t.Parallel()
	conns := make([]net.Conn, 4)
	for i := range conns {
		conns[i], _ = net.Pipe()
	}
	c := connections{most: 3}
	c.note(conns[0], http.StateNew)
	c.note(conns[0], http.StateActive)
	c.note(conns[1], http.StateNew)
	c.note(conns[2], http.StateNew)
	if got := c.note(conns[3], http.StateNew); got != conns[1] {
		t.Error("not the one that waits longest for a request")
	}
	c.note(conns[1], http.StateClosed)
	for _, conn := range conns[1:] {
		c.note(conn, http.StateClosed)
	}
	c.note(conns[1], http.StateActive)
	c.note(conns[2], http.StateActive)
	if got := c.note(conns[3], http.StateNew); got != conns[3] {
		t.Error("one that answers was closed for a new one")
	}
}

// After Close there are no goroutines and descriptors more than before.
func TestNothingIsLeft(t *testing.T) { //nolint:paralleltest // it counts what the process has
	count := func() (goroutines, files int) {
		entries, _ := os.ReadDir("/proc/self/fd")
		return runtime.NumGoroutine(), len(entries)
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections() //nolint:forcetypeassert // it is one
	goroutines, files := count()
	for range 20 {
		ctx, cancel := context.WithCancel(t.Context())
		never := Keep[*credential.AWS]{Ahead: AheadAWS, Fetch: func(ctx context.Context, _ time.Duration) (*credential.AWS, time.Time, error) {
			<-ctx.Done()
			return nil, time.Time{}, ctx.Err()
		}}.Start(ctx)
		s, err := Loopback([]Grant{{Role: "slow", AWS: never}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		at := s.Endpoints()[0]
		idle := connect(t, s)
		waiting := connect(t, s)
		_, _ = io.WriteString(waiting, "GET "+pathOf(t, at.AWS)+" HTTP/1.1\r\nHost: "+s.listener.Addr().String()+"\r\nAuthorization: "+at.AWSToken.Reveal()+"\r\n\r\n")
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		cancel()
		for _, conn := range []net.Conn{idle, waiting} {
			_ = conn.Close()
		}
		if _, err := net.Dial("tcp", s.listener.Addr().String()); err == nil {
			t.Error("it still listens")
		}
	}
	deadline := time.Now().Add(time.Minute)
	for {
		nowGoroutines, nowFiles := count()
		if nowGoroutines <= goroutines+1 && nowFiles <= files+1 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("from %d to %d goroutines, from %d to %d files", goroutines, nowGoroutines, files, nowFiles)
		}
		runtime.Gosched()
	}
}

// Whose the connection was can't be told any more, which is no news of another user.
func TestAClientThatHasGoneIsNobodyElses(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" || os.Getuid() == 0 { // whose closed connections are listed as its own
		return
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	client, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if err := checkPeer(server); err != nil {
		t.Error(err)
	}
	_ = client.Close()
	_, _ = io.Copy(io.Discard, server)                                    // until the end has arrived
	if err := checkPeer(server); err != nil && !errors.Is(err, errGone) { // some kernels still know whose it was
		t.Errorf("a closed end: %v", err)
	}
	_ = server.Close()
	if err := checkPeer(server); !errors.Is(err, errGone) {
		t.Errorf("our own closed end: %v", err)
	}
}
