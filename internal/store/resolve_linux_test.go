package store

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/store/busguard"
	"github.com/dbxaccess/dbxaccess/internal/store/storetest"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func init() {
	children["no-bus"] = func() error { return withoutBus(backend.Absent, "no D-Bus session bus was found") }
	children["hung-bus"] = func() error { return withoutBus(backend.Hung, "says nothing") }
	children["bus-verdict"] = func() error { _, err := fmt.Print(busVerdict); return err }
	children["other-keyring"] = func() error { return withoutBus(backend.Absent, "another keyring is recorded") }
}

// withoutBus expects the Secret Service to be out of reach, and auto to take the kernel keyring and say why.
func withoutBus(cause backend.Cause, why string) error {
	ctx := context.Background()
	_, _, err := Resolve(ctx, secretService.Name, 0)
	if e, ok := errors.AsType[*UnavailableError](err); !ok || e.Cause != cause {
		return fmt.Errorf("got %w, want cause %d", err, cause)
	}
	selection, note, err := Resolve(ctx, Auto, 0)
	if err != nil || selection != (Selection{Backend: kernel.Name}) || !strings.Contains(note, why) {
		return fmt.Errorf("resolved to %+v, %q, %w", selection, note, err)
	}
	s, err := Open(Options{Service: "dbxaccess-test", Selection: Selection{Backend: secretService.Name, Place: backend.Place{Collection: "login"}}, Now: time.Now})
	if err != nil {
		return err
	}
	want := map[backend.Cause]ui.ID{backend.Absent: "keyring-absent", backend.Hung: "keyring-hung"}[cause]
	if _, err = s.Get(ctx, "session/a"); ui.IDOf(err) != want || ui.CodeOf(err) != ui.KeyringUnavailable {
		return fmt.Errorf("got %s: %w, want %s and exit code 5", ui.IDOf(err), err, want)
	}
	return nil
}

func TestWithoutASessionBus(t *testing.T) {
	t.Parallel()
	hung := filepath.Join(t.TempDir(), "bus")
	listener, err := net.Listen("unix", hung)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	for name, environment := range map[string][]string{
		"no-bus":        {"DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent", "DBXACCESS_KEYRING_BACKEND="},
		"hung-bus":      {"DBUS_SESSION_BUS_ADDRESS=unix:path=" + hung, "DBXACCESS_KEYRING_BACKEND="},
		"other-keyring": {"DBUS_SESSION_BUS_ADDRESS=unix:path=" + hung, "DBXACCESS_KEYRING_BACKEND=file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			home := t.TempDir()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			environment = append(environment, "HOME="+home, "XDG_CONFIG_HOME=")
			start := time.Now()
			if err := storetest.Child(ctx, name, environment...).Run(); err != nil {
				t.Error(err)
			}
			if took := time.Since(start); took > 10*backend.DefaultTimeout {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// Package busguard can't ask a descriptor, so early does it run.
func TestTheBusIsLookedAtForTheSecretServiceOnly(t *testing.T) {
	t.Parallel()
	for _, b := range backends {
		if b.Private {
			continue
		}
		cmd := storetest.Child(t.Context(), "bus-verdict", "HOME="+t.TempDir(), "XDG_CONFIG_HOME=",
			"DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent", "DBXACCESS_KEYRING_BACKEND="+b.Name.String())
		verdict, err := cmd.Output()
		if notNeeded := busguard.Verdict(verdict) == busguard.NotNeeded; err != nil || notNeeded == (b == &secretService) {
			t.Errorf("%s: the bus is %s, %v", b.Name, verdict, err)
		}
	}
}
