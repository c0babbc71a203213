package picker

import (
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// terminals is a terminal whose keys the test types.
func terminals(t *testing.T) (typing, keyboard *os.File) {
	t.Helper()
	typing, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("there are no terminals here:", err)
	}
	t.Cleanup(func() { _ = typing.Close() })
	if err := unix.IoctlSetPointerInt(int(typing.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(typing.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	keyboard, err = os.OpenFile(fmt.Sprint("/dev/pts/", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = keyboard.Close() })
	return typing, keyboard
}

func TestWhatEndsAList(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		keys string
		want Answer
		id   ui.ID
	}{
		"Esc":              {"\x1b", Answer{}, "choice-left"},
		"Enter":            {"\r", Answer{}, ""},
		"a name and Enter": {"payroll\r", Answer{Index: 3}, ""},
		"a name and Esc":   {"payroll\x1b", Answer{}, "choice-left"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			typing, keyboard := terminals(t)
			before, err := unix.IoctlGetTermios(int(keyboard.Fd()), getTermios)
			if err != nil {
				t.Fatal(err)
			}
			while := *before
			while.Lflag &^= unix.ICANON | unix.ECHO
			while.Cc[unix.VMIN], while.Cc[unix.VTIME] = 0, 0
			if err := unix.IoctlSetTermios(int(keyboard.Fd()), setTermios, &while); err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(typing, c.keys); err != nil {
				t.Fatal(err)
			}
			one := &terminal{keyboard: int(keyboard.Fd()), screen: &ui.Screen{Terminal: io.Discard, Width: 80, Height: 24}, before: before, while: &while}
			watch := time.AfterFunc(time.Minute, func() { _, _ = io.WriteString(typing, "\r") }) // or it would wait for ever
			defer watch.Stop()
			got, err := one.ask(t.Context(), roles())
			if got != c.want || ui.IDOf(err) != c.id || c.id != "" && ui.CodeOf(err) != ui.Interrupted {
				t.Errorf("%+v, %v", got, err)
			}
			after, err := unix.IoctlGetTermios(int(keyboard.Fd()), getTermios)
			if err != nil || after.Lflag != before.Lflag {
				t.Errorf("the terminal is not given back: %v, %v", after, err)
			}
		})
	}
}
