// Package sandbox is the double of the servers that dbxaccess talks to: an OpenID Connect provider, AWS STS with the
// console's sign-in, AWS IAM Identity Center, the issuers of machines' tokens, and a Databricks workspace, in one process,
// on loopback. Tests and the demo use it.
//
// In come the requests of a client under test, a person's clicks on the approval page (or Approve, which stands for
// them), and instructions: Set changes how the servers behave, Inject makes single answers fail. Out go answers as the
// real servers give them, and a record: how often each endpoint was asked, every STS call and token exchange, and each
// request that a real server would not have expected, on which a test fails.
//
// It checks what the real ones check (signatures, PKCE, redirects, trust), so that a client which passes here is not
// merely one that was humoured. It must never listen anywhere but on 127.0.0.1, and must never be linked into the
// product: its users have no passwords.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	// clientID is of the one client registered at the provider.
	clientID = "dbxaccess-sandbox"
	// issuerPath gives the issuer a path, as Okta's, Keycloak's and Dex's have one: joining URLs wrongly then shows.
	issuerPath = "/oidc"
)

// Options of a sandbox. The zero value is a good one.
type Options struct {
	Now      func() time.Time   // nil: time.Now
	Port     int                // of 127.0.0.1; 0: any free one. A known port lets a stopped sandbox come back.
	Keys     *Keys              // the provider's signing keys; nil: new ones. Tests share them to save time.
	Trust    []Trust            // nil: DefaultTrust
	Policies []FederationPolicy // of the Databricks account; nil: DefaultPolicies
}

// Server is a running sandbox. All methods may be called from several goroutines.
type Server struct {
	now       func() time.Time
	keys      *Keys
	users     []User
	trust     []Trust
	policies  []FederationPolicy
	providers map[Kind]*provider
	pages     *template.Template
	address   string // host:port, known once Start listens

	lifecycle sync.Mutex   // guards stop
	stop      func() error // nil while closed

	// One lock, held while a request is answered: a double needs no parallelism, and its records need none to be torn.
	mu              sync.Mutex
	behaviour       Behaviour
	grants          grants
	refresh         map[string]*family // by every refresh token ever issued
	sessions        map[string]*session
	issued          map[string]credentials    // by the access key
	signIns         map[string]*signin        // by the sign-in token
	workspaceTokens map[string]workspaceToken // by the access token
	center          center
	requestToken    string // of a job of GitHub Actions; "" until GitHubEnv gave it out
	faults          []*Fault
	record          record
}

// Start opens a sandbox on 127.0.0.1. It ends with Close or with ctx, whichever comes first.
func Start(ctx context.Context, o Options) (*Server, error) {
	s := &Server{
		now:             o.Now,
		keys:            o.Keys,
		users:           users(),
		trust:           o.Trust,
		policies:        o.Policies,
		behaviour:       DefaultBehaviour(),
		grants:          newGrants(),
		refresh:         map[string]*family{},
		sessions:        map[string]*session{},
		issued:          map[string]credentials{},
		signIns:         map[string]*signin{},
		workspaceTokens: map[string]workspaceToken{},
		center:          newCenter(),
		record:          newRecord(),
	}
	var err error
	if s.providers, err = providers(); err != nil {
		return nil, err
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.trust == nil {
		s.trust = DefaultTrust()
	}
	if s.policies == nil {
		s.policies = DefaultPolicies()
	}
	if s.keys == nil {
		keys, err := NewKeys()
		if err != nil {
			return nil, err
		}
		s.keys = keys
	}
	pages, err := parsePages()
	if err != nil {
		return nil, err
	}
	s.pages = pages
	listener, err := listen(ctx, net.JoinHostPort("127.0.0.1", strconv.Itoa(o.Port)))
	if err != nil {
		return nil, err
	}
	s.address = listener.Addr().String()
	s.stop = s.serve(ctx, listener)
	return s, nil
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp4", address)
	if err != nil {
		return nil, fmt.Errorf("opening the sandbox's port: %w", err)
	}
	return listener, nil
}

// Restart opens a closed sandbox again: same address, same keys, same refresh tokens and records, as a provider that
// was down for a while.
func (s *Server) Restart(ctx context.Context) error {
	s.lifecycle.Lock()
	defer s.lifecycle.Unlock()
	if s.stop != nil {
		return errors.New("the sandbox is running already")
	}
	listener, err := listen(ctx, s.address)
	if err != nil {
		return err
	}
	s.stop = s.serve(ctx, listener)
	return nil
}

// serve answers on the listener until the returned function is called or ctx ends. The function returns once every
// goroutine of the server has ended.
func (s *Server) serve(ctx context.Context, listener net.Listener) (stop func() error) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	server := &http.Server{
		Handler:           s,
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
func (s *Server) Close() error {
	s.lifecycle.Lock()
	defer s.lifecycle.Unlock()
	if s.stop == nil {
		return nil
	}
	err := s.stop()
	s.stop = nil
	return err
}

// Issuer is the provider's issuer URL, without a trailing slash.
func (s *Server) Issuer() string { return s.origin() + issuerPath }

// STSURL is what AWS_ENDPOINT_URL_STS is set to.
func (s *Server) STSURL() string { return s.origin() }

// SigninURL is what AWS_ENDPOINT_URL_SIGNIN is set to: where the AWS console's federation endpoint is.
func (s *Server) SigninURL() string { return s.origin() }

// WorkspaceHost is the Databricks workspace as an access map and a client have it. The same server by the name localhost
// is another workspace, which takes none of this one's tokens.
func (s *Server) WorkspaceHost() string { return s.origin() }

// ClientID is the registered client.
func (s *Server) ClientID() string { return clientID }

// Address is the host:port that the sandbox listens on, also while it is closed.
func (s *Server) Address() string { return s.address }

// VerificationURL is the page on which a person approves a device code. With a user code, the page is filled in.
func (s *Server) VerificationURL(userCode string) string {
	if userCode == "" {
		return s.origin() + devicePath
	}
	return s.origin() + devicePath + "?user_code=" + userCode
}

func (s *Server) origin() string { return "http://" + s.address }

// clock is the time that all the servers believe in. The lock must be held.
func (s *Server) clock() time.Time { return s.now().Add(s.behaviour.Skew) }
