package desktop

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/peer"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// linkWait bounds waiting for the browser to fetch the link.
const linkWait = 30 * time.Second

func noBrowser() ui.Fix {
	return ui.Advice("have the link printed: the same command with --no-browser")
}

// OpenSecret opens a link by open, which starts a browser, without showing it to other people: the browser is started with an address on
// this machine that redirects it, once. All users can read a command line, and a sign-in link is a key. Where the
// system shows whose a connection is, no other user's is answered.
func OpenSecret(ctx context.Context, open func(address string) error, link secret.String) error {
	ctx, cancel := context.WithTimeout(ctx, linkWait)
	defer cancel()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return ui.Errorf("browser-listen", ui.Failed, "listening for the browser: %w", err).With(noBrowser())
	}
	path, fetched := "/"+rand.Text(), make(chan struct{})
	server := &http.Server{
		Handler:           ourOwn(redirectOnce(listener.Addr().String(), path, link, fetched)),
		ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 5 * time.Second, MaxHeaderBytes: 16 << 10,
		ErrorLog: log.New(io.Discard, "", 0),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	browserless := make(chan error, 1)
	go func() {
		if err := open("http://" + listener.Addr().String() + path); err != nil {
			browserless <- ui.Errorf("browser-start", ui.Failed, "the browser could not be started: %w", err).With(noBrowser())
		}
	}()
	select {
	case <-fetched:
	case err = <-browserless:
	case err = <-served:
		err = ui.Errorf("browser-listen", ui.Failed, "listening for the browser: %w", err).With(noBrowser())
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	select {
	case <-fetched: // then no error matters
		err = nil
	default:
	}
	closing, done := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer done()
	_ = server.Shutdown(closing) // the answer under way is still written
	if errors.Is(err, context.DeadlineExceeded) {
		return ui.Errorf("browser-absent", ui.Failed, "no browser came for the link within %s", linkWait).With(noBrowser())
	}
	return err
}

// ourOwn answers connections of this person's programs only, where the system shows whose they are.
func ourOwn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
		if !ok || !peer.IsOurs(r.RemoteAddr, local.String()) {
			http.NotFound(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// redirectOnce redirects the first request for path to the link; everything else finds nothing. The Host is compared
// because a web page may have its own name resolve to this machine.
func redirectOnce(host, path string, link secret.String, fetched chan<- struct{}) http.Handler {
	once := make(chan struct{}, 1)
	once <- struct{}{}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer")
		if r.Method != http.MethodGet || r.Host != host || r.URL.Path != path {
			http.NotFound(w, r)
			return
		}
		select {
		case <-once:
			http.Redirect(w, r, link.Reveal(), http.StatusSeeOther)
			close(fetched)
		default:
			http.Error(w, "This address worked once. Run dbxaccess console again.", http.StatusGone)
		}
	})
}
