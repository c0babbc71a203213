// Package loopback waits on this machine for the browser that comes back from a sign-in (RFC 8252 §7.3).
//
// In comes the secret state of one sign-in, out comes the query that the browser brought with it; then the browser is shown
// a page that says how it went. The first GET of the right address with the right state decides. Whatever else knocks must
// change nothing, nothing of a request may get into a page, and nothing may listen once it is closed.
package loopback

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxQuery bounds the query that a browser comes back with, in bytes. The longest honest codes are a few thousand.
	maxQuery = 16 << 10
	// maxHeader bounds its header. Browsers send the cookies of a name to every port, no matter who set them.
	maxHeader = 128 << 10
	// pageTime is for how long the answer may take to get to the browser.
	pageTime = 2 * time.Second
)

// ErrNobodyCame: no browser came back in time.
var ErrNobodyCame = errors.New("nobody came back")

// Address is where a browser comes back to.
type Address struct {
	Host string // 127.0.0.1, or localhost where the provider ignores the port for that name alone
	Port int    // 0: any free one
	Path string // "" where the address is registered without one, which browsers ask for as "/"
}

// String is the address as a provider is told it. A port that is any stands as PORT.
func (a Address) String() string {
	port := "PORT"
	if a.Port != 0 {
		port = strconv.Itoa(a.Port)
	}
	return redirect(net.JoinHostPort(a.Host, port), a.Path)
}

func redirect(host, path string) string { return "http://" + host + path }

// Reception waits for the browser to come back.
type Reception struct {
	Redirect string // the whole address

	host  string // of the address, with its port
	path  string
	state string
	peer  func(remote, local string) bool

	server   *http.Server
	serving  sync.WaitGroup
	taken    atomic.Bool
	arrivals chan *Arrival // of one at most
	closed   chan struct{}
}

// Arrival is the browser that came back and waits for its page.
type Arrival struct {
	Query    url.Values    // its state is right
	outcome  chan bool     // whether the person is signed in
	answered chan struct{} // closed once the page is on its way
}

// Open opens a loopback address for the browser that brings state. peer reports whether the far end of a connection is this
// person's own program, by the addresses of both ends ("127.0.0.1:port" or "[::1]:port"); nobody else is answered. nil:
// everybody is believed. The error is that of listening.
func Open(ctx context.Context, at Address, state string, peer func(remote, local string) bool) (*Reception, error) {
	listeners, port, err := listen(ctx, at.Host, at.Port)
	if err != nil {
		return nil, err
	}
	host := net.JoinHostPort(at.Host, port)
	r := &Reception{
		Redirect: redirect(host, at.Path), host: host, path: cmp.Or(at.Path, "/"), state: state, peer: peer,
		arrivals: make(chan *Arrival, 1), closed: make(chan struct{}),
	}
	r.server = &http.Server{
		Handler: r, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: time.Minute, MaxHeaderBytes: maxHeader,
		ErrorLog: log.New(io.Discard, "", 0),
	}
	for _, listener := range listeners {
		r.serving.Go(func() { _ = r.server.Serve(listener) })
	}
	return r, nil
}

// Close ends it all: listeners, connections, and requests that still wait.
func (r *Reception) Close() {
	close(r.closed)
	_ = r.server.Close()
	r.serving.Wait()
}

// Wait returns the browser that came back; ErrNobodyCame if none did, or ctx's error.
func (r *Reception) Wait(ctx context.Context, most time.Duration) (*Arrival, error) {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case came := <-r.arrivals:
		return came, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-timer.C:
		return nil, ErrNobodyCame
	}
}

// Answer has the browser show how it went, and waits until it could.
func (a *Arrival) Answer(signedIn bool) {
	a.outcome <- signedIn
	select {
	case <-a.answered:
	case <-time.After(pageTime):
	}
}

// ServeHTTP implements http.Handler. The Host is compared because a web page may have its own name resolve to this
// machine.
func (r *Reception) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	switch {
	case !r.knows(req), req.Host != r.host, req.URL.EscapedPath() != r.path:
		turnAway(w, http.StatusNotFound)
		return
	case req.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		turnAway(w, http.StatusMethodNotAllowed)
		return
	case len(req.URL.RawQuery) > maxQuery:
		turnAway(w, http.StatusRequestURITooLong)
		return
	}
	query, err := url.ParseQuery(req.URL.RawQuery)
	if err != nil || len(query["state"]) != 1 || subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(r.state)) != 1 {
		turnAway(w, http.StatusBadRequest)
		return
	}
	if !r.taken.CompareAndSwap(false, true) {
		turnAway(w, http.StatusGone)
		return
	}
	came := &Arrival{Query: query, outcome: make(chan bool, 1), answered: make(chan struct{})}
	defer close(came.answered)
	r.arrivals <- came
	select {
	case signedIn := <-came.outcome:
		writePage(w, signedIn)
	case <-r.closed: // nobody waits any more
		writePage(w, false)
	}
}

// knows reports whether the far end is this person's own, as far as anybody can tell.
func (r *Reception) knows(req *http.Request) bool {
	if r.peer == nil {
		return true
	}
	local, ok := req.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return ok && r.peer(req.RemoteAddr, local.String())
}
