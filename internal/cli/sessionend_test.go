package cli

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/sandbox"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// A session's end is announced in its last hour; of a short one in its last quarter, or it would be announced always.
func TestASessionsEndIsAnnounced(t *testing.T) {
	t.Parallel()
	signedIn := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		life, passed time.Duration
		announced    bool
	}{
		"a day's, in the morning":       {10 * time.Hour, time.Hour, false},
		"a day's, an hour and a bit":    {10 * time.Hour, 8*time.Hour + 59*time.Minute, false},
		"a day's, in its last hour":     {10 * time.Hour, 9*time.Hour + time.Minute, true},
		"a day's, over":                 {10 * time.Hour, 11 * time.Hour, false},
		"an hour's, at once":            {time.Hour, time.Second, false},
		"an hour's, in its last minute": {time.Hour, 59 * time.Minute, true},
		"one that tells no end":         {0, time.Hour, false},
	} {
		s := &login.Session{Email: "alice@example.com", RefreshToken: secret.New("rt"), SignedIn: signedIn}
		if c.life > 0 {
			s.Ends = signedIn.Add(c.life)
		}
		var said bytes.Buffer
		a := NewEnv(Process{Streams: &ui.Streams{Err: &said}, Now: func() time.Time { return signedIn.Add(c.passed) }})
		a.warnOfEnd("acme", s)
		if got := strings.Contains(said.String(), "dbxaccess login --identity acme --force"); got != c.announced {
			t.Errorf("%s: announced %v: %s", name, got, &said)
		}
	}
}

// Whichever command a person types in the last hour says so, and asks nobody for more time.
func TestEachCommandAnnouncesTheEnd(t *testing.T) {
	t.Parallel()
	var passed atomic.Int64
	clock := func() time.Time { return time.Now().Add(time.Duration(passed.Load())) }
	keys, err := sandbox.NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	server, err := sandbox.Start(t.Context(), sandbox.Options{Keys: keys, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	server.Inject(sandbox.Fault{Endpoint: sandbox.TokenDeviceCode, Perform: true, Mutate: func(fields map[string]any) {
		fields["refresh_expires_in"] = 36000
	}})
	if err := server.Configure(`{"auto_approve": "alice", "keep_refresh_token": true}`); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "map.yaml")
	if err := os.WriteFile(path, []byte(server.Map()), 0o600); err != nil {
		t.Fatal(err)
	}
	environment := map[string]string{
		"AWS_ENDPOINT_URL_STS": server.STSURL(), "DBXACCESS_MAP": path, "XDG_CONFIG_HOME": t.TempDir(),
	}
	var said bytes.Buffer
	a := NewEnv(Process{
		Streams: &ui.Streams{Out: io.Discard, Err: &said}, Now: clock, Version: VersionOf(""),
		Getenv: func(name string) string { return environment[name] },
	})
	keyring, err := store.Open(store.Options{Service: "dbxaccess-test", Selection: store.Selection{Backend: store.Memory}, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	b, err := a.BrokerOn(keyring)
	if err != nil {
		t.Fatal(err)
	}
	view, err := b.View()
	if err != nil {
		t.Fatal(err)
	}
	signIn := func() error {
		_, err := a.signIn(t.Context(), b, view.Map, view.Map.Identities["acme"], loginOptions{flow: "device", noBrowser: true})
		return err
	}
	if err := signIn(); err != nil {
		t.Fatal(err)
	}
	for name, command := range map[string]func() error{
		"login": signIn,
		"roles": func() error { _, _, err := available(t.Context(), a, view, ""); return err },
		"env": func() error {
			_, err := a.grant(t.Context(), b, broker.Request{Role: "ml-reader"}, false)
			return err
		},
	} {
		for at, soon := range map[time.Duration]bool{time.Hour: false, 9*time.Hour + 30*time.Minute: true} {
			passed.Store(int64(at))
			said.Reset()
			if err := command(); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if got := strings.Contains(said.String(), "ends in"); got != soon {
				t.Errorf("%s after %s: %s", name, at, &said)
			}
		}
	}
	if asked := server.Calls()[sandbox.Device]; asked != 1 {
		t.Errorf("signed in %d times", asked)
	}
}
