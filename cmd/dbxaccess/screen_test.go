//go:build linux

package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/dbxaccess/dbxaccess/internal/sandbox"
)

// desk is a person at a terminal: a home, a sandbox as their company, and the program. What differs from run to run is
// shown as something else of the same length, so that lines are wrapped and cut alike.
type desk struct {
	t      *testing.T
	home   string
	server *sandbox.Server
	env    []string
	shown  []string // pairs: what is written, what the golden file says
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	keys, err := signingKeys()
	if err != nil {
		t.Fatal(err)
	}
	server, err := sandbox.Start(t.Context(), sandbox.Options{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	d := &desk{t: t, home: homeAsLongAs(t, "/home/alice"), server: server}
	d.env = append(os.Environ(),
		"HOME="+d.home, "XDG_CONFIG_HOME=", "XDG_STATE_HOME=", "TERM=xterm-256color", "NO_COLOR=", "SHELL=/bin/bash", "TZ=UTC",
		"SSH_TTY=/dev/pts/1", // no browser
		"AWS_CONFIG_FILE=", "AWS_ENDPOINT_URL_STS="+server.STSURL(),
		"DBXACCESS_MAP="+filepath.Join(d.home, "map.yaml"),
		"DBXACCESS_KEYRING_BACKEND=file", "DBXACCESS_KEYRING_PASSPHRASE=correct horse", "DBXACCESS_KEYRING_SERVICE=dbxaccess-test",
		"DBUS_SESSION_BUS_ADDRESS=", "GORACE=atexit_sleep_ms=0",
	)
	d.file("map.yaml", server.Map())
	d.shows(d.home, "/home/alice")
	d.shows(server.Address(), "127.0.0.1:40404")
	return d
}

// homeAsLongAs makes a directory whose path is as long as another.
func homeAsLongAs(t *testing.T, path string) string {
	t.Helper()
	for {
		name := fmt.Sprintf("/tmp/%0*x", len(path)-len("/tmp/"), time.Now().UnixNano()%(1<<(4*(len(path)-len("/tmp/")))))
		err := os.Mkdir(name, 0o700)
		if errors.Is(err, os.ErrExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(name) })
		return name
	}
}

func (d *desk) file(name, content string) {
	d.t.Helper()
	if err := os.WriteFile(filepath.Join(d.home, name), []byte(content), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

// shows has golden files say a text in place of another.
func (d *desk) shows(written, golden string) {
	d.t.Helper()
	if len(written) != len(golden) {
		d.t.Fatalf("%q and %q differ in length", written, golden)
	}
	d.shown = append(d.shown, written, golden)
}

// answer is something a person types when the screen shows a text for the first time after the answer before.
type answer struct{ when, typed string }

const ctrlC = "\x03"

// run runs the program on a terminal of its own and returns what that shows in the end.
func (d *desk) run(columns int, answers []answer, args ...string) *paper {
	d.t.Helper()
	wire, tty := openTerminal(d.t, columns, 40)
	program, err := exec.LookPath("dbxaccess")
	if err != nil {
		d.t.Fatal(err)
	}
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Env = d.home, d.env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	_ = tty.Close()
	hung := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
	defer hung.Stop()
	written := converse(wire, answers)
	_ = cmd.Wait() // an exit code is for scripts to check
	if !hung.Stop() {
		d.t.Errorf("dbxaccess %q hung, having written:\n%s", args, written)
	}
	return newPaper(columns, strings.NewReplacer(d.shown...).Replace(written))
}

// converse reads what is written until the other end is closed, and types the answers.
func converse(wire *os.File, answers []answer) string {
	var written strings.Builder
	seen := 0
	for buffer := make([]byte, 4096); ; {
		n, err := wire.Read(buffer)
		written.Write(buffer[:n])
		for len(answers) > 0 {
			at := strings.Index(written.String()[seen:], answers[0].when)
			if at < 0 {
				break
			}
			seen += at + len(answers[0].when)
			_, _ = wire.WriteString(answers[0].typed)
			answers = answers[1:]
		}
		if err != nil { // EIO: nobody has the terminal open any more
			return written.String()
		}
	}
}

// openTerminal makes a pseudo-terminal: what a program writes into tty is read from wire.
func openTerminal(t *testing.T, columns, rows int) (wire, tty *os.File) {
	t.Helper()
	wire, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = wire.Close() })
	fd := int(wire.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetUint32(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Col: uint16(columns), Row: uint16(rows)}); err != nil {
		t.Fatal(err)
	}
	tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return wire, tty
}

// golden compares what stands on the screen in the end, at 80 and at 120 columns, with testdata/screens/NAME-80.txt and
// NAME-120.txt. Each time somebody else sits down: prepare, which may be nil, does what they did before.
func golden(t *testing.T, name string, prepare func(*desk), answers []answer, args ...string) {
	t.Helper()
	for _, columns := range []int{80, 120} {
		d := newDesk(t)
		if prepare != nil {
			prepare(d)
		}
		path := filepath.Join("testdata", "screens", fmt.Sprintf("%s-%d.txt", name, columns))
		got := "$ dbxaccess " + strings.Join(args, " ") + "\n" + d.run(columns, answers, args...).text()
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil || got != string(want) {
			t.Errorf("%s (go test ./cmd/dbxaccess -run TestScreens -update writes it anew), %v:\n%s", path, err, cmp.Diff(string(want), got))
		}
	}
}

// TestScreens compares what people see with files that people have looked at.
func TestScreens(t *testing.T) {
	golden(t, "help", nil, nil, "--help")
	golden(t, "help-init", nil, nil, "init", "--help")
	golden(t, "status-nobody", nil, nil, "status")
	golden(t, "flag-typo", nil, nil, "status", "--otuput", "json")
	golden(t, "flag-one-dash", nil, nil, "login", "-role", "ml-trainer")
	golden(t, "init", sameDigest, []answer{{"[y/N] ", "y\n"}}, "init", "--from", "map.yaml")
	golden(t, "init-interrupted", sameDigest, []answer{{"[y/N] ", ctrlC}}, "init", "--from", "map.yaml")
}

// sameDigest has the sandbox's access map, which names a port, look alike each time.
func sameDigest(d *desk) {
	d.shows(fmt.Sprintf("%x", sha256.Sum256([]byte(d.server.Map()))), strings.Repeat("0123456789abcdef", 4))
}

func TestColoursMeanSomething(t *testing.T) {
	d := newDesk(t)
	if got := d.run(80, nil, "lgoin").painted(); got != "<red>dbxaccess:<> unknown command \"lgoin\"\n  did you mean: dbxaccess login\n" {
		t.Errorf("got %s", got)
	}
	for _, off := range []string{"NO_COLOR=1", "TERM=dumb"} {
		d.env = append(d.env, off)
		if got := d.run(80, nil, "lgoin").painted(); strings.Contains(got, "<") {
			t.Errorf("with %s: %s", off, got)
		}
		d.env = d.env[:len(d.env)-1]
	}
}
