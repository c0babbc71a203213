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
	"strings"
	"testing"
	"time"

	"github.com/99designs/keyring"
	"github.com/godbus/dbus"

	"github.com/dbxaccess/dbxaccess/internal/ui"
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
	children["secret-service-locked"] = func() error { return inTime(lockedSecretService) }
	children["secret-service-empty"] = func() error { return inTime(emptySecretService) }
}

// inDesktop runs a child in a session bus and a home of its own; prepare is a shell command that runs before it.
func inDesktop(t *testing.T, name, prepare string) {
	t.Helper()
	home := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "dbus-run-session", "--", "sh", "-c", prepare+` && exec "$0" '-test.run=^$'`, os.Args[0])
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "XDG_RUNTIME_DIR=" + home, "STORE_TEST_CHILD=" + name, "STORE_TEST_DIR=" + home}
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
}

const unlocked = `printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null`

func TestSecretService(t *testing.T) {
	requireSecretService(t)
	t.Parallel()
	inDesktop(t, "secret-service", unlocked)
}

func TestALockedSecretServiceEndsInTime(t *testing.T) {
	requireSecretService(t)
	t.Parallel()
	inDesktop(t, "secret-service-locked", unlocked)
}

func TestASecretServiceWithoutACollectionIsLeftAlone(t *testing.T) {
	requireSecretService(t)
	t.Parallel()
	inDesktop(t, "secret-service-empty", `gnome-keyring-daemon --start --components=secrets >/dev/null`)
}

// inTime fails a child that takes longer than a helper may.
func inTime(work func(ctx context.Context) error) error {
	start := time.Now()
	err := work(context.Background())
	if took := time.Since(start); took > 2*DefaultTimeout {
		err = errors.Join(err, fmt.Errorf("it took %v", took))
	}
	return err
}

// openSecretService resolves as login does and opens what was chosen.
func openSecretService(ctx context.Context, unlock bool) (*Store, error) {
	choice, note, err := Resolve(ctx, Auto, 0)
	if err != nil {
		return nil, err
	}
	if want := (Choice{Backend: SecretService, Collection: "login"}); choice != want || note != "" {
		return nil, fmt.Errorf("resolved to %+v (%s), want %+v", choice, note, want)
	}
	return Open(Options{
		Service: "dbxaccess-test", Choice: choice, LockDir: filepath.Join(os.Getenv("STORE_TEST_DIR"), "locks"),
		Unlock: unlock, Now: time.Now,
	})
}

func exerciseSecretService(ctx context.Context) error {
	s, err := openSecretService(ctx, false)
	if err != nil {
		return err
	}
	if err := s.Probe(ctx); err != nil {
		return err
	}
	for _, size := range []int{0, 6 << 10, 64 << 10} {
		if err := s.Set(ctx, "session/a", pattern(size), Meta{Label: "dbxaccess test"}); err != nil {
			return fmt.Errorf("storing %d bytes: %w", size, err)
		}
		if got, err := s.Get(ctx, "session/a"); err != nil || !bytes.Equal(got, pattern(size)) {
			return fmt.Errorf("reading %d bytes: got %d, %w", size, len(got), err)
		}
	}
	// A foreign item in the same collection, and one under our name that the library did not write.
	library, err := openLibrary(SecretService, keyring.Config{ServiceName: "x", LibSecretCollectionName: "login"})
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
	err = conn.Object(secretsName, secretsPath).Call("org.freedesktop.Secret.Service.OpenSession", 0, "plain", dbus.MakeVariant("")).
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
	return conn.Object(secretsName, collectionsPrefix+"login").
		Call("org.freedesktop.Secret.Collection.CreateItem", 0, properties, secret, true).Store(&created, &prompt)
}

func lockedSecretService(ctx context.Context) error {
	s, err := openSecretService(ctx, false)
	if err != nil {
		return err
	}
	if err := s.Set(ctx, "session/a", []byte("x"), Meta{}); err != nil {
		return err
	}
	if err := lockCollection(); err != nil {
		return err
	}
	prompts, err := countPrompts()
	if err != nil {
		return err
	}
	if err := wantLocked(ctx, s); err != nil {
		return err
	}
	if n := prompts(); n != 0 {
		return fmt.Errorf("a helper prompted %d times", n)
	}
	// With a person there, who dismisses the prompt (here: it can't be shown), there is one and no more.
	if s, err = openSecretService(ctx, true); err != nil {
		return err
	}
	if err := wantLocked(ctx, s); err != nil {
		return err
	}
	if n := prompts(); n != 1 {
		return fmt.Errorf("prompted %d times, want once", n)
	}
	return wantCollections("login", "session")
}

