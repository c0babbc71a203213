package cli

import (
	"io"
	"iter"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/source"
	"github.com/dbxaccess/dbxaccess/internal/ancestors"
	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/lease"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Process is what the operating system gives a program at its start.
type Process struct {
	Streams    *ui.Streams
	Getenv     func(name string) string
	Environ    func() []string // for a child
	Now        func() time.Time
	Arg0       string   // the name that it was called by
	Args       []string // the rest of the command line
	Version    Version
	Passphrase secret.String // of the encrypted file, taken out of the environment; may be zero
	Unharden   func()        // for a program in our place, see package harden
	// Above are the programs that this one descends from, nearest first; nil for none.
	Above iter.Seq[ancestors.Program]
}

// Env is all that a command may touch. Expensive parts are built on demand, by methods that can be called in any order:
// `credential-process` must not pay for what `login` uses.
type Env struct {
	Process
	Console ui.Console // messages for people; a helper's end in the log of the program that started it

	settings func() (*config.Settings, error)
	unlocked *atomic.Pointer[secret.String] // what the passphrase command has printed
	shipping *shipping
	asking   *asking
	holder   *lease.Holder // that HeldBy has named
	debug    *bool
	debugTo  io.Writer // stderr, even where words for another program are bounded
}

// NewEnv is the Env of an interactive command.
func NewEnv(p Process) *Env {
	return &Env{
		Process: p, Console: ui.Person{Streams: p.Streams}, unlocked: new(atomic.Pointer[secret.String]), shipping: new(shipping), asking: &asking{above: p.Above}, holder: new(lease.Holder),
		debug: new(bool), debugTo: p.Streams.Err,
		settings: sync.OnceValues(func() (*config.Settings, error) { return config.Load(p.Getenv) }),
	}
}

// forCommand is the Env of a command. An SDK's helper gets plain messages without progress, as another program reads them.
func (e *Env) forCommand(c Command) *Env {
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

// Anew is the Env of the same process as if it started now: the settings are read again.
func (e *Env) Anew(console ui.Console) *Env {
	next := NewEnv(e.Process)
	next.Console, next.unlocked, next.shipping, next.asking, next.holder, next.debug, next.debugTo = console, e.unlocked, e.shipping, e.asking, e.holder, e.debug, e.debugTo
	return next
}

// Settings reads the user's settings, once.
func (e *Env) Settings() (*config.Settings, error) { return e.settings() }

// MapFile is the file the access map is read from: the one that DBXACCESS_MAP names (named), else the copy that `init` keeps.
func (e *Env) MapFile() (path string, named bool, err error) {
	settings, err := e.Settings()
	if err != nil {
		return "", false, err
	}
	return settings.MapFile()
}

// RecordDir is the directory of the record, which is beside the settings.
func (e *Env) RecordDir() (string, error) {
	settings, err := e.Settings()
	if err != nil {
		return "", err
	}
	return filepath.Join(settings.Dir, "audit"), nil
}

// Map parses the access map and reports the file's stamp. One that wants a newer program is an error.
func (e *Env) Map() (*accessmap.Map, source.Stamp, error) {
	m, stamp, err := e.anyMap()
	if err == nil {
		err = e.Version.Serves(m.Defaults.MinVersion)
	}
	if err != nil {
		return nil, stamp, err
	}
	return m, stamp, nil
}

func (e *Env) anyMap() (*accessmap.Map, source.Stamp, error) {
	path, named, err := e.MapFile()
	if err != nil {
		return nil, source.Stamp{}, err
	}
	if named {
		return source.LoadTrusted(path)
	}
	agreed, err := source.LoadCopy(filepath.Dir(path))
	if err == nil {
		err = agreed.Age.Expired(e.Now())
	}
	if err != nil {
		return nil, source.Stamp{}, err
	}
	return agreed.Map, agreed.Stamp, nil
}

// Contact is whom people ask, by the access map.
func (e *Env) Contact() string {
	m, _, err := e.Map()
	if err != nil {
		return access.Contact(&accessmap.Map{})
	}
	return ui.Clean(access.Contact(m))
}

// Log writes to stderr with --debug, else nowhere: see debugLog.
func (e *Env) Log() *slog.Logger {
	if !*e.debug {
		return slog.New(slog.DiscardHandler)
	}
	return debugLog(e.debugTo)
}

// HTTP returns a client with the program's rules, which shows on the console which host it waits for. maxBody bounds an
// answer in bytes, 0 for the usual bound.
func (e *Env) HTTP(maxBody int64) *http.Client {
	client := e.quietHTTP(maxBody)
	client.Transport = progressTransport{client.Transport, e.Console}
	return client
}

// quietHTTP is HTTP for what happens beside a command's own work.
func (e *Env) quietHTTP(maxBody int64) *http.Client {
	return httpclient.New(httpclient.Options{
		CABundle:  e.Getenv("AWS_CA_BUNDLE"),
		Getenv:    e.Getenv,
		UserAgent: "dbxaccess/" + e.Version.Number[1:],
		MaxBody:   maxBody,
		Log:       e.Log(),
	})
}

// progressTransport shows which host a slow request waits for.
type progressTransport struct {
	http.RoundTripper
	console ui.Console
}

func (w progressTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	defer w.console.Progress("waiting for " + ui.Clean(r.URL.Host))()
	return w.RoundTripper.RoundTrip(r)
}
