package ui

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

const (
	defaultWidth  = 80
	defaultHeight = 24
)

// Screen is a terminal that is written to, with what it can do: colours, lines cut to the width, one line at the bottom
// that is rewritten, the live line, which makes room for what is written. Several goroutines may write.
type Screen struct {
	Terminal io.Writer
	Width    int  // columns; 0: the terminal is asked whenever it matters
	Height   int  // rows; 0: likewise
	Links    bool // see Link
	Colour   bool // see Paint
	Dumb     bool // its cursor can't be moved back: lines are never rewritten

	keeper *Screen // which has the live line of the same terminal, if not this one: stderr's, for stdout

	mu      sync.Mutex
	live    *liveLine // at most one is shown: the one that began last
	text    string    // of the live line
	shown   bool      // the live line is on the screen now
	midLine bool      // what was written last did not end its line, whose rest must stay free
}

// screenOn returns nil where the file is no terminal. NO_COLOR is honoured as https://no-color.org has it: set and not
// empty.
func screenOn(file *os.File, getenv func(string) string) *Screen {
	if !term.IsTerminal(int(file.Fd())) {
		return nil
	}
	dumb := getenv("TERM") == "dumb" || !obeysSequences(file)
	// The console of Linux and screen show the address that a link hides.
	links := !dumb && getenv("TERM") != "linux" && !strings.HasPrefix(getenv("TERM"), "screen")
	return &Screen{Terminal: file, Dumb: dumb, Colour: !dumb && getenv("NO_COLOR") == "", Links: links}
}

func (s *Screen) columns() int {
	if s.Width > 0 {
		return s.Width
	}
	if width, _ := s.size(); width > 0 {
		return width
	}
	return defaultWidth
}

// size is the terminal's; 0 where it does not say.
func (s *Screen) size() (columns, rows int) {
	if file, ok := s.Terminal.(interface{ Fd() uintptr }); ok {
		if columns, rows, err := term.GetSize(int(file.Fd())); err == nil {
			return columns, rows
		}
	}
	return 0, 0
}

// Rows is the height of the terminal w; 24 if it is none or does not say.
func Rows(w io.Writer) int {
	screen, ok := w.(*Screen)
	if !ok {
		return defaultHeight
	}
	_, rows := screen.size()
	return cmp.Or(screen.Height, rows, defaultHeight)
}

// Link is an address of one line that a person can click, however it is wrapped, where the terminal knows links
// (https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda). What is shown is the address itself.
func Link(w io.Writer, address string) string {
	screen, ok := w.(*Screen)
	if !ok || !screen.Links || strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return address
	}
	return "\x1b]8;;" + address + "\x1b\\" + address + "\x1b]8;;\x1b\\"
}

func (s *Screen) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	keeper := s
	if s.keeper != nil {
		keeper = s.keeper
	}
	keeper.mu.Lock()
	defer keeper.mu.Unlock()
	keeper.wipe()
	n, err := s.Terminal.Write(p)
	keeper.midLine = p[len(p)-1] != '\n'
	keeper.draw()
	return n, err
}

// typed says that the person pressed Enter, which ends a line as writing a line break does.
func (s *Screen) typed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.midLine = false
	s.draw()
}

// wipe removes the live line from the screen, draw writes it. Both need the lock.
func (s *Screen) wipe() {
	if s.shown {
		_, _ = io.WriteString(s.Terminal, "\r\x1b[K")
		s.shown = false
	}
}

func (s *Screen) draw() {
	if s.live == nil || s.midLine {
		return
	}
	// The last column stays free: in it, some terminals begin a new line.
	_, _ = io.WriteString(s.Terminal, "\r\x1b[K"+Fit(s.text, s.columns()-1))
	s.shown = true
}

// liveLine says what is going on while it is.
type liveLine struct {
	screen *Screen
	text   func() string
	timer  *time.Timer
	once   bool // it is written as any other line, and not again
	began  bool
	over   bool
}

// Live shows a line on stderr after a while, rewrites it every second with what text returns, and removes it when done
// is called, which must be. On a terminal that can't rewrite, the line is written once; without a terminal, never. Of
// several lines, the one that began last is shown. text is not called before the while is over or after done; it must
// not write to the streams.
func (s *Streams) Live(after time.Duration, text func() string) (done func()) {
	return s.live(after, false, text)
}

func (s *Streams) live(after time.Duration, once bool, text func() string) (done func()) {
	screen, ok := s.Err.(*Screen)
	if !ok {
		return func() {}
	}
	l := &liveLine{screen: screen, text: text, once: once || screen.Dumb}
	screen.mu.Lock()
	defer screen.mu.Unlock()
	l.timer = time.AfterFunc(after, l.tick)
	return l.end
}

// Progress is Live after a second, with what the person is waiting for and how long: `asking idp.example.com… 3s`.
func (s *Streams) Progress(doing string) (done func()) {
	began := time.Now()
	return s.Live(time.Second, func() string {
		return fmt.Sprintf("%s… %s", doing, time.Since(began).Truncate(time.Second))
	})
}

// Waiting is Progress for another program, which may be drawing on the same terminal: the line is written once, and stays.
func (s *Streams) Waiting(doing string) (done func()) {
	return s.live(time.Second, true, func() string { return doing + "…" })
}

func (l *liveLine) tick() {
	s := l.screen
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.over {
		return
	}
	if l.once {
		if !s.midLine {
			s.wipe()
			_, _ = io.WriteString(s.Terminal, Clean(l.text())+"\n")
			s.draw()
		}
		return
	}
	if !l.began || s.live == nil {
		l.began, s.live = true, l
	}
	if s.live == l {
		s.text = Clean(l.text())
		s.draw()
	}
	l.timer.Reset(time.Second)
}

func (l *liveLine) end() {
	s := l.screen
	s.mu.Lock()
	defer s.mu.Unlock()
	l.over = true
	l.timer.Stop()
	if s.live == l {
		s.wipe()
		s.live = nil
	}
}
