package broker_test

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/source"
	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/failure"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/lease"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/oidc"
	"github.com/dbxaccess/dbxaccess/internal/login/workload"
	"github.com/dbxaccess/dbxaccess/internal/sandbox"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/workspacelogin"
)

var signingKeys = sync.OnceValues(sandbox.NewKeys)

// world is a person's machine and the servers it talks to, with a clock that both share.
type world struct {
	t       *testing.T
	server  *sandbox.Server
	client  *http.Client
	keyring *store.Store
	dir     string
	mapPath string

	mu      sync.Mutex
	now     time.Time
	notices []string
	records []audit.Record
	refuse  error              // what the recorder answers
	refused audit.Activity     // "": to every record
	storing func()             // called once a session is stored; nil for nothing
	hearing func(audit.Record) // called before something is recorded; nil for nothing
}

// killing is the keyring as sessions see it.
type killing struct {
	*store.Store
	w *world
}

func (k killing) Set(ctx context.Context, key string, value []byte, meta store.Meta) error {
	err := k.Store.Set(ctx, key, value, meta)
	if k.w.storing != nil {
		k.w.storing()
	}
	return err
}

func newWorld(t *testing.T) *world {
	t.Helper()
	keys, err := signingKeys()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, dir: t.TempDir(), now: time.Now()}
	w.server, err = sandbox.Start(t.Context(), sandbox.Options{Keys: keys, Now: w.clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.server.Close() })
	w.client = httpclient.New(httpclient.Options{})
	w.mapPath = filepath.Join(w.dir, "map.yaml")
	w.writeMap(w.server.Map())
	w.inMemory()
	return w
}

func (w *world) inMemory() {
	w.t.Helper()
	w.keyring = w.open(store.Options{Selection: store.Selection{Backend: store.Memory}})
}

// inBubble runs a test where time is faked, with an empty keyring. The servers are outside, and no connection outlasts
// its request: time would stand still while one is open.
func (w *world) inBubble(test func(t *testing.T)) {
	w.t.Helper()
	synctest.Test(w.t, func(t *testing.T) {
		w.t = t
		w.inMemory() // what waits for its locks must do so in the bubble
		w.client.Transport = oneByOne{w.client.Transport}
		test(t)
	})
}

// oneByOne makes a connection for each request.
type oneByOne struct{ http.RoundTripper }

func (o oneByOne) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Close = true
	return o.RoundTripper.RoundTrip(r)
}

// onFiles moves the person to a keyring of encrypted files, for tests of what they hold.
func (w *world) onFiles() {
	w.t.Helper()
	w.keyring = w.open(store.Options{
		Selection: store.Selection{Backend: store.File}, FileDir: filepath.Join(w.dir, "keyring"), LockDir: filepath.Join(w.dir, "locks"),
		Passphrase: func(context.Context) (secret.String, error) { return secret.New("correct horse"), nil },
	})
}

