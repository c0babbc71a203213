// Package serve hands credentials to programs for as long as they run: AWS's container credentials and Databricks' metadata
// service on loopback, and both on a Unix socket, with the socket's client.
//
// In comes, for each role, what fetches its credentials (Keep); out come answers from memory, renewed ahead of time. A server
// has a fixed set of grants: no request can name another role, host or scope. It must never answer another user's program
// where the system tells whose it is, a web page, or anyone without the secret of the very grant; never wait longer than the
// clients do; and never hand out what has ended.
package serve

import (
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/credential"
)

// Grant is what one role gives.
type Grant struct {
	Role     string // of the access map
	Identity string // of the access map, through which the role is had
	Profile  string // of the AWS files: another name by which a client of the socket may ask; may be empty
	Region   string // of AWS; may be empty
	NoCopies bool   // who takes it must not print it or put it into variables: the map's policy has env: deny for its data
	Run      string // that the credentials are of; "" for none

	AWS        *Kept[*credential.AWS] // nil where the role has none
	Workspaces []Workspace
}

// Workspace is one Databricks workspace, or account console, of a role.
type Workspace struct {
	Place
	Token *Kept[*credential.Token]
}

// Server answers until it is closed.
type Server struct {
	http     *http.Server
	listener net.Listener
	served   chan struct{} // closed once nothing is accepted any more
	cleanup  func()

	endpoints []Endpoints
}

const (
	// A client that has connected sends its request at once.
	headerWait, idleWait = 3 * time.Second, 30 * time.Second
	// writeWait is the time for an answer, with that to get it.
	writeWait = answerWait + 3*time.Second
	// maxHeader bounds a request's header, in bytes; net/http allows 4 KiB more.
	maxHeader = 8 << 10
	// maxConnections bounds those that are open at once: see connections. A machine's worth of workers starts at one moment,
	// each with a connection of its own.
	maxConnections = 1024
)

// start serves a handler on a listener.
func start(listener net.Listener, handler http.Handler, cleanup func()) *Server {
	s := &Server{listener: listener, served: make(chan struct{}), cleanup: cleanup}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	s.http = &http.Server{
		Handler: handler, Protocols: protocols, DisableGeneralOptionsHandler: true,
		ReadHeaderTimeout: headerWait, ReadTimeout: headerWait, WriteTimeout: writeWait, IdleTimeout: idleWait,
		MaxHeaderBytes: maxHeader, ErrorLog: log.New(io.Discard, "", 0),
		ConnState:   (&connections{most: maxConnections}).changed,
		ConnContext: withPeer,
	}
	go func() {
		defer close(s.served)
		_ = s.http.Serve(listener)
	}()
	return s
}

// Close ends the server with all its connections.
func (s *Server) Close() error {
	err := s.http.Close()
	<-s.served
	s.cleanup()
	return err
}

// Served is closed once the server accepts no more connections: after Close, or when its listener failed.
func (s *Server) Served() <-chan struct{} { return s.served }
