package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/e2e/internal/dex"
	"github.com/dbxaccess/dbxaccess/e2e/internal/laptop"
	"github.com/dbxaccess/dbxaccess/e2e/internal/secretservice"
)

// promptly is the keyring's deadline of 3 s and what a busy machine adds. Where nothing bounds it, it takes for ever.
const promptly = 15 * time.Second

// A bus that hangs does not stop people who keep the secrets elsewhere, and no one for long. No bus is ever launched.
func TestHungBus(t *testing.T) {
	t.Parallel()
	s := startStack(t, time.Hour)
	for _, backend := range []string{"file", "kernel", "secret-service"} {
		t.Run(backend, func(t *testing.T) {
			t.Parallel()
			l := newLaptop(t, s)
			l.Set("DBXACCESS_KEYRING_BACKEND", backend)
			l.Set("DBXACCESS_KEYRING_PASSPHRASE", "a passphrase for the file")
			bus := secretservice.StartBus(t)
			bus.Unlocked(t, l.Home)
			l.Set("DBUS_SESSION_BUS_ADDRESS", bus.Address)
			initialise(t, l)
			login(t, l, dex.Alice, trainer)
			t.Cleanup(func() {
				l.Set("DBUS_SESSION_BUS_ADDRESS", bus.Address)
				forget(t, l)
			})
			// What the login recorded decides from here on.
			l.Unset("DBXACCESS_KEYRING_BACKEND")

			launched := filepath.Join(l.Home, "launched")
			l.Write(t, "bin/dbus-launch", "#!/bin/sh\ntouch '"+launched+"'\n", 0o700)
			l.Set("PATH", filepath.Join(l.Home, "bin")+":"+l.Env("PATH"))
			hung := secretservice.Hang(t)
			for _, address := range []string{hung.Address, ""} {
				if address == "" {
					l.Unset("DBUS_SESSION_BUS_ADDRESS")
				} else {
					l.Set("DBUS_SESSION_BUS_ADDRESS", address)
				}
				r := l.Run(t, "credential-process", "--role", trainer)
				if backend == "secret-service" {
					faulted(t, r, codeKeyringUnavailable)
				} else {
					answer(t, r)
				}
				if r.Took > promptly {
					t.Errorf("took %v with the bus address %q", r.Took, address)
				}
			}
			if _, err := os.Stat(launched); err == nil {
				t.Error("dbus-launch was run")
			}
			if backend != "secret-service" && hung.Calls() != 0 {
				t.Errorf("the bus was called %d times, though nothing is kept there", hung.Calls())
			}
		})
	}
}

// A keyring that is locked or gone is told as that, within the deadline, and nothing is lost by it.
func TestLockedKeyring(t *testing.T) {
	t.Parallel()
	s := startStack(t, time.Hour)
	l := newLaptop(t, s)
	bus := secretservice.StartBus(t)
	keyring := bus.Unlocked(t, l.Home)
	l.Set("DBUS_SESSION_BUS_ADDRESS", bus.Address)
	initialise(t, l)
	login(t, l, dex.Alice, trainer)
	before := credentials(t, l, trainer)

	unavailable := func(state string) {
		t.Helper()
		r := l.Run(t, "credential-process", "--role", trainer)
		faulted(t, r, codeKeyringUnavailable)
		if r.Took > promptly {
			t.Errorf("took %v with the keyring %s", r.Took, state)
		}
	}
	keyring.Stop()
	unavailable("gone")
	keyring = bus.Locked(t, l.Home)
	unavailable("locked")
	keyring.Stop()
	bus.Unlocked(t, l.Home)
	if after := credentials(t, l, trainer); after != before {
		t.Error("unlocked again, the keyring has other credentials")
	}
}

// Without a Secret Service the kernel keeps the secrets, for an ordinary user, in sessions that aren't linked to the
// user's keyring: each command has one of its own here, as under cron or in a container.
func TestKernelKeyring(t *testing.T) {
	t.Parallel()
	s := startStack(t, time.Hour)
	l := newLaptop(t, s)
	session := []string{"/usr/bin/keyctl", "session", "-"}
	if os.Geteuid() == 0 {
		const nobody = 65534
		l.GiveTo(t, nobody)
		user := fmt.Sprintf("--reuid=%[1]d --regid=%[1]d", nobody)
		session = append(append([]string{"/usr/bin/setpriv", "--clear-groups"}, strings.Fields(user)...), session...)
	}
	l.Wrap(session...)
	initialise(t, l)
	login(t, l, dex.Alice, trainer)
	t.Cleanup(func() { forget(t, l) })

	if keys := credentials(t, l, trainer); credentials(t, l, trainer) != keys {
		t.Error("two answers in a row differ, nothing was cached")
	}
	allowed(t, l.AWS(t, s.minio.URL, "dbx-"+trainer, "s3", "ls", "s3://acme-ml/churn/"), "train.csv")
	if held := kernelItems(t, l); held == 0 {
		t.Error("the kernel's keyring holds nothing, the secrets are elsewhere")
	}
	succeeded(t, l.Run(t, "logout"))
	if left := kernelItems(t, l); left != 0 {
		t.Errorf("after logout the kernel's keyring still holds %d keys", left)
	}
}

// forget takes what a test left out of the kernel's keyring, which is the tester's own.
func forget(t *testing.T, l *laptop.Laptop) {
	t.Helper()
	l.Run(t, "logout")
	l.Program(t, "/bin/sh", "-c", `keyctl link @u @s && keyctl unlink "$(keyctl search @u keyring "$1")" @u`,
		"sh", l.Env("DBXACCESS_KEYRING_SERVICE"))
}

// kernelItems counts the laptop's keys in the user's keyring.
func kernelItems(t *testing.T, l *laptop.Laptop) int {
	t.Helper()
	// Only a process that possesses the user's keyring sees what is in it.
	listing := succeeded(t, l.Program(t, "/bin/sh", "-c", "keyctl link @u @s && keyctl show @u")).Stdout
	count := 0
	for line := range strings.Lines(listing) {
		if strings.Contains(line, l.Env("DBXACCESS_KEYRING_SERVICE")) && !strings.Contains(line, " keyring: ") &&
			!strings.Contains(line, "v1:audit/chain") { // the key of the record, which a logout leaves
			count++
		}
	}
	return count
}

// The product's own tests of what it keeps in the Secret Service, on a real one.
func TestStoreOnSecretService(t *testing.T) {
	t.Parallel()
	bus := secretservice.StartBus(t)
	bus.Unlocked(t, t.TempDir())
	cmd := exec.CommandContext(t.Context(), "go", "test", "-C", "..", "-count=1", "-v",
		"-run", "SecretService", "./internal/store", "./internal/early/bus")
	cmd.Env = append(os.Environ(), "DBXACCESS_TEST_SECRET_SERVICE=1", "DBUS_SESSION_BUS_ADDRESS="+bus.Address)
	output, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(output), "--- PASS") || strings.Contains(string(output), "--- SKIP") {
		t.Fatalf("%v\n%s", err, output)
	}
}
