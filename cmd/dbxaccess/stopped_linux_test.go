package main

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Ctrl-Z at a question for a passphrase: the shell gets its echo back, and the passphrase that is typed after `fg` is not
// shown, though no shell turns the echo off again.
func TestAPassphraseIsHiddenAfterAStop(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	wire, tty := openTerminal(t, 200, 40)
	cmd := exec.Command(filepath.Join(d.home, "bin", "dbxaccess"), "login", "--no-browser")
	cmd.Dir, cmd.Env = d.home, slices.Concat(d.env, []string{"DBXACCESS_KEYRING_PASSPHRASE="})
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = tty.Close()
	hung := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer hung.Stop()
	echoes := func() bool {
		settings, err := unix.IoctlGetTermios(int(wire.Fd()), unix.TCGETS)
		if err != nil {
			t.Fatal(err)
		}
		return settings.Lflag&unix.ECHO != 0
	}
	var shown strings.Builder
	until := func(text string, hidden bool) {
		buffer := make([]byte, 4096)
		for from := shown.Len(); !strings.Contains(shown.String()[from:], text); {
			n, err := wire.Read(buffer)
			if shown.Write(buffer[:n]); err != nil {
				t.Fatalf("%v, having shown %q", err, shown.String())
			}
		}
		for deadline := time.Now().Add(patience); echoes() == hidden; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("echo: %v, having shown %q", echoes(), shown.String())
			}
		}
	}
	types := func(text string) {
		if _, err := wire.WriteString(text); err != nil {
			t.Fatal(err)
		}
	}
	const question = "Choose a passphrase for the new encrypted keyring: "
	until(question, true)
	for range 2 {
		types("\x1a")
		var status syscall.WaitStatus
		if _, err := syscall.Wait4(cmd.Process.Pid, &status, syscall.WUNTRACED, nil); err != nil || !status.Stopped() {
			t.Fatalf("after Ctrl-Z: %#x, %v", status, err)
		}
		if !echoes() {
			t.Error("stopped, it leaves the terminal without its echo")
		}
		if err := cmd.Process.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		until(question, true)
	}
	types("correct horse\n")
	until("Repeat the passphrase for the new keyring: ", true)
	types(ctrlC)
	until("interrupted", false)
	if strings.Contains(shown.String(), "horse") {
		t.Errorf("the passphrase was shown: %q", shown.String())
	}
	_ = cmd.Wait()
}
