package secretservice

import (
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
)

// HungBus is a socket that takes every connection and never says a word, like a bus whose owner is stopped.
type HungBus struct {
	Address string // for DBUS_SESSION_BUS_ADDRESS

	calls atomic.Int32
}

// Hang opens a hung bus. It closes when the test is over.
func Hang(t testing.TB) *HungBus {
	t.Helper()
	dir, err := os.MkdirTemp("", "hung-")
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "socket")
	listener, err := net.Listen("unix", socket) //nolint:noctx // closed by the cleanup
	if err != nil {
		t.Fatal(err)
	}
	h := &HungBus{Address: "unix:path=" + socket}
	done := make(chan struct{})
	go func() {
		defer close(done)
		var open []net.Conn
		for {
			conn, err := listener.Accept()
			if err != nil {
				break
			}
			h.calls.Add(1)
			open = append(open, conn)
		}
		for _, conn := range open {
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-done
		_ = os.RemoveAll(dir)
	})
	return h
}

// Calls tells how many connections were taken so far.
func (h *HungBus) Calls() int { return int(h.calls.Load()) }
