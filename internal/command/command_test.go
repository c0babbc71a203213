//go:build unix

package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// shell is a program that prints little, in ample time.
func shell(script string) Program {
	return Program{Argv: []string{"/bin/sh", "-c", script}, Time: time.Minute, Stdout: 1000, Stderr: 1000}
}

func TestWhatAProgramPrints(t *testing.T) {
	t.Parallel()
	p := shell(`cat; echo "$GREETING" >&2; exit 3`)
	var also bytes.Buffer
	told := 0
	p.Stdin, p.Env, p.Also = strings.NewReader("in"), []string{"GREETING=hello"}, &also
	p.Waiting = func() func() { told++; return func() { told += 10 } }
	out, err := Run(t.Context(), p)
	exit, _ := errors.AsType[*exec.ExitError](err)
	if string(out.Stdout) != "in" || string(out.Stderr) != "hello\n" || exit == nil || exit.ExitCode() != 3 {
		t.Errorf("%q, %q, %v", out.Stdout, out.Stderr, err)
	}
	if also.String() != "hello\n" || told != 11 {
		t.Errorf("also %q, told %d", also.String(), told)
	}
	if _, err := Run(t.Context(), Program{Argv: []string{"/nonesuch"}, Time: time.Minute}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing program: %v", err)
	}
}

func TestAProgramKeepsToItsBounds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script string
		time   time.Duration
		want   error
		kept   string
	}{
		"hangs":                     {`echo half; sleep 100`, 3 * time.Second, ErrTooLong, "half\n"},
		"hangs and hears no signal": {`trap "" INT TERM HUP; while :; do sleep 100; done`, 300 * time.Millisecond, ErrTooLong, ""},
		"never stops printing":      {`exec yes`, time.Minute, ErrTooMuch, "y\n"},
		"prints too much":           {`head -c 2000 /dev/zero`, time.Minute, ErrTooMuch, "\x00"},
		"complains without end":     {`yes >&2 & sleep 0.1; echo fine`, time.Minute, nil, "fine\n"},
	} {
		p := shell(c.script)
		p.Time = c.time
		began := time.Now()
		out, err := Run(t.Context(), p)
		if took := time.Since(began); !errors.Is(err, c.want) || took > time.Minute {
			t.Errorf("%s: %v after %s", name, err, took)
		}
		if !strings.HasPrefix(string(out.Stdout), c.kept) || len(out.Stdout) > 1000 || len(out.Stderr) > 1000 {
			t.Errorf("%s: %q, and %d bytes of complaints", name, out.Stdout, len(out.Stderr))
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(200*time.Millisecond, cancel)
	if _, err := Run(ctx, shell("sleep 100")); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}

// staying is a script that leaves a program behind, which holds the pipes, and a connection by which its end is seen.
const staying = `"$TEST" & echo PASS`

// TestMain is what the tests start, where they ask for it.
func TestMain(m *testing.M) {
	switch what, address, _ := strings.Cut(os.Getenv("COMMAND_TEST"), " "); what {
	case "stay":
		if conn, err := net.Dial("unix", address); err == nil {
			_, _ = conn.Read(make([]byte, 1))
		}
		os.Exit(0)
	case "run": // a program of ours that runs one that stays
		p := Program{Argv: []string{os.Args[0]}, Env: []string{"COMMAND_TEST=stay " + address}, Time: time.Minute}
		_, _ = Run(context.Background(), p)
		os.Exit(0)
	case "left": // says that it leads a session, and has none of our streams
		if conn, err := net.Dial("unix", address); err == nil {
			session, _ := unix.Getsid(0)
			in, _ := os.Stdin.Stat()
			null, _ := os.Stat(os.DevNull)
			_, _ = fmt.Fprint(conn, session == os.Getpid() && os.SameFile(in, null), " ", os.Getenv("ONLY"))
			_ = conn.Close()
		}
		os.Exit(0)
	case "leads":
		if session, err := unix.Getsid(0); err == nil && session == os.Getpid() {
			os.Exit(0)
		}
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func wantEnd(t *testing.T, what string, conn net.Conn) {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%s goes on: %v", what, err)
	}
	_ = conn.Close()
}

func TestWhatAProgramLeavesBehindEndsWithIt(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]error{
		staying:                               nil,
		`"$TEST" >/dev/null 2>&1 & echo PASS`: nil, // which holds no pipe
		staying + `; exec sleep 100`:          ErrTooLong,
	} {
		listener, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
		if err != nil {
			t.Fatal(err)
		}
		// The script waits for its child to be seen: else there may be nothing yet to end.
		seen := filepath.Join(t.TempDir(), "seen")
		connected := make(chan net.Conn, 1)
		go func() {
			if conn, err := listener.Accept(); err == nil {
				connected <- conn
				_ = os.WriteFile(seen, nil, 0o600)
			}
		}()
		p := shell(strings.Replace(script, "echo PASS", `while ! test -e "$SEEN"; do sleep 0.01; done; echo PASS`, 1))
		p.Env = append(os.Environ(), "TEST="+os.Args[0], "SEEN="+seen, "COMMAND_TEST=stay "+listener.Addr().String())
		if want != nil {
			p.Time = 5 * time.Second // in which a busy machine has to start it all
		}
		began := time.Now()
		out, err := Run(t.Context(), p)
		if took := time.Since(began); string(out.Stdout) != "PASS\n" || !errors.Is(err, want) || took > time.Minute {
			t.Errorf("%s: %q, %v after %s", script, out.Stdout, err, took)
		}
		wantEnd(t, script+": what it left behind", <-connected)
		_ = listener.Close()
	}
}

// A program that is let go has a session of its own, so that Ctrl-C at our terminal does not end it.
func TestAProgramThatIsLetGo(t *testing.T) {
	t.Setenv("COMMAND_TEST", "leads")
	if err := LetGo(os.Args[0]); err != nil {
		t.Error(err)
	}
}

func TestAProgramThatIsLeft(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	if err := Leave([]string{"COMMAND_TEST=left " + listener.Addr().String(), "ONLY=this"}, os.Args[0]); err != nil {
		t.Fatal(err)
	}
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if said, err := io.ReadAll(conn); string(said) != "true this" || err != nil {
		t.Errorf("%q, %v", said, err)
	}
	if err := Leave(nil, "/nonesuch"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing program: %v", err)
	}
}
