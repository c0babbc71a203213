package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus"

	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/store/secretservice"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func init() {
	children["secret-service-locked"] = func() error { return inTime(lockedSecretService) }
	children["secret-service-empty"] = func() error { return inTime(emptySecretService) }
	children["secret-service-stopped"] = func() error { return inTime(stoppedSecretService) }
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

func TestAHungSecretServiceEndsInTime(t *testing.T) {
	requireSecretService(t)
	t.Parallel()
	inDesktop(t, "secret-service-stopped", unlocked)
}

func lockedSecretService(ctx context.Context) error {
	s, err := openSecretServiceStore(ctx, false)
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
	if s, err = openSecretServiceStore(ctx, true); err != nil {
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
		if !ok || e.Cause != backend.Locked || ui.CodeOf(err) != ui.KeyringUnavailable || ui.HintOf(err) == "" {
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
	return conn.Object(secretservice.Name, secretservice.Path).
		Call("org.freedesktop.Secret.Service.Lock", 0, []dbus.ObjectPath{secretservice.CollectionsPrefix + "login"}).Store(&locked, &prompt)
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
			case <-time.After(time.Second): // the monitor hears of a call after its sender
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
	if err := property(context.Background(), conn, secretservice.Path, "org.freedesktop.Secret.Service", "Collections", &got); err != nil {
		return err
	}
	names := make([]string, 0, len(got))
	for _, path := range got {
		names = append(names, strings.TrimPrefix(string(path), secretservice.CollectionsPrefix))
	}
	if slices.Sort(names); !slices.Equal(names, want) {
		return fmt.Errorf("the collections are %v, want %v", names, want)
	}
	return nil
}

func emptySecretService(ctx context.Context) error {
	selection, note, err := Resolve(ctx, Auto, 0)
	if err != nil || selection.Backend != kernel.Name || !strings.Contains(note, "no default collection") {
		return fmt.Errorf("resolved to %+v, %q, %w", selection, note, err)
	}
	if _, _, err := Resolve(ctx, secretService.Name, 0); ui.CodeOf(err) != ui.KeyringUnavailable {
		return fmt.Errorf("the Secret Service was accepted: %w", err)
	}
	// A collection that was recorded and is gone is not made again.
	s, err := Open(Options{
		Service: "dbxaccess-test", Selection: Selection{Backend: secretService.Name, Place: backend.Place{Collection: "login"}}, Unlock: true, Now: time.Now,
		LockDir: filepath.Join(os.Getenv("STORE_TEST_DIR"), "locks"),
	})
	if err != nil {
		return err
	}
	_, getErr := s.Get(ctx, "session/a")
	for _, err := range []error{getErr, s.Set(ctx, "session/a", []byte("x"), Meta{}), s.Probe(ctx)} {
		if e, ok := errors.AsType[*UnavailableError](err); !ok || e.Cause != backend.Absent {
			return fmt.Errorf("got %w, want the collection to be absent", err)
		}
	}
	return wantCollections("session")
}

// stoppedSecretService stops the daemon, as a debugger or a full disk under its feet does.
func stoppedSecretService(ctx context.Context) error {
	s, err := openSecretServiceStore(ctx, false)
	if err != nil {
		return err
	}
	if err := s.Set(ctx, "session/a", []byte("x"), Meta{}); err != nil {
		return err
	}
	conn, err := dbus.SessionBus()
	if err != nil {
		return err
	}
	var pid uint32
	if err := conn.BusObject().Call("org.freedesktop.DBus.GetConnectionUnixProcessID", 0, secretservice.Name).Store(&pid); err != nil {
		return err
	}
	if err := syscall.Kill(int(pid), syscall.SIGSTOP); err != nil {
		return err
	}
	defer func() { _ = syscall.Kill(int(pid), syscall.SIGKILL) }() // it would not notice the end of the bus
	// Nor does a command wait for longer that gives a person a minute to unlock it. Only the first waits.
	if s, err = openSecretServiceOf(s.options.Selection, true, time.Minute); err != nil {
		return err
	}
	for range 5 {
		_, err := s.Get(ctx, "session/a")
		if e, ok := errors.AsType[*UnavailableError](err); !ok || e.Cause != backend.Hung || ui.CodeOf(err) != ui.KeyringUnavailable {
			return fmt.Errorf("got %w, want the keyring to hang", err)
		}
	}
	return nil
}
