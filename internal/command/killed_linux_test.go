package command

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// An SDK that gives up kills its helper, which can do nothing about what it runs.
func TestAProgramEndsWhenWeAreKilled(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	us := exec.CommandContext(t.Context(), os.Args[0])
	us.Env = []string{"COMMAND_TEST=run " + listener.Addr().String()}
	if err := us.Start(); err != nil {
		t.Fatal(err)
	}
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	_ = us.Process.Kill()
	_ = us.Wait()
	wantEnd(t, "the program", conn)
}
