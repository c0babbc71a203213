package login

import (
	"context"
	"crypto/subtle"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	callbackPath = "/callback"
	// centerPath is the one that the AWS CLI registers with Identity Center: known to be taken.
	centerPath = "/oauth/callback"
	// maxCallback bounds the query that a browser comes back with, in bytes. The longest honest codes are a few thousand.
	maxCallback = 16 << 10
	// maxCallbackHeader bounds its header. Browsers send the cookies of a name to every port, whoever set them.
	maxCallbackHeader = 128 << 10
	// pageTime is for how long the answer may take to get to the browser.
	pageTime = 2 * time.Second
)

var errNobodyCame = errors.New("nobody came back")

// reception waits on a loopback address for the browser to come back. The first request with the right state decides;
// whatever else knocks is turned away and changes nothing.
type reception struct {
	redirect string // the whole address
	path     string
	host     string // of the address, with its port
	state    string
	peer     func(remote, local string) bool // nil: everybody is let in

	server   *http.Server
	serving  sync.WaitGroup
	taken    atomic.Bool
	arrivals chan *arrival // of one at most
	closed   chan struct{}
}

// arrival is the browser that came back and waits for its page.
type arrival struct {
	query    url.Values
	outcome  chan bool     // whether the person is signed in
	answered chan struct{} // closed once the page is on its way
}

// receive opens the loopback address. A port that is taken is Failed and says how to do without.
func (c *Client) receive(ctx context.Context, p Provider, e *Endpoints, state string) (*reception, error) {
	host := p.redirectHost()
	listeners, port, err := listenLoopback(ctx, host, p.RedirectPort)
	if err != nil {
		if p.RedirectPort == 0 {
			return nil, ui.Fault(ui.Failed, p.otherwise(e), "listening for the browser: %w", err)
		}
		return nil, ui.Fault(ui.Failed, p.otherwise(e)+"\n"+
			"or stop the program that has the port, or give another one as redirect_port of the identity in the access map",
			"listening for the browser on port %d: %w", p.RedirectPort, err)
	}
	r := &reception{
		host: net.JoinHostPort(host, port), path: p.callbackPath(), state: state, peer: c.Peer,
		arrivals: make(chan *arrival, 1), closed: make(chan struct{}),
	}
	r.redirect = redirectAddress(r.host, r.path)
	r.server = &http.Server{
		Handler: r, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: time.Minute, MaxHeaderBytes: maxCallbackHeader,
		ErrorLog: log.New(io.Discard, "", 0),
	}
	for _, listener := range listeners {
		r.serving.Go(func() { _ = r.server.Serve(listener) })
	}
	return r, nil
}

func redirectAddress(host, path string) string { return "http://" + host + path }

func (p Provider) callbackPath() string {
	if p.center() {
		return centerPath
	}
	return callbackPath
}

// close ends it all: listeners, connections, and requests that still wait.
func (r *reception) close() {
	close(r.closed)
	_ = r.server.Close()
	r.serving.Wait()
}

// wait returns the browser that came back; errNobodyCame if none did, or ctx's error.
func (r *reception) wait(ctx context.Context, most time.Duration) (*arrival, error) {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case came := <-r.arrivals:
		return came, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-timer.C:
		return nil, errNobodyCame
	}
}

// answer has the browser show how it went, and waits until it could.
func (a *arrival) answer(signedIn bool) {
	a.outcome <- signedIn
	select {
	case <-a.answered:
	case <-time.After(pageTime):
	}
}

// ServeHTTP implements http.Handler. The Host is compared because a web page may have its own name resolve to this
// machine.
func (r *reception) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	switch {
	case !r.knows(req), req.Host != r.host, req.URL.EscapedPath() != r.path:
		turnAway(w, http.StatusNotFound)
		return
	case req.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		turnAway(w, http.StatusMethodNotAllowed)
		return
	case len(req.URL.RawQuery) > maxCallback:
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
	came := &arrival{query: query, outcome: make(chan bool, 1), answered: make(chan struct{})}
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
func (r *reception) knows(req *http.Request) bool {
	if r.peer == nil {
		return true
	}
	local, ok := req.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return ok && r.peer(req.RemoteAddr, local.String())
}
