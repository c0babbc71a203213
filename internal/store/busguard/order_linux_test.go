package busguard_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/99designs/keyring"

	"github.com/dbxaccess/dbxaccess/internal/store/busguard"
)

// TestMain lets the tests run this program, which is initialised with the keyring library in it, under other
// environments. Such a child prints what it found before and after Restore.
func TestMain(m *testing.M) {
	if os.Getenv("BUSGUARD_TEST_CHILD") == "" {
		os.Exit(m.Run())
	}
	verdict := busguard.Restore()
	address, present := os.LookupEnv("DBUS_SESSION_BUS_ADDRESS")
	available := slices.Contains(keyring.AvailableBackends(), keyring.SecretServiceBackend)
	fmt.Printf("verdict %s, address %q %v, available %v\n", verdict, address, present, available)
}

// start runs the child and returns what it printed.
func start(t *testing.T, environment ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append([]string{"BUSGUARD_TEST_CHILD=1", "GOCOVERDIR=" + t.TempDir()}, environment...) // or it warns where coverage is measured
	output, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("the program did not start: %v %s", err, output)
	}
	return string(output)
}

func TestAHungBusDoesNotHangTheProgram(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "bus")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	address := "unix:path=" + path
	for verdict, backend := range map[busguard.Verdict]string{busguard.Hung: "auto", busguard.NotNeeded: "kernel"} {
		got := start(t, "DBUS_SESSION_BUS_ADDRESS="+address, "DBXACCESS_KEYRING_BACKEND="+backend)
		if want := fmt.Sprintf("verdict %s, address %q true, available false\n", verdict, address); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestNoBusIsEverLaunched(t *testing.T) {
	t.Parallel()
	bin := t.TempDir()
	marker := filepath.Join(bin, "launched")
	script := "#!/bin/sh\n: >" + marker + "\nexit 1\n"
	if err := os.WriteFile(filepath.Join(bin, "dbus-launch"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, address := range [][]string{nil, {"DBUS_SESSION_BUS_ADDRESS="}, {"DBUS_SESSION_BUS_ADDRESS=autolaunch:"}} {
		for _, backend := range []string{"auto", "secret-service", "file"} {
			got := start(t, append(address, "PATH="+bin+":/usr/bin:/bin", "DBXACCESS_KEYRING_BACKEND="+backend)...)
			value, present := "", address != nil
			if present {
				_, value, _ = strings.Cut(address[0], "=")
			}
			if want := fmt.Sprintf("address %q %v", value, present); !strings.Contains(got, want) {
				t.Errorf("%v: got %q, want %q in it", address, got, want)
			}
		}
	}
	if _, err := os.Stat(marker); err == nil {
		t.Error("dbus-launch was run")
	}
}

// The order of initialisation is certain only as long as this package waits for nothing that the packages after it do
// not wait for as well.
func TestNothingIsImportedThatTheLibraryDoesNotWaitFor(t *testing.T) {
	t.Parallel()
	list := func(packages ...string) []string {
		output, err := exec.CommandContext(t.Context(), "go", append([]string{"list", "-deps"}, packages...)...).Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.Fields(string(output))
	}
	const self = "github.com/dbxaccess/dbxaccess/internal/store/busguard"
	later := []string{"github.com/dvsekhvalnov/jose2go", "github.com/godbus/dbus"} // imports of the library
	allowed := list(later...)
	for _, needed := range list(self) {
		if needed != self && !slices.Contains(allowed, needed) {
			t.Errorf("importing %s may let the keyring library be initialised first", needed)
		}
	}
	for _, name := range append(later, "github.com/gsterjov/go-libsecret") {
		if name < self {
			t.Errorf("%s sorts before %s", name, self)
		}
	}
	for _, name := range later {
		if !slices.Contains(list("github.com/99designs/keyring"), name) {
			t.Errorf("the keyring library no longer waits for %s", name)
		}
	}
}
