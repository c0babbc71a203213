//go:build linux

package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/dbxaccess/dbxaccess/internal/sandbox"
)

// desk is a person at a terminal: a home, a sandbox as their company, and the program. What differs from run to run is
// shown as something else of the same length, so that lines are wrapped and cut alike.
type desk struct {
	t      *testing.T
	home   string
	clock  string // see clockFile
	server *sandbox.Server
	env    []string
	shown  []string // pairs: what is written, what the golden file says
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	return newDeskAt(t, sandbox.Options{})
}

// newDeskAt is one at a sandbox with options; clock and keys are the desk's.
func newDeskAt(t *testing.T, options sandbox.Options) *desk {
	t.Helper()
	keys, err := signingKeys()
	if err != nil {
		t.Fatal(err)
	}
	clock := filepath.Join(t.TempDir(), "clock")
	options.Now, options.Keys = clockOf(clock), keys.Copy()
	server, err := sandbox.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	d := &desk{t: t, home: homeAsLongAs(t, "/home/alice"), clock: clock, server: server}
	d.env = append(os.Environ(),
		"HOME="+d.home, "XDG_CONFIG_HOME=", "XDG_STATE_HOME=", "TERM=xterm-256color", "NO_COLOR=", "SHELL=/bin/bash", "TZ=UTC",
		"SSH_TTY=/dev/pts/1", // no browser
		"AWS_CONFIG_FILE=", "AWS_ENDPOINT_URL_STS="+server.STSURL(),
		"DBXACCESS_MAP="+filepath.Join(d.home, "map.yaml"),
		"DBXACCESS_KEYRING_BACKEND=file", "DBXACCESS_KEYRING_PASSPHRASE=correct horse", "DBXACCESS_KEYRING_SERVICE=dbxaccess-test",
		"DBUS_SESSION_BUS_ADDRESS=", "GORACE=atexit_sleep_ms=0",
	)
	d.file("map.yaml", server.Map())
	d.install()
	t.Cleanup(func() {
		if err := onlyKnown(d.home); err != nil {
			t.Error(err)
		}
	})
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

// install puts the program where a person would have it, so that the profiles' lines look alike.
func (d *desk) install() {
	d.t.Helper()
	program, err := exec.LookPath("dbxaccess")
	if err == nil {
		err = errors.Join(os.Mkdir(filepath.Join(d.home, "bin"), 0o700), os.Mkdir(filepath.Join(d.home, "tmp"), 0o700),
			os.Symlink(program, filepath.Join(d.home, "bin", "dbxaccess")),
			os.WriteFile(filepath.Join(d.home, "bin", "aws"), []byte("#!/bin/sh\nexit 1\n"), 0o700)) // is looked for, and not run
	}
	if err != nil {
		d.t.Fatal(err)
	}
	d.env = append(d.env, "TMPDIR="+filepath.Join(d.home, "tmp"), "PATH="+filepath.Join(d.home, "bin")+":"+os.Getenv("PATH"))
}

// ownClock has the programs go by the desk's clock.
func (d *desk) ownClock() { d.env = append(d.env, clockFile+"="+d.clock) }

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

// noDefault is how a person with several roles answers which one they use most.
var noDefault = []answer{{"Esc leaves", "\r"}}

var update = flag.Bool("update", false, "write golden files again")

const ctrlC = "\x03"

// run runs the program on a terminal of its own and returns what that shows in the end.
func (d *desk) run(columns int, answers []answer, args ...string) *paper {
	d.t.Helper()
	return newPaper(columns, strings.NewReplacer(d.shown...).Replace(d.write(columns, answers, args...)))
}

// write runs the program on a terminal of its own and returns what it writes there, with what it wipes away again.
func (d *desk) write(columns int, answers []answer, args ...string) string {
	d.t.Helper()
	cmd := exec.Command(filepath.Join(d.home, "bin", "dbxaccess"), args...)
	cmd.Dir = d.home
	return d.atTerminal(cmd, columns, 40, func(wire *os.File) string { return converse(wire, answers) })
}

// atTerminal runs a command on a terminal of its own, at which talk reads and types until nobody has it open any more. Whoever looks at exit
// codes looks elsewhere.
func (d *desk) atTerminal(cmd *exec.Cmd, columns, rows int, talk func(wire *os.File) string) string {
	d.t.Helper()
	wire, tty := openTerminal(d.t, columns, rows)
	cmd.Env = d.env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	_ = tty.Close()
	hung := time.AfterFunc(patience, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	defer hung.Stop()
	written := talk(wire)
	_ = cmd.Wait()
	if !hung.Stop() {
		d.t.Errorf("%q hung, having written:\n%s", cmd.Args, written)
	}
	return written
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
	// At Ctrl-C a terminal sends the signal and then drops what has not been read of the output, which by then may hold
	// the program's last words.
	settings, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	settings.Lflag |= unix.NOFLSH
	if err := unix.IoctlSetTermios(int(tty.Fd()), unix.TCSETS, settings); err != nil {
		t.Fatal(err)
	}
	return wire, tty
}
