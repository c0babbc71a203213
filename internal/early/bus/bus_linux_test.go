package bus

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/stamp"
	"github.com/dbxaccess/dbxaccess/internal/audit/tally"
	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/store/secretservice"
	"github.com/dbxaccess/dbxaccess/internal/store/storetest"
)

// TestMain lets the tests run this program in a desktop of its own, and there once more as a start of the helper: the package
// under test answers before main, or what comes to main says that it did not.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "credential-process" {
		fmt.Print("not answered")
		return
	}
	os.Exit(storetest.Main(m, map[string]func() error{"desktop": inDesktop}))
}

// It needs GNOME Keyring and a session bus, see the tests of package store.
func TestTheSecretServiceAnswersBeforeMain(t *testing.T) {
	t.Parallel()
	if os.Getenv("DBXACCESS_TEST_SECRET_SERVICE") != "1" {
		t.Skip("set DBXACCESS_TEST_SECRET_SERVICE=1 to run it against GNOME Keyring")
	}
	home := t.TempDir()
	unlock := `printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null`
	cmd := exec.CommandContext(t.Context(), "dbus-run-session", "--", "sh", "-c", unlock+` && exec "$0" '-test.run=^$'`, os.Args[0])
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "XDG_CONFIG_HOME=" + home, "XDG_RUNTIME_DIR=" + home, "STORE_TEST_CHILD=desktop"}
	// A file, not a pipe, which a daemon that outlives the bus would keep open.
	output, err := os.Create(filepath.Join(home, "output"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = output.Close() }()
	cmd.Stdout, cmd.Stderr = output, output
	if err := cmd.Run(); err != nil {
		said, _ := os.ReadFile(output.Name())
		t.Errorf("%v\n%s", err, said)
	}
}

// inDesktop keeps a credential and asks for it, as it is, then locked away.
func inDesktop() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	home := os.Getenv("HOME")
	mapFile := filepath.Join(home, "map.yaml")
	if err := os.WriteFile(mapFile, []byte("version: 1\n"), 0o600); err != nil {
		return err
	}
	file, err := stamp.Of(mapFile)
	if err != nil {
		return err
	}
	selection, err := selected(ctx)
	if err != nil {
		return err
	}
	if err := selection.Record(filepath.Join(home, "dbxaccess")); err != nil {
		return err
	}
	keyring, err := store.Open(store.Options{Service: "dbxaccess", Selection: selection, LockDir: filepath.Join(home, "locks"), Now: time.Now})
	if err != nil {
		return err
	}
	now := time.Now()
	it := &credential.Item{
		Binding: credential.Binding{Issuer: "https://idp.example.com", Subject: "00u1"},
		Map:     file, IssuedAt: now.Add(-time.Minute), Expires: now.Add(50 * time.Minute), SessionName: "alice@example.com", Roles: []string{"r"},
		Credentials: &credential.AWS{AccessKeyID: "ASIA1", SecretAccessKey: secret.New("s"), SessionToken: secret.New("t"), AccountID: "111122223333"},
	}
	data, err := it.Encode()
	if err != nil {
		return err
	}
	ask := func() (string, error) {
		cmd := exec.CommandContext(ctx, os.Args[0], "credential-process", "--role", "r", "--identity", "i")
		cmd.Env = append(os.Environ(), "DBXACCESS_MAP="+mapFile, "STORE_TEST_CHILD=")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	const none = "not answered"
	nothing, err := ask()
	if err == nil {
		err = keyring.Set(ctx, credential.Request{Role: "r", Identity: "i"}.Key(mapFile), data, store.Meta{Expires: it.Expires})
	}
	if err != nil {
		return err
	}
	tallies := filepath.Join(home, "dbxaccess", tally.Folder)
	counted := tally.Served{Identity: "i", Role: "r", AccessKeyID: "ASIA1", Expires: it.Expires}
	if err := errors.Join(os.MkdirAll(tallies, 0o700), tally.Begin(tallies, counted.Name(), []byte("{}"))); err != nil {
		return err
	}
	served, err := ask()
	if err == nil {
		err = lock(ctx)
	}
	if err != nil {
		return err
	}
	locked, err := ask()
	if nothing != none || !strings.HasPrefix(served, `{"Version":1,"AccessKeyId":"ASIA1",`) || locked != none {
		return errors.Join(fmt.Errorf("without a credential %q, with one %q, locked %q", nothing, served, locked), err)
	}
	return err
}

// selected is the keyring that login would record, once the daemon that was started is on the bus.
func selected(ctx context.Context) (s store.Selection, err error) {
	for ctx.Err() == nil {
		if s, _, err = store.Resolve(ctx, store.Auto, 0); err == nil && s.Collection != "" {
			return s, nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return s, errors.Join(ctx.Err(), err)
}

func lock(ctx context.Context) error {
	conn, err := dbus.SessionBus()
	if err != nil {
		return err
	}
	var locked []dbus.ObjectPath
	var prompt dbus.ObjectPath
	return conn.Object(secretservice.Name, secretservice.Path).
		CallWithContext(ctx, "org.freedesktop.Secret.Service.Lock", 0, []dbus.ObjectPath{secretservice.CollectionsPrefix + "login"}).Store(&locked, &prompt)
}
