package broker_test

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/source"
	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/sandbox"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

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
	if len(w.issued()) != 3 || w.issued()[1].Activity != audit.Serve || w.issued()[2].Activity != audit.Assume || w.issued()[1].AccessKeyID != first.AccessKeyID ||
		w.issued()[0].SessionName != "alice@example.com" || w.issued()[0].Subject != "00u1alice7Kq" {
		t.Errorf("every credential passes the seam: %+v", w.issued())
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
	if len(w.notices) != 1 || !strings.Contains(w.notices[0], "could not renew") || !strings.Contains(w.notices[0], "using cached credentials, valid for ") {
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
	w.pass(2 * time.Minute)
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

func TestAFullKeyringLosesNothingThatWasAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onFiles()
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
	acme := w.server.Map()[strings.Index(w.server.Map(), "  acme:"):strings.Index(w.server.Map(), "workspaces:")]
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
	w.onFiles()
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

func TestAChangeOfWhatARoleIsMakesItsCredentialAnew(t *testing.T) {
	t.Parallel()
	for what, change := range map[string][2]string{
		"the region":   {`role/ml-trainer", region: us-east-1`, `role/ml-trainer", region: eu-west-1`},
		"the duration": {`role/ml-trainer", region: us-east-1`, `role/ml-trainer", region: us-east-1, duration: 30m`},
		"the ARN":      {"role/ml-trainer", "role/ml-reader"},
		"the policy":   {"write: [churn]", "write: []"},
		"nothing":      {"Train the churn model", "Train it"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.signIn("alice")
			w.must("ml-trainer")
			text := strings.Replace(w.server.Map(), change[0], change[1], 1)
			if text == w.server.Map() {
				t.Fatalf("the map holds no %q", change[0])
			}
			w.writeMap(text)
			w.must("ml-trainer")
			if again := w.assumed() == 2; again != (what != "nothing") {
				t.Errorf("%d calls", w.assumed())
			}
		})
	}
}

// The warm path reads no map, so it must know when the copy that it goes by expires.
func TestWhatIsCachedEndsWithTheCopyOfTheMap(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("alice")
	until, loads := w.clock().Add(10*time.Minute), 0
	get := func() error {
		p := w.parts()
		p.LoadMap = func() (*accessmap.Map, source.Stamp, error) {
			loads++
			m, stamp, err := source.Load(w.mapPath)
			if stamp.Until = until; !w.clock().Before(until) {
				return nil, stamp, errors.New("expired")
			}
			return m, stamp, err
		}
		_, err := broker.New(p).Credentials(t.Context(), broker.Request{Identity: "acme", Role: "ml-trainer"})
		return err
	}
	for _, step := range []struct {
		what    string
		passes  time.Duration
		longer  time.Duration // that the copy is good for, as it was compared again
		loads   int
		expired bool
	}{
		{what: "the first", loads: 1},
		{what: "warm", passes: 9 * time.Minute, loads: 1},
		{what: "expired", passes: time.Minute, loads: 2, expired: true},
		{what: "compared again", longer: time.Hour, loads: 3},
		{what: "warm by that", passes: 10 * time.Minute, loads: 3},
	} {
		w.pass(step.passes)
		until = until.Add(step.longer)
		if err := get(); (err != nil) != step.expired || loads != step.loads || w.assumed() != 1 {
			t.Errorf("%s: %v, the map was read %d times, %d calls", step.what, err, loads, w.assumed())
		}
	}
}