func (w *world) open(o store.Options) *store.Store {
	w.t.Helper()
	// A keyring that hangs is the store's to test. This one answers, but among a hundred on a busy machine not within seconds.
	o.Service, o.Now, o.Timeout = "dbxaccess-test", w.clock, time.Minute
	keyring, err := store.Open(o)
	if err != nil {
		w.t.Fatal(err)
	}
	return keyring
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) writeMap(text string) {
	w.t.Helper()
	if err := os.WriteFile(w.mapPath, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// broker is that of a new process: nothing is remembered but what is stored.
func (w *world) broker() *broker.Broker { return broker.New(w.parts()) }

func (w *world) parts() broker.Parts {
	return broker.Parts{
		MapPath:    w.mapPath,
		LoadMap:    func() (*accessmap.Map, source.Stamp, error) { return source.Load(w.mapPath) },
		Store:      w.keyring,
		Sessions:   w.sources(nil),
		Failures:   w.failures(),
		STS:        &sts.Client{HTTP: w.client, Endpoint: w.server.STSURL(), S3ControlEndpoint: w.server.S3ControlURL(), Now: w.clock},
		Databricks: &databricks.Client{HTTP: w.client, Now: w.clock},
		Now:        w.clock,
		Console:    console{w: w},
		Recorder:   w,
		Leases:     w.leases(),
		Holder:     func() lease.Holder { return lease.Holder{} },
		Log:        slog.New(slog.DiscardHandler),
	}
}

// leases is the account of what agents hold on this machine.
func (w *world) leases() lease.Ledger {
	return lease.Ledger{
		Dir: w.dir, Now: w.clock, Began: func(int) (string, error) { return "", nil }, Warn: func(warned ui.Warning) { w.t.Error(warned) },
	}
}

// sources are the kinds of sign-in on this machine, with the environment of a job.
func (w *world) sources(env map[string]string) login.Sources {
	log := slog.New(slog.DiscardHandler)
	quiet := func(ui.Warning) {}
	return login.Sources{
		idp.OpenIDConnect: &login.Stored{
			Protocol: &oidc.Client{HTTP: w.client, Now: w.clock, Log: log}, Store: killing{w.keyring, w}, Now: w.clock, Warn: quiet, Recorder: w,
			Failures: w.failures(),
			Changing: func(ctx context.Context, p login.Provider, before, after *login.Session) error {
				return w.broker().Changing(ctx, p, before, after)
			},
		},
		idp.Workspace: &login.Stored{
			Protocol: &workspacelogin.Client{Databricks: &databricks.Client{HTTP: w.client, Now: w.clock}, Now: w.clock, Log: log},
			Store:    w.keyring, Now: w.clock, Warn: quiet, Recorder: w, Failures: w.failures(),
		},
		idp.Workload: &workload.Source{
			HTTP: w.client, Now: w.clock, Warn: quiet, Getenv: func(name string) string { return env[name] },
		},
	}
}

// failures are what all processes remember.
func (w *world) failures() failure.Memory { return failure.Memory{Notes: w.keyring, Now: w.clock} }

// console notes the warnings.
type console struct {
	ui.Quiet
	w *world
}

func (c console) Warn(warning ui.Warning) {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	c.w.notices = append(c.w.notices, warning.String())
}

// Record implements audit.Recorder.
func (w *world) Record(_ context.Context, r audit.Record) error {
	if w.hearing != nil {
		w.hearing(r)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.records = append(w.records, r)
	if w.refused != "" && w.refused != r.Activity {
		return nil
	}
	return w.refuse
}

// issued are the records of credentials that left.
func (w *world) issued() []audit.Record {
	return slices.DeleteFunc(slices.Clone(w.records), func(r audit.Record) bool { return r.Refused != nil || r.Role == "" })
}

// signIn signs a user in as the commands do.
func (w *world) signIn(user string) {
	w.t.Helper()
	if err := w.trySignIn(user); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) trySignIn(user string) error {
	w.t.Helper()
	ctx, b := w.t.Context(), w.broker()
	w.server.Set(func(behaviour *sandbox.Behaviour) { behaviour.AutoApprove = user })
	view, err := b.View()
	if err != nil {
		w.t.Fatal(err)
	}
	provider := access.ProviderOf(view.Map, view.Map.Identities["acme"])
	screen := login.Screen{
		Flow: func(_, _ bool) (login.Flow, error) { return login.FlowDevice, nil },
		Code: func(code *login.DeviceCode) func() {
			code.Expires = w.clock() // approved already: asking once is enough
			return func() {}
		},
	}
	_, err = b.SignIn(ctx, provider, screen)
	return err
}

func (w *world) get(role string) (*sts.Credentials, error) {
	w.t.Helper()
	return w.broker().Credentials(w.t.Context(), broker.Request{Identity: "acme", Role: role})
}

func (w *world) must(role string) *sts.Credentials {
	w.t.Helper()
	c, err := w.get(role)
	if err != nil {
		w.t.Fatalf("%v\n%s", err, ui.HintOf(err))
	}
	return c
}

// forHost finds the request that a client means which names a workspace's host alone.
func (w *world) forHost(host, accountID string) (r broker.Request, err error) {
	w.t.Helper()
	view, err := w.broker().View()
	if err != nil {
		w.t.Fatal(err)
	}
	r.Identity, r.Role, r.Workspace, err = view.ForHost(w.t.Context(), access.Place{Host: host, AccountID: accountID})
	return r, err
}

func (w *world) assumed() int { return len(w.server.STSCalls()) }
