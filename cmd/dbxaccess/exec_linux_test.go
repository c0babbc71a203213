package main

import (
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A person at a shell stops the program with Ctrl-Z, has it go on with fg, makes the window larger and ends it with Ctrl-C:
// there is no process of ours between it and the terminal.
func TestAProgramThatIsServedHasTheTerminal(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	alice(d)
	d.run(80, noDefault, "login", "--no-browser", "--no-profiles")
	wire, tty := openTerminal(t, 80, 24)
	cmd := exec.Command("bash", "--norc", "-i")
	cmd.Dir, cmd.Env = d.home, slices.Concat(d.env, []string{"PS1=> ", "PATH=" + d.home + "/bin:/usr/bin:/bin"})
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = tty.Close()
	hung := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer hung.Stop()
	var shown strings.Builder
	until := func(text string) {
		buffer := make([]byte, 4096)
		for from := shown.Len(); !strings.Contains(shown.String()[from:], text); {
			n, err := wire.Read(buffer)
			if shown.Write(buffer[:n]); err != nil {
				t.Fatalf("%v, having waited for %q and seen %q", err, text, shown.String())
			}
		}
	}
	types := func(text string) {
		if _, err := wire.WriteString(text); err != nil {
			t.Fatal(err)
		}
	}
	d.file("program", `trap 'echo "now $(stty size)"' WINCH; trap 'echo on"goes"' CONT; echo be"gins"; while :; do sleep 0.05; done`)
	until("> ")
	types("dbxaccess exec ml-trainer -- bash program\n")
	until("begins")
	types("\x1a")
	until("Stopped")
	types("fg\n")
	until("ongoes")
	if err := unix.IoctlSetWinsize(int(wire.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: 133, Row: 55}); err != nil {
		t.Fatal(err)
	}
	until("now 55 133")
	types(ctrlC)
	until("> ")
	types("echo status-$?\n")
	until("status-130")
	types("exit\n")
	_ = cmd.Wait()
}

// Copied keys end, and a person who forgot the shell in a window should find when.
func TestAShellWithCopiesSaysWhenTheyEnd(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	aliceWithAShell(d)
	written := d.write(120, nil, "exec", "ml-trainer", "--static")
	if !regexp.MustCompile(`dbxaccess: a shell as ml-trainer until ([0-9-]{10} )?\d\d:\d\d; exit leaves it\r?\n`).MatchString(written) ||
		!strings.Contains(written, "a shell for ml-trainer, 0 arguments") {
		t.Errorf("written was %q", written)
	}
}
