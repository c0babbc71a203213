package harden

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestMain is also a program that hardens itself and tells what can be seen of it.
func TestMain(m *testing.M) {
	if os.Getenv("HARDEN_TEST") == "" {
		os.Exit(m.Run())
	}
	limit := func() string {
		var l unix.Rlimit
		_ = unix.Getrlimit(unix.RLIMIT_CORE, &l)
		return fmt.Sprint(l.Cur)
	}
	_ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{Cur: 4096, Max: 8192})
	undo := Process()
	dumpable, _ := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	fmt.Println("dumpable", dumpable)
	fmt.Println("cores", limit())
	environ, err := os.ReadFile("/proc/self/environ") // which only root can still read
	if errors.Is(err, fs.ErrPermission) {
		environ = nil
	}
	fmt.Printf("seen %q\n", bytes.Trim(environ, "\x00"))
	fmt.Println("known", os.Getenv("HARDEN_TEST"))
	arguments, _ := os.ReadFile("/proc/self/cmdline")
	fmt.Printf("arguments %q\n", arguments)
	undo()
	fmt.Println("cores again", limit())
	child := exec.Command("/bin/sh", "-c", `echo child "$HARDEN_TEST"`)
	child.Stdout = os.Stdout
	_ = child.Run()
	os.Exit(0)
}

func TestWhatCanBeSeenOfAHardenedProcess(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"one", "two words"}} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
		cmd.Env = append(os.Environ(), "HARDEN_TEST=canary", "HARDEN_OTHER=")
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf("dumpable 0\ncores 0\nseen \"\"\nknown canary\narguments %q\ncores again 4096\nchild canary\n",
			strings.Join(append([]string{os.Args[0]}, args...), "\x00")+"\x00")
		if string(out) != want {
			t.Errorf("got\n%s, want\n%s", out, want)
		}
	}
}

func TestOnlyAnEnvironmentIsOverwritten(t *testing.T) {
	t.Parallel()
	for block, want := range map[string]bool{
		"A=b\x00C=\x00": true, "": true, "A=b": false, "A=b\x00\x00": false, "=b\x00": false, "word\x00": false,
	} {
		if got := isEnvironment([]byte(block)); got != want {
			t.Errorf("%q: %v", block, got)
		}
	}
}
