//go:build unix

package picker

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// glance is how long is waited for a key at a time. After it, a resized window is drawn anew, and what ends us is seen: no read is
// left behind that would take a key from the next program.
const glance = 100 * time.Millisecond

// terminal is one whose keys come one by one, without their echo. It goes on sending signals for Ctrl-C, Ctrl-\ and Ctrl-Z.
type terminal struct {
	keyboard int
	screen   *ui.Screen
	before   *unix.Termios
	while    *unix.Termios

	mu            sync.Mutex // stops come from another goroutine
	given, ended  bool       // the terminal is as it was before; for good
	drawn         string
	columns, rows int
}

// take takes the terminal, which has to be given back by leave.
func take(keyboard *os.File, screen *ui.Screen) (*terminal, error) {
	t := &terminal{keyboard: int(keyboard.Fd()), screen: screen}
	// A program in the background would be stopped by what follows, and by Choose with the question on the screen.
	if group, err := unix.IoctlGetInt(t.keyboard, unix.TIOCGPGRP); err != nil || group != unix.Getpgrp() {
		return nil, errNoKeys
	}
	if err := t.measure(); err != nil || t.rows < leastRows+1 || t.columns < 20 {
		return nil, errNoKeys
	}
	var err error
	if t.before, err = unix.IoctlGetTermios(t.keyboard, getTermios); err != nil {
		return nil, errNoKeys
	}
	while := *t.before
	while.Lflag &^= unix.ICANON | unix.ECHO | unix.IEXTEN
	while.Iflag &^= unix.IXON
	while.Cc[unix.VMIN], while.Cc[unix.VTIME] = 0, 0
	t.while = &while
	if err := unix.IoctlSetTermios(t.keyboard, setTermios, t.while); err != nil {
		return nil, errNoKeys
	}
	return t, nil
}

// measure asks for the size, which a terminal that is gone does not have.
func (t *terminal) measure() error {
	size, err := unix.IoctlGetWinsize(t.keyboard, unix.TIOCGWINSZ)
	if err != nil {
		return fmt.Errorf("reading the terminal: %w", err)
	}
	t.columns, t.rows = int(size.Col), int(size.Row)
	if t.columns == 0 || t.rows == 0 { // a serial line that was never told
		t.columns, t.rows = 80, 24
	}
	return nil
}

// read waits for a key; silent: none came. It takes a byte at a time: what was typed behind the last key is for the next program.
//
// It does not wait within the read: one that goes on from before a stop would wait for a whole line, as the terminal was when it went
// on. Nor by poll(2), which knows no terminal on macOS.
func (t *terminal) read(into *typed) (silent bool, err error) {
	var ready unix.FdSet
	ready.Set(t.keyboard)
	wait := unix.NsecToTimeval(int64(glance))
	if n, err := unix.Select(t.keyboard+1, &ready, nil, nil, &wait); n <= 0 && (err == nil || errors.Is(err, unix.EINTR)) {
		return err == nil, nil
	} else if err != nil {
		return false, fmt.Errorf("waiting for the terminal: %w", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.given {
		return false, nil
	}
	var buffer [1]byte
	n, err := unix.Read(t.keyboard, buffer[:])
	switch {
	case errors.Is(err, unix.EINTR), errors.Is(err, unix.EAGAIN):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("reading the terminal: %w", err)
	}
	into.pending = append(into.pending, buffer[:max(0, n)]...)
	return n <= 0, nil
}

// draw shows the list, if it looks any different. The cursor stays in its first line: a terminal that wraps lines anew when it is
// resized keeps the cursor's, and so all that has to be drawn again is below.
func (t *terminal) draw(l *list) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.measure(); err != nil || t.given {
		return err
	}
	lines, cursor := l.view(t.screen, t.columns, t.rows-1)
	text := "\r" + strings.Join(lines, "\x1b[K\n") + "\x1b[J"
	if n := len(lines) - 1; n > 0 {
		text += fmt.Sprintf("\x1b[%dA", n)
	}
	text += "\r"
	if cursor > 0 {
		text += fmt.Sprintf("\x1b[%dC", cursor)
	}
	if drawn := fmt.Sprint(t.columns, t.rows) + text; drawn != t.drawn {
		t.drawn = drawn
		if _, err := io.WriteString(t.screen, text); err != nil {
			return fmt.Errorf("writing to the terminal: %w", err)
		}
	}
	return nil
}

// leave takes the list off the screen, and gives the terminal back.
func (t *terminal) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.given {
		return
	}
	t.given = true
	if t.drawn != "" {
		_, _ = io.WriteString(t.screen, "\r\x1b[J")
	}
	_ = unix.IoctlSetTermios(t.keyboard, setTermios, t.before)
}

// end is leave for good.
func (t *terminal) end() {
	t.leave()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended = true
}

// resume takes the terminal again after a stop.
func (t *terminal) resume() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended {
		return
	}
	t.given, t.drawn = false, ""
	_ = unix.IoctlSetTermios(t.keyboard, setTermios, t.while)
}
