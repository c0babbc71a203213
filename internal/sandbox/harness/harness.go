// Package harness is what the servers of a sandbox have in common: they answer at one address, under one lock, by one clock.
//
// In come their routes, and instructions: Set changes how they behave, Inject makes single answers fail. Out go the answers,
// and a record: how often each endpoint was asked, the secrets that were handed out, and each request that no orderly client
// sends, on which a test fails. It must never listen anywhere but on 127.0.0.1, and knows nothing of what the servers do.
package harness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	// ClientID is of the one client that is registered at the provider.
	ClientID = "dbxaccess-sandbox"
	// Account is the AWS account that the sandbox's roles live in.
	Account = "111122223333"
)

// Harness holds a sandbox's servers. Its lock is held while a request is answered: a double needs no parallelism, and its
// records need none to be torn. Methods say so where the caller must hold it.
type Harness struct {
	sync.Mutex
	Behaviour Behaviour // under the lock
	// Told gets each secret that is handed out, a line each; nil: nobody does. Under the lock.
	Told io.Writer

	now      func() time.Time
	address  string // host:port
	listener net.Listener
	routes   []Route

	faults     []*Fault
	calls      map[Endpoint]int
	unexpected []string
	secrets    []string

	lifecycle sync.Mutex   // guards stop
	stop      func() error // nil while closed
}

// New opens a port of 127.0.0.1, 0 for any free one; a known one lets a stopped sandbox come back. Nothing is answered before
// Serve. now is the clock, nil for time.Now.
func New(ctx context.Context, now func() time.Time, port int) (*Harness, error) {
	if now == nil {
		now = time.Now
	}
	h := &Harness{
		Behaviour: DefaultBehaviour(), now: now, address: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), calls: map[Endpoint]int{},
	}
	if err := h.listen(ctx); err != nil {
		return nil, err
	}
	h.address = h.listener.Addr().String()
	return h, nil
}

func (h *Harness) listen(ctx context.Context) (err error) {
	var lc net.ListenConfig
	if h.listener, err = lc.Listen(ctx, "tcp4", h.address); err != nil {
		return fmt.Errorf("opening the sandbox's port: %w", err)
	}
	return nil
}

// Serve begins to answer. It ends with Close or with ctx, whichever comes first.
func (h *Harness) Serve(ctx context.Context, routes []Route) {
	h.lifecycle.Lock()
	defer h.lifecycle.Unlock()
	h.routes = routes
	h.stop = h.serve(ctx)
}

// Restart opens a closed sandbox again: same address, same keys, same refresh tokens and records, as servers that were down
// for a while.
func (h *Harness) Restart(ctx context.Context) error {
	h.lifecycle.Lock()
	defer h.lifecycle.Unlock()
	if h.stop != nil {
		return errors.New("the sandbox is running already")
	}
	if err := h.listen(ctx); err != nil {
		return err
	}
	h.stop = h.serve(ctx)
	return nil
}

// serve answers on the listener until the returned function is called or ctx ends. The function returns once every
// goroutine of the server has ended.
func (h *Harness) serve(ctx context.Context) (stop func() error) {
	ctx, cancel := context.WithCancel(ctx)
	listener := h.listener
	var running sync.WaitGroup
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       time.Minute,
		// Dropped connections and clients that gave up are what the tests ask for, not news.
		ErrorLog:    log.New(io.Discard, "", 0),
		BaseContext: func(net.Listener) context.Context { return ctx },
		// net/http doesn't wait for its connections' goroutines when it is closed. StateNew is reported while Serve
		// still runs, so the count can't rise from zero after the wait began.
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				running.Add(1)
			case http.StateClosed, http.StateHijacked:
				running.Done()
			}
		},
	}
	running.Go(func() {
		// Serve returns when the server is closed; its error says no more than that.
		_ = server.Serve(listener)
	})
	closed := make(chan error, 1)
	running.Go(func() {
		<-ctx.Done()
		closed <- server.Close()
	})
	return func() error {
		cancel()
		running.Wait()
		return <-closed
	}
}

// Close ends the sandbox: the port is free and no goroutine of it runs when Close returns. Closing twice is harmless.
func (h *Harness) Close() error {
	h.lifecycle.Lock()
	defer h.lifecycle.Unlock()
	if h.stop == nil {
		return nil
	}
	err := h.stop()
	h.stop = nil
	return err
}

// Address is the host:port that the sandbox listens on, also while it is closed.
func (h *Harness) Address() string { return h.address }

// Origin is where all servers are, without a trailing slash.
func (h *Harness) Origin() string { return "http://" + h.address }

// Clock is the time that all the servers believe in. The lock must be held.
func (h *Harness) Clock() time.Time { return h.now().Add(h.Behaviour.Skew) }
