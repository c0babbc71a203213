package ui

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// recorder is a terminal's wire.
type recorder struct {
	mu  sync.Mutex
	got bytes.Buffer
}

func (r *recorder) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.got.Write(p)
}

// take returns what was written since last time, with the sequence that wipes a line shown as <wipe>.
func (r *recorder) take() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.got.Reset()
	return strings.ReplaceAll(r.got.String(), "\r\x1b[K", "<wipe>")
}

func terminal() (*Streams, *recorder) {
	r := &recorder{}
	return &Streams{Err: &Screen{Terminal: r, Width: 80}, Interactive: true}, r
}

// after lets time pass and everything that was due happen.
func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestWhatIsQuickShowsNoProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := terminal()
		done := s.Progress("asking idp.example.com")
		after(999 * time.Millisecond)
		done()
		after(time.Minute)
		if got := r.take(); got != "" {
			t.Errorf("got %q", got)
		}
	})
}

func TestProgressIsRewrittenInPlaceAndWipedAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := terminal()
		done := s.Progress("asking idp.example.com")
		for _, want := range []string{"<wipe>asking idp.example.com… 1s", "<wipe>asking idp.example.com… 2s"} {
			after(time.Second)
			if got := r.take(); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		done()
		done()
		after(time.Minute)
		if got := r.take(); got != "<wipe>" {
			t.Errorf("in the end got %q", got)
		}
	})
}

func TestWarningsAndProgressDoNotMangleEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := terminal()
		stdout := &Screen{Terminal: r, Width: 80, keeper: s.Err.(*Screen)}
		done := s.Progress("asking")
		defer done()
		after(time.Second)
		r.take()
		PrintWarning(s.Err, Warning{What: "slow"})
		if got, want := r.take(), "<wipe>dbxaccess: warning: slow\n<wipe>asking… 1s"; got != want {
			t.Errorf("a warning in between: %q, want %q", got, want)
		}
		_, _ = stdout.Write([]byte("an answer\n"))
		if got, want := r.take(), "<wipe>an answer\n<wipe>asking… 1s"; got != want {
			t.Errorf("stdout on the same terminal: %q, want %q", got, want)
		}
		_, _ = s.Err.Write([]byte("Passphrase: "))
		after(5 * time.Second)
		if got, want := r.take(), "<wipe>Passphrase: "; got != want {
			t.Errorf("a question stays whole: %q, want %q", got, want)
		}
		_, _ = s.Err.Write([]byte("\n"))
		if got, want := r.take(), "\n<wipe>asking… 6s"; got != want {
			t.Errorf("after the answer: %q, want %q", got, want)
		}
	})
}

func TestProgressComesBackAfterAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := terminal()
		s.In = strings.NewReader("1\n")
		defer s.Progress("asking")()
		after(time.Second)
		r.take()
		if _, err := s.Ask(t.Context(), "Number: "); err != nil {
			t.Fatal(err)
		}
		if got, want := r.take(), "<wipe>Number: <wipe>asking… 1s"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestNothingOfALiveLineOutlivesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := terminal()
		calls := 0
		done := s.Live(time.Second, func() string { calls++; return "working" })
		after(time.Second)
		line := s.Err.(*Screen).live
		done()
		if line.timer.Stop() {
			t.Error("the timer still ran")
		}
		line.tick() // one that was due, and waited for the lock
		PrintWarning(s.Err, Warning{What: "x"})
		if got, want := r.take(), "<wipe>working<wipe>dbxaccess: warning: x\n"; got != want || calls != 1 {
			t.Errorf("got %q after %d calls, want %q", got, calls, want)
		}
	})
}

func TestWhatALiveLineSaysIsCleaned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for dumb, want := range map[bool]string{false: "<wipe>at [2Ja b<wipe>", true: "at [2Ja b\n"} {
			s, r := terminal()
			s.Err.(*Screen).Dumb = dumb
			done := s.Live(time.Second, func() string { return "at \x1b[2Ja\nb" })
			after(time.Second)
			done()
			if got := r.take(); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
	})
}

func TestTheProgressThatBeganLastIsShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := terminal()
		outer := s.Progress("signing in")
		defer outer()
		after(1500 * time.Millisecond)
		inner := s.Progress("polling")
		after(2 * time.Second)
		if got := r.take(); !strings.HasSuffix(got, "<wipe>signing in… 2s<wipe>polling… 1s<wipe>polling… 2s") {
			t.Errorf("got %q", got)
		}
		after(600 * time.Millisecond) // the outer one is due, and waits
		inner()
		after(time.Second)
		if got := r.take(); !strings.HasSuffix(got, "<wipe><wipe>signing in… 5s") {
			t.Errorf("after the inner one: %q", got)
		}
	})
}

func TestProgressKnowsItsTerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := terminal()
		s.Err.(*Screen).Width = 20
		done := s.Progress("asking a provider with a long \x1b[31mname")
		after(time.Second)
		done()
		if got := r.take(); got != "<wipe>asking a provider …<wipe>" {
			t.Errorf("a narrow terminal got %q", got)
		}
		s.Err.(*Screen).Dumb = true
		done = s.Progress("asking")
		after(time.Minute)
		done()
		if got := r.take(); got != "asking… 1s\n" {
			t.Errorf("a terminal that can't rewrite got %q", got)
		}
		s.Err = r
		done = s.Progress("asking")
		after(time.Minute)
		done()
		if got := r.take(); got != "" {
			t.Errorf("what is no terminal got %q", got)
		}
	})
}

func TestScreensAreSafeFromSeveralGoroutines(t *testing.T) {
	t.Parallel()
	s, r := terminal()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			done := s.Live(0, func() string { return "working" })
			for range 50 {
				PrintWarning(s.Err, Warning{What: "x"})
			}
			done()
		})
	}
	group.Wait()
	got := strings.ReplaceAll(strings.ReplaceAll(r.take(), "working", ""), "<wipe>", "")
	if want := strings.Repeat("dbxaccess: warning: x\n", 400); got != want {
		t.Errorf("lines were mangled: %.200q", got)
	}
}

func TestColourNeedsATerminalThatShowsIt(t *testing.T) {
	var plain bytes.Buffer
	grey, colours := &Screen{Terminal: &plain}, &Screen{Terminal: &plain, Colour: true}
	if got := Paint(&plain, Bad, "x") + Paint(grey, Bad, "x") + Paint(colours, Plain, "x") + Paint(colours, Bad, ""); got != "xxx" {
		t.Errorf("got %q", got)
	}
	if got := Paint(colours, Bad, "x"); got != "\x1b[31mx\x1b[0m" {
		t.Errorf("got %q", got)
	}
	file, err := os.Create(t.TempDir() + "/stdout")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if screenOn(file, func(string) string { return "" }) != nil {
		t.Error("a file was taken for a terminal")
	}
}

func TestErrorsAndDiffsAreColouredByMeaning(t *testing.T) {
	var got bytes.Buffer
	screen := &Screen{Terminal: &got, Width: 40, Colour: true}
	PrintError(screen, Errorf("session-over", LoginNeeded, "the session at idp.example.com ended a day ago").
		With(Command("dbxaccess login --identity a-name-that-is-long")), nil)
	want := "\x1b[31mdbxaccess:\x1b[0m the session at\n           idp.example.com ended a day\n           ago\n  dbxaccess login --identity a-name-that-is-long\n"
	if got.String() != want {
		t.Errorf("got %q\nwant %q", got.String(), want)
	}
	got.Reset()
	PrintWarning(screen, Warning{What: "m\x1bind"})
	if want := "\x1b[33mdbxaccess: warning:\x1b[0m mind\n"; got.String() != want {
		t.Errorf("got %q, want %q", got.String(), want)
	}
	got.Reset()
	diff := "--- a\n+++ a\n@@ -1 +1 @@ [x]\n-old\n+new\n kept"
	if err := PrintDiff(screen, diff); err != nil {
		t.Error(err)
	}
	want = "\x1b[1m--- a\x1b[0m\n\x1b[1m+++ a\x1b[0m\n\x1b[2m@@ -1 +1 @@ [x]\x1b[0m\n\x1b[31m-old\x1b[0m\n\x1b[32m+new\x1b[0m\n kept"
	if got.String() != want {
		t.Errorf("got %q\nwant %q", got.String(), want)
	}
	var plain bytes.Buffer
	if err := PrintDiff(&plain, diff); err != nil || plain.String() != diff {
		t.Errorf("a pipe got %q, %v", plain.String(), err)
	}
}

