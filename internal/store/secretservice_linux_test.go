package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/99designs/keyring"
	"github.com/godbus/dbus"

	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/store/secretservice"
	"github.com/dbxaccess/dbxaccess/internal/store/storetest"
)

// The tests here need GNOME Keyring and a session bus of their own (Debian: gnome-keyring, dbus-daemon). They run where
// DBXACCESS_TEST_SECRET_SERVICE=1 is set, as the end-to-end target does, and then fail if the programs are missing.
//
// They need no desktop: each starts a bus and an unlocked keyring in a scratch home, and in it this test program as a
// child, which asserts.
func requireSecretService(t *testing.T) {
	t.Helper()
	if os.Getenv("DBXACCESS_TEST_SECRET_SERVICE") != "1" {
		t.Skip("set DBXACCESS_TEST_SECRET_SERVICE=1 to run it against GNOME Keyring")
	}
}

func init() {
	children["secret-service"] = func() error { return inTime(exerciseSecretService) }
}

// inDesktop runs a child in a session bus and a home of its own; prepare is a shell command that runs before it.
func inDesktop(t *testing.T, name, prepare string) {
	t.Helper()
	home := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "dbus-run-session", "--", "sh", "-c", prepare+` && exec "$0" '-test.run=^$'`, os.Args[0])
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "XDG_RUNTIME_DIR=" + home, "STORE_TEST_CHILD=" + name, "STORE_TEST_DIR=" + home}
	// A file, not a pipe, which a daemon that outlives the bus would keep open.
	output, err := os.Create(filepath.Join(t.TempDir(), "output"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = output, output
	if err := cmd.Run(); err != nil {
		said, _ := os.ReadFile(output.Name())
		t.Errorf("%v\n%s", err, said)
	}
	_ = output.Close()
}

const unlocked = `printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null`

func TestSecretService(t *testing.T) {
	requireSecretService(t)
	t.Parallel()
	inDesktop(t, "secret-service", unlocked)
}

// inTime fails a child that takes longer than a helper may.
func inTime(work func(ctx context.Context) error) error {
	if err := awaitDaemon(); err != nil {
		return err
	}
	start := time.Now()
	err := work(context.Background())
	if took := time.Since(start); took > 10*backend.DefaultTimeout {
		err = errors.Join(err, fmt.Errorf("it took %v", took))
	}
	return err
}

// awaitDaemon waits until the daemon that was started is on the bus; asked too early, the bus would start another.
func awaitDaemon() error {
	conn, err := dbus.SessionBus()
	if err != nil {
		return err
	}
	for range 12_000 {
		var there bool
		if err := conn.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, secretservice.Name).Store(&there); err != nil || there {
			return err
		}
		<-time.After(5 * time.Millisecond)
	}
	return errors.New("the daemon does not come up")
}

// openSecretServiceStore resolves as login does and opens what was chosen.
func openSecretServiceStore(ctx context.Context, unlock bool) (*Store, error) {
	selection, note, err := Resolve(ctx, Auto, 0)
	if err != nil {
		return nil, err
	}
	if want := (Selection{Backend: secretService.Name, Place: backend.Place{Collection: "login"}}); selection != want || note != "" {
		return nil, fmt.Errorf("resolved to %+v (%s), want %+v", selection, note, want)
	}
	return openSecretServiceOf(selection, unlock, 0)
}

func openSecretServiceOf(selection Selection, unlock bool, timeout time.Duration) (*Store, error) {
	return Open(Options{
		Service: "dbxaccess-test", Selection: selection, LockDir: filepath.Join(os.Getenv("STORE_TEST_DIR"), "locks"),
		Unlock: unlock, Timeout: timeout, Now: time.Now,
	})
}

func exerciseSecretService(ctx context.Context) error {
	s, err := openSecretServiceStore(ctx, false)
	if err != nil {
		return err
	}
	if err := s.Probe(ctx); err != nil {
		return err
	}
	for _, size := range []int{0, 6 << 10, 64 << 10} {
		if err := s.Set(ctx, "session/a", storetest.Pattern(size), Meta{Label: "dbxaccess test"}); err != nil {
			return fmt.Errorf("storing %d bytes: %w", size, err)
		}
		if got, err := s.Get(ctx, "session/a"); err != nil || !bytes.Equal(got, storetest.Pattern(size)) {
			return fmt.Errorf("reading %d bytes: got %d, %w", size, len(got), err)
		}
	}
	// A foreign item in the same collection, and one under our name that the library did not write.
	library, err := keyring.Open(keyring.Config{
		AllowedBackends: []keyring.BackendType{keyring.SecretServiceBackend}, ServiceName: "x", LibSecretCollectionName: "login",
	})
	if err != nil {
		return err
	}
	if err := library.Set(keyring.Item{Key: "Chrome Safe Storage", Data: []byte("x")}); err != nil {
		return err
	}
	if err := s.Set(ctx, "role/b", []byte("x"), Meta{}); err != nil {
		return err
	}
	if keys, err := s.Keys(ctx, ""); err != nil || !slices.Equal(keys, []string{"role/b", "session/a"}) {
		return fmt.Errorf("keys: %v, %w", keys, err)
	}
	if err := storeRaw("dbxaccess-test:v1:role/b", "no JSON"); err != nil {
		return err
	}
	if _, err := s.Get(ctx, "role/b"); !errors.Is(err, ErrCorrupt) {
		return fmt.Errorf("a foreign value: %w, want ErrCorrupt", err)
	}
	if err := errors.Join(s.Delete(ctx, "role/b"), s.Delete(ctx, "role/b"), s.Delete(ctx, "session/a")); err != nil {
		return err
	}
	if _, err := s.Get(ctx, "session/a"); !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("after deleting: %w", err)
	}
	if os.Getenv("DBUS_SESSION_BUS_ADDRESS") == "disabled:" {
		return errors.New("the bus's address was not given back")
	}
	return nil
}

// storeRaw puts a value under the attribute by which the library finds an item.
func storeRaw(name, value string) error {
	conn, err := dbus.SessionBus()
	if err != nil {
		return err
	}
	var output dbus.Variant
	var session, created, prompt dbus.ObjectPath
	err = conn.Object(secretservice.Name, secretservice.Path).Call("org.freedesktop.Secret.Service.OpenSession", 0, "plain", dbus.MakeVariant("")).
		Store(&output, &session)
	if err != nil {
		return err
	}
	properties := map[string]dbus.Variant{
		"org.freedesktop.Secret.Item.Label":      dbus.MakeVariant(name),
		"org.freedesktop.Secret.Item.Attributes": dbus.MakeVariant(map[string]string{"profile": name}),
	}
	secret := struct {
		Session           dbus.ObjectPath
		Parameters, Value []byte
		ContentType       string
	}{session, nil, []byte(value), "text/plain"}
	return conn.Object(secretservice.Name, secretservice.CollectionsPrefix+"login").
		Call("org.freedesktop.Secret.Collection.CreateItem", 0, properties, secret, true).Store(&created, &prompt)
}

func TestElementsOfPathsAreDecoded(t *testing.T) {
	t.Parallel()
	for element, want := range map[string]string{
		"login": "login", "my_20wallet": "my wallet", "gr_c3_bcn": "grün", "_": "_", "a_2": "a_2", "a_zz": "a_zz", "a_20_": "a_20_",
	} {
		if got := decodeElement(element); got != want {
			t.Errorf("%q became %q, want %q", element, got, want)
		}
	}
}
