package broker_test

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/sandbox"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

var signingKeys = sync.OnceValues(sandbox.NewKeys)

// world is a person's machine and the servers it talks to, with a clock that both share.
type world struct {
	t       *testing.T
	server  *sandbox.Server
	client  *http.Client
	dir     string
	mapPath string

	mu      sync.Mutex
	now     time.Time
	notices []string
	issues  []broker.Issue
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
	return w
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
func (w *world) broker() *broker.Broker {
	w.t.Helper()
	keyring, err := store.Open(store.Options{
		Service: "dbxaccess-test", Choice: store.Choice{Backend: store.File}, FileDir: filepath.Join(w.dir, "keyring"),
		LockDir:    filepath.Join(w.dir, "locks"),
		Passphrase: func(context.Context) (secret.String, error) { return secret.New("correct horse"), nil }, Now: w.clock,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return &broker.Broker{
		MapPath: w.mapPath,
		LoadMap: func() (*accessmap.Map, accessmap.Stamp, error) { return accessmap.Load(w.mapPath) },
		Store:   keyring,
		Sessions: &login.Sessions{
			Client: &login.Client{HTTP: w.client, Now: w.clock}, Store: login.Keyring(keyring), Now: w.clock,
		},
		STS: &sts.Client{
			HTTP: w.client, Endpoint: w.server.STSURL(), Now: w.clock,
			Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
		},
		Now: w.clock,
		Notice: func(message string) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.notices = append(w.notices, message)
		},
		Issued: func(i broker.Issue) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.issues = append(w.issues, i)
		},
	}
}

// signIn signs a user in as the commands do.
func (w *world) signIn(user string) {
	w.t.Helper()
	ctx, b := w.t.Context(), w.broker()
	w.server.Set(func(behaviour *sandbox.Behaviour) { behaviour.AutoApprove = user })
	m, _, err := b.Map()
	if err != nil {
		w.t.Fatal(err)
	}
	provider := broker.ProviderOf(m.Identities["acme"])
	client := b.Sessions.Client
	endpoints, err := client.Discover(ctx, provider)
	if err != nil {
		w.t.Fatal(err)
	}
	code, err := client.StartDevice(ctx, provider, endpoints)
	if err != nil {
		w.t.Fatal(err)
	}
	tokens, err := client.PollDevice(ctx, provider, endpoints, code)
	if err != nil {
		w.t.Fatal(err)
	}
	identity, err := client.Verify(ctx, provider, endpoints, tokens.IDToken)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := b.SignIn(ctx, provider, tokens, identity); err != nil {
		w.t.Fatal(err)
	}
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

func (w *world) assumed() int { return len(w.server.STSCalls()) }

func TestFreshCredentialsAreServedFromTheKeyringAndOthersRenewed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	first := w.must("ml-trainer")
	w.pass(44 * time.Minute) // 16 of 60 minutes are left
	if again := w.must("ml-trainer"); again.AccessKeyID != first.AccessKeyID || w.assumed() != 1 {
		t.Errorf("with 16 minutes left the cached one is served: %d calls", w.assumed())
	}
	w.pass(2 * time.Minute) // 14 are
	if renewed := w.must("ml-trainer"); renewed.AccessKeyID == first.AccessKeyID || w.assumed() != 2 {
		t.Errorf("with 14 minutes left it is renewed: %d calls", w.assumed())
	}
	if len(w.issues) != 3 || !w.issues[1].Cached || w.issues[2].Cached || w.issues[1].AccessKeyID != first.AccessKeyID ||
		w.issues[0].SessionName != "alice@example.com" || w.issues[0].Subject != "00u1alice7Kq" {
		t.Errorf("every credential passes the seam: %+v", w.issues)
	}
}

func TestWhileRenewingIsImpossibleTheLivingCredentialIsServed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	first := w.must("ml-trainer")
	w.pass(50 * time.Minute)
	_ = w.server.Close()
	if got := w.must("ml-trainer"); got.AccessKeyID != first.AccessKeyID {
		t.Error("the cached credential lives for another ten minutes")
	}
	if len(w.notices) != 1 || !strings.Contains(w.notices[0], "could not renew") || !strings.Contains(w.notices[0], "live for another ") {
		t.Errorf("it must be said once: %q", w.notices)
	}
	w.pass(11 * time.Minute)
	if _, err := w.get("ml-trainer"); err == nil {
		t.Error("a credential that ended must not be served")
	}
}

func TestARefusalIsNotPapered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	w.must("ml-trainer")
	w.pass(50 * time.Minute)
	w.server.Inject(sandbox.Fault{Endpoint: sandbox.STS, Error: "AccessDenied", Message: "no longer"})
	if _, err := w.get("ml-trainer"); ui.CodeOf(err) != ui.Refused || w.assumed() > 2 {
		t.Errorf("AWS's no is final, also while the cached credential lives: %v after %d calls", err, w.assumed())
	}
}