func TestATableThatIsTooWideIsPrintedAsRecords(t *testing.T) {
	table := &Table{Header: []string{"WHO", "BY"}, Rows: [][]Cell{Cells("group analysts", "a grant, inherited from reader"), Cells("b", "c")}}
	for width, want := range map[int]string{
		30: "WHO  group analysts\nBY   a grant, inherited from\n     reader\n\nWHO  b\nBY   c\n",
		80: "WHO             BY\ngroup analysts  a grant, inherited from reader\nb               c\n",
	} {
		var got bytes.Buffer
		if err := table.PrintWhole(&Screen{Terminal: &got, Width: width}); err != nil || got.String() != want {
			t.Errorf("%d columns: %q, %v\nwant %q", width, got.String(), err, want)
		}
	}
	var pipe bytes.Buffer
	if err := table.PrintWhole(&pipe); err != nil || strings.Count(pipe.String(), "\n") != 3 {
		t.Errorf("a pipe got %q, %v", pipe.String(), err)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("gone") }

func TestTheErrorOfATerminalIsPassedOn(t *testing.T) {
	table := &Table{Rows: [][]Cell{Cells("x")}}
	if err := table.Print(&Screen{Terminal: broken{}}); err == nil {
		t.Error("nothing was said")
	}
}

// Another program may be drawing on the terminal: a line that is rewritten would spoil that.
func TestWaitingForAnotherProgramIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := terminal()
		done := s.Waiting("waiting for pass")
		after(999 * time.Millisecond)
		if got := r.take(); got != "" {
			t.Errorf("at once: %q", got)
		}
		after(time.Minute)
		done()
		if got := r.take(); got != "waiting for pass…\n" {
			t.Errorf("got %q", got)
		}
		s.Waiting("quick")()
		after(time.Minute)
		if got := r.take(); got != "" {
			t.Errorf("what was quick: %q", got)
		}
	})
}

func TestALinkIsForTerminalsThatKnowLinks(t *testing.T) {
	t.Parallel()
	const address = "https://id.example.com/device"
	for _, c := range []struct {
		w       io.Writer
		address string
		want    string
	}{
		{&Screen{Terminal: io.Discard, Links: true}, address, "\x1b]8;;" + address + "\x1b\\" + address + "\x1b]8;;\x1b\\"},
		{&Screen{Terminal: io.Discard}, address, address},
		{io.Discard, address, address},
		{&Screen{Terminal: io.Discard, Links: true}, "https://id.example.com/\x1b]0;owned\x07", "https://id.example.com/\x1b]0;owned\x07"}, // others clean it
	} {
		if got := Link(c.w, c.address); got != c.want {
			t.Errorf("%q: %q, want %q", c.address, got, c.want)
		}
	}
}

func TestALineIsFoldedBehindItsOwnIndent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ line, want string }{
		{"Signed in as alice@example.com", "Signed in as\nalice@example.com\n"},
		{"  workspace prod: not signed in", "  workspace prod: not\n  signed in\n"},
		{"\n  Open   https://id.example.com/a/long/link\n", "\n  Open   https://id.example.com/a/long/link\n\n"},
	} {
		var out bytes.Buffer
		Person{&Streams{Err: &Screen{Terminal: &out, Width: 22}}}.Info("%s", c.line)
		if out.String() != c.want {
			t.Errorf("got %q, want %q", out.String(), c.want)
		}
	}
}
