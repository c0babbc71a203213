//go:build unix

package use

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestAForwardedSocketIsOnesOwn(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "far") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	if err := checkForwarded(path); ui.IDOf(err) != "ssh-socket-missing" || ui.HintOf(err) == "" {
		t.Errorf("none: %s: %v", ui.IDOf(err), err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	for mode, id := range map[os.FileMode]ui.ID{0o600: "", 0o666: "ssh-socket-open", 0o620: "ssh-socket-open"} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if err := checkForwarded(path); ui.IDOf(err) != id {
			t.Errorf("%s: %s: %v", mode, ui.IDOf(err), err)
		}
	}
	if err := checkForwarded(dir); ui.IDOf(err) != "ssh-socket-open" {
		t.Errorf("no socket: %s: %v", ui.IDOf(err), err)
	}
}