// wantLocked expects every operation to end as locked.
func wantLocked(ctx context.Context, s *Store) error {
	_, getErr := s.Get(ctx, "session/a")
	_, keysErr := s.Keys(ctx, "")
	for _, err := range []error{getErr, s.Set(ctx, "session/a", []byte("y"), Meta{}), s.Delete(ctx, "session/a"), keysErr, s.Probe(ctx)} {
		e, ok := errors.AsType[*UnavailableError](err)
		if !ok || e.Cause != Locked || ui.CodeOf(err) != ui.KeyringUnavailable || ui.HintOf(err) == "" {
			return fmt.Errorf("got %w, want the keyring to be locked", err)
		}
	}
	return nil
}

func lockCollection() error {
	conn, err := dbus.SessionBus()
	if err != nil {
		return err
	}
	var locked []dbus.ObjectPath
	var prompt dbus.ObjectPath
	return conn.Object(secretsName, secretsPath).
		Call("org.freedesktop.Secret.Service.Lock", 0, []dbus.ObjectPath{collectionsPrefix + "login"}).Store(&locked, &prompt)
}

// countPrompts watches the bus for prompts of the service that end, each of which was shown or could not be.
func countPrompts() (count func() int, err error) {
	conn, err := dbus.SessionBusPrivate()
	if err != nil {
		return nil, err
	}
	if err := errors.Join(conn.Auth(nil), conn.Hello()); err != nil {
		return nil, err
	}
	rule := "type='method_call',interface='org.freedesktop.Secret.Prompt',member='Prompt'"
	if call := conn.BusObject().Call("org.freedesktop.DBus.Monitoring.BecomeMonitor", 0, []string{rule}, uint32(0)); call.Err != nil {
		return nil, call.Err
	}
	seen := make(chan *dbus.Message, 16)
	conn.Eavesdrop(seen)
	n := 0
	return func() int {
		for {
			select {
			case m := <-seen:
				if member, _ := m.Headers[dbus.FieldMember].Value().(string); member == "Prompt" {
					n++
				}
			case <-time.After(200 * time.Millisecond): // the monitor hears of a call after its sender
				return n
			}
		}
	}, nil
}

// wantCollections expects just these collections to exist.
func wantCollections(want ...string) error {
	conn, err := dbus.SessionBus()
	if err != nil {
		return err
	}
	var got []dbus.ObjectPath
	if err := property(context.Background(), conn, secretsPath, "org.freedesktop.Secret.Service", "Collections", &got); err != nil {
		return err
	}
	names := make([]string, 0, len(got))
	for _, path := range got {
		names = append(names, strings.TrimPrefix(string(path), collectionsPrefix))
	}
	if slices.Sort(names); !slices.Equal(names, want) {
		return fmt.Errorf("the collections are %v, want %v", names, want)
	}
	return nil
}

func emptySecretService(ctx context.Context) error {
	choice, note, err := Resolve(ctx, Auto, 0)
	if err != nil || choice.Backend != Kernel || !strings.Contains(note, "no default collection") {
		return fmt.Errorf("resolved to %+v, %q, %w", choice, note, err)
	}
	if _, _, err := Resolve(ctx, SecretService, 0); ui.CodeOf(err) != ui.KeyringUnavailable {
		return fmt.Errorf("the Secret Service was accepted: %w", err)
	}
	// A collection that was recorded and is gone is not made anew.
	s, err := Open(Options{
		Service: "dbxaccess-test", Choice: Choice{Backend: SecretService, Collection: "login"}, Unlock: true, Now: time.Now,
		LockDir: filepath.Join(os.Getenv("STORE_TEST_DIR"), "locks"),
	})
	if err != nil {
		return err
	}
	_, getErr := s.Get(ctx, "session/a")
	for _, err := range []error{getErr, s.Set(ctx, "session/a", []byte("x"), Meta{}), s.Probe(ctx)} {
		if e, ok := errors.AsType[*UnavailableError](err); !ok || e.Cause != Absent {
			return fmt.Errorf("got %w, want the collection to be absent", err)
		}
	}
	return wantCollections("session")
}
