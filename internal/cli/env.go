package cli

import (
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/source"
	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Process is what a program finds when it starts.
type Process struct {
	Streams    *ui.Streams
	Getenv     func(name string) string
	Environ    func() []string // for a child
	Now        func() time.Time
	Arg0       string // the name that it was called by
	Version    Version
	Passphrase secret.String // of the encrypted file, taken out of the environment; may be zero
}

// Env is what a command may touch, and nothing more. What takes work is made on demand, each by a method that needs no
// other to have run before: `credential-process` must not pay for what `login` uses.
type Env struct {
	Process
	Console ui.Console // where words for people go; those of SDKs' helpers are for another program

	settings func() (*config.Settings, error)
	debug    *bool
	debugTo  io.Writer // stderr, even where words for another program are bounded
}

// NewEnv is the Env of a command that a person types.
func NewEnv(p Process) *Env {
	return &Env{
		Process: p, Console: ui.Person{Streams: p.Streams}, debug: new(bool), debugTo: p.Streams.Err,
		settings: sync.OnceValues(func() (*config.Settings, error) { return config.Load(p.Getenv) }),
	}
}

// of is the Env of a command. The terminal and the words of a helper are those of another program: plain, and nothing
// about waiting.
func (e *Env) of(c Command) *Env {
	if !c.ForSDKs {
		return e
	}
	helper, streams := *e, *e.Streams
	if screen, ok := streams.Err.(*ui.Screen); ok {
		streams.Err = screen.Terminal
	}
	helper.debugTo = streams.Err
	if c.Words != nil {
		streams.Err = c.Words(streams.Err)
	}
	helper.Streams, helper.Console = &streams, ui.Quiet{Err: streams.Err}
	return &helper
}

// Settings are the person's own, read once.
func (e *Env) Settings() (*config.Settings, error) { return e.settings() }

// MapFile is the file the access map is read from: the one that DBXACCESS_MAP names, else the copy that `init` took.
func (e *Env) MapFile() (path string, named bool, err error) {
	settings, err := e.Settings()
	if err != nil {
		return "", false, err
	}
	if settings.Map != "" {
		path, err = filepath.Abs(settings.Map)
		return path, true, err
	}
	return filepath.Join(settings.Dir, source.CopyName), false, nil
}

// Map parses the access map and reports the file's stamp.
func (e *Env) Map() (*accessmap.Map, source.Stamp, error) {
	path, named, err := e.MapFile()
	if err != nil {
		return nil, source.Stamp{}, err
	}
	if named {
		return source.Load(path)
	}
	m, _, stamp, err := source.LoadCopy(filepath.Dir(path))
	return m, stamp, err
}

// Log writes to stderr with --debug, else nowhere: see debugLog.
func (e *Env) Log() *slog.Logger {
	if !*e.debug {
		return slog.New(slog.DiscardHandler)
	}
	return debugLog(e.debugTo)
}

// HTTP returns a client with the program's rules, which tells the console whom it waits for. maxBody bounds an answer in
// bytes, 0 for the usual bound.
func (e *Env) HTTP(maxBody int64) *http.Client {
	client := httpclient.New(httpclient.Options{
		CABundle:  e.Getenv("AWS_CA_BUNDLE"),
		UserAgent: "dbxaccess/" + e.Version.Number[1:],
		MaxBody:   maxBody,
		Log:       e.Log(),
	})
	client.Transport = waitedFor{client.Transport, e.Console}
	return client
}

// waitedFor tells of each request that takes long whom it waits for.
type waitedFor struct {
	http.RoundTripper
	console ui.Console
}

func (w waitedFor) RoundTrip(r *http.Request) (*http.Response, error) {
	defer w.console.Progress("waiting for " + ui.Clean(r.URL.Host))()
	return w.RoundTripper.RoundTrip(r)
}
