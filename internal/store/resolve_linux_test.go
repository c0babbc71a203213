package store

import (
	"os/exec"
	"testing"
)

func TestWithoutASessionBus(t *testing.T) {
	t.Parallel()
	cmd := child(t.Context(), "no-bus")
	cmd.Env = append(cmd.Env, "DBUS_SESSION_BUS_ADDRESS=unix:path="+t.TempDir()+"/none", "DBXACCESS_KEYRING_BACKEND=")
	if err := cmd.Run(); err != nil {
		t.Error(err)
	}
	_ = exec.ErrNotFound
}
