package laptop

import (
	"io"
	"os"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// StartInTerminal starts a program in a terminal of its own. What that shows is in Stdout, with its control sequences, and
// what is written to keys is typed.
func (l *Laptop) StartInTerminal(t testing.TB, name string, args ...string) (r *Running, keys io.Writer) {
	t.Helper()
	keyboard, terminal, err := openTerminal()
	if err != nil {
		t.Fatalf("opening a terminal: %v", err)
	}
	r = l.start(t, Timeout, terminal, name, args...)
	_ = terminal.Close() // the program has it
	shown := make(chan struct{})
	go func() {
		defer close(shown)
		_, _ = io.Copy(r.Stdout, keyboard) // until the last program has left the terminal
	}()
	t.Cleanup(func() {
		_ = keyboard.Close()
		<-shown
	})
	return r, keyboard
}

// openTerminal returns the two ends of a new terminal: pty(7).
func openTerminal() (keyboard, terminal *os.File, err error) {
	keyboard, err = os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, err
	}
	connection, err := keyboard.SyscallConn()
	if err != nil {
		return nil, nil, err
	}
	var number int
	controlled := connection.Control(func(fd uintptr) {
		if err = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); err == nil {
			number, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		}
	})
	if err == nil {
		err = controlled
	}
	if err == nil {
		terminal, err = os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		_ = keyboard.Close()
	}
	return keyboard, terminal, err
}