func TestAGroupThatIsLostAtARenewalTakesTheRoleAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	w.must("ml-trainer")
	w.server.Set(func(behaviour *sandbox.Behaviour) { behaviour.Claims = map[string]any{"groups": []string{"analysts"}} })
	w.server.Set(func(behaviour *sandbox.Behaviour) { behaviour.CredentialLifetime = 6 * time.Hour })
	w.must("ml-reader")
	if _, err := w.broker().Credentials(t.Context(), broker.Request{Identity: "acme", Role: "ml-trainer", Scope: []string{"churn"}}); err != nil {
		t.Fatal(err)
	}
	w.pass(61 * time.Minute) // past the ID token's life too
	if _, err := w.get("ml-trainer"); ui.CodeOf(err) != ui.NoSuchRole || w.assumed() != 3 {
		t.Errorf("got %v after %d calls", err, w.assumed())
	}
	if _, err := w.broker().Credentials(t.Context(), broker.Request{Identity: "acme", Role: "ml-trainer", Scope: []string{"churn"}}); ui.CodeOf(err) != ui.NoSuchRole {
		t.Errorf("what was cached and lives on is not served either: %v", err)
	}
}

func TestATokenThatSTSRefusesIsRefreshedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	w.server.Inject(sandbox.Fault{Endpoint: sandbox.STS, Error: "ExpiredTokenException", Message: "by my clock"})
	w.must("ml-trainer")
	if calls := w.server.Calls(); calls[sandbox.TokenRefreshToken] != 1 {
		t.Errorf("%v", calls)
	}
	w.pass(50 * time.Minute)
	w.server.Inject(sandbox.Fault{Endpoint: sandbox.STS, Error: "InvalidIdentityToken", Times: sandbox.Always})
	w.pass(20 * time.Minute)
	if _, err := w.get("ml-trainer"); ui.CodeOf(err) != ui.Refused {
		t.Errorf("got %v", err)
	}
}

func TestAStoppedHolderOfTheLockDoesNotStopOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	first := w.must("ml-trainer")
	w.pass(50 * time.Minute)
	holder := w.broker()
	lock, err := holder.Store.Lock(t.Context(), holder.LockName(broker.Request{Identity: "acme", Role: "ml-trainer"}))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Unlock() }()
	if got := w.must("ml-trainer"); got.AccessKeyID != first.AccessKeyID || len(w.notices) != 1 {
		t.Errorf("the living credential is served, and said: %q", w.notices)
	}
}

func TestASignOutWhileRenewingStaysOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	m, _, err := w.broker().Map()
	if err != nil {
		t.Fatal(err)
	}
	// STS answers only after somebody else has signed out.
	w.client.Transport = beforeAnswer{w.client.Transport, func(r *http.Request) {
		if r.URL.String() == w.server.STSURL() || r.URL.Path == "/" {
			if _, err := w.broker().SignOut(context.Background(), broker.ProviderOf(m.Identities["acme"])); err != nil {
				t.Error(err)
			}
		}
	}}
	if _, err := w.get("ml-trainer"); ui.CodeOf(err) != ui.LoginNeeded {
		t.Errorf("got %v", err)
	}
	keys, err := w.broker().Store.Keys(t.Context(), "")
	if err != nil || len(keys) != 0 {
		t.Errorf("left in the keyring: %q, %v", keys, err)
	}
}

type beforeAnswer struct {
	http.RoundTripper
	do func(*http.Request)
}

func (b beforeAnswer) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.RoundTripper.RoundTrip(r)
	b.do(r)
	return resp, err
}

func TestAFullKeyringLosesNothingThatWasAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	// Where the item belongs there is a directory, so that it can't be stored: as good as a full disk.
	key := w.broker().LockName(broker.Request{Identity: "acme", Role: "ml-trainer"})
	w.client.Transport = beforeAnswer{w.client.Transport, func(*http.Request) {
		item := filepath.Join(w.dir, "keyring", "dbxaccess-test+v1+"+strings.ReplaceAll(key, "/", ","))
		_ = os.MkdirAll(filepath.Join(item, "full"), 0o700)
	}}
	if c := w.must("ml-trainer"); c.AccessKeyID == "" || len(w.notices) != 1 || !strings.Contains(w.notices[0], "could not be cached") {
		t.Errorf("%+v, %q", c, w.notices)
	}
}

func TestAnotherPersonNeverGetsWhatWasCached(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	// A second identity of the same provider and client: one session, two names.
	acme := w.server.Map()[strings.Index(w.server.Map(), "  acme:"):strings.Index(w.server.Map(), "datasets:")]
	w.writeMap(strings.Replace(w.server.Map(), acme, acme+strings.Replace(acme, "acme:", "other:", 1), 1))
	w.signIn("alice")
	first := w.must("ml-reader")
	other := broker.Request{Identity: "other", Role: "ml-trainer"}
	if _, err := w.broker().Credentials(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	w.signIn("bob")
	if _, err := w.broker().Credentials(t.Context(), other); ui.CodeOf(err) != ui.NoSuchRole {
		t.Errorf("by the other identity: %v", err)
	}
	if got := w.must("ml-reader"); got.AccessKeyID == first.AccessKeyID {
		t.Error("bob was given alice's credential")
	}
	if _, err := w.get("ml-trainer"); ui.CodeOf(err) != ui.NoSuchRole {
		t.Errorf("got %v", err)
	}
}

func TestNothingSecretIsInTheClear(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	w.must("ml-trainer")
	err := filepath.WalkDir(w.dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		for _, canary := range w.server.Secrets() {
			if bytes.Contains(data, []byte(canary)) {
				t.Errorf("%s holds a secret", path)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
