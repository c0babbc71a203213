package ship

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/audit/sent"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// record is a directory with the files of a record, whose chain a test goes on with.
type record struct {
	t    *testing.T
	dir  string
	key  ed25519.PrivateKey
	head audit.Head
}

func newRecord(t *testing.T) *record {
	t.Helper()
	return &record{t: t, dir: t.TempDir(), key: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)), head: audit.Head{Chain: "c1"}}
}

var began = time.Date(2026, 11, 1, 9, 0, 0, 123_000_000, time.UTC)

// line is the chain's next line.
func (r *record) line(what audit.Record) string {
	r.t.Helper()
	prev := r.head.Hash
	if prev == "" {
		prev = strings.Repeat("0", 64)
	}
	line, head, err := audit.Encode(what, audit.Link{Chain: r.head.Chain, Sequence: r.head.Sequence + 1, Prev: prev}, "v1.2.3", r.key)
	if err != nil {
		r.t.Fatal(err)
	}
	r.head = head
	return string(line)
}

func assumed(n uint64) audit.Record {
	what := audit.New(began.Add(time.Duration(n)*time.Second), audit.Assume, audit.Who{Identity: "acme", Issuer: "https://idp.example.com", Subject: "alice"})
	what.Hostname, what.Role = "laptop-7", "ml-trainer"
	return what
}

func (r *record) file(number int) string {
	return filepath.Join(r.dir, fmt.Sprintf("record-%06d.jsonl", number))
}

// add appends lines to the file of a number.
func (r *record) add(file, lines int) {
	r.t.Helper()
	for range lines {
		r.append(file, r.line(assumed(r.head.Sequence+1))+"\n")
	}
}

func (r *record) append(file int, text string) {
	r.t.Helper()
	f, err := os.OpenFile(r.file(file), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		r.t.Fatal(err)
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Close()); err != nil {
		r.t.Fatal(err)
	}
}

// collector is a sink that answers as a test says.
type collector struct {
	lines  Bounds
	answer func(batch []audit.Entry) (int, error)
	got    []uint64 // sequences that were taken, in order
	calls  int
}

func (c *collector) Bounds() Bounds {
	if c.lines == (Bounds{}) {
		return Bounds{Lines: 3, Bytes: 1 << 20}
	}
	return c.lines
}

func (c *collector) Send(_ context.Context, batch []audit.Entry) (int, error) {
	c.calls++
	rejected := 0
	if c.answer != nil {
		var err error
		if rejected, err = c.answer(batch); err != nil {
			return 0, err
		}
	}
	for _, line := range batch {
		c.got = append(c.got, line.Sequence)
	}
	return rejected, nil
}

func shipper(t *testing.T, r *record, sink Sink) *Shipper {
	t.Helper()
	return &Shipper{
		Place: sent.Place{Dir: filepath.Join(t.TempDir(), "ship"), Name: "siem", To: "https://siem.example.com"}, Sink: sink, Record: r.dir, Now: time.Now,
		Log: slog.New(slog.DiscardHandler),
	}
}

func upTo(from, to uint64) (all []uint64) {
	for n := from; n <= to; n++ {
		all = append(all, n)
	}
	return all
}

func must(t *testing.T, s *Shipper) Report {
	t.Helper()
	r, err := s.Ship(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestEveryLineIsSentOnceAndInOrder(t *testing.T) {
	t.Parallel()
	r, sink := newRecord(t), &collector{}
	s := shipper(t, r, sink)
	if got := must(t, s); got != (Report{}) || sink.calls != 0 {
		t.Errorf("without a record: %+v", got)
	}
	r.add(1, 4)
	r.add(2, 3)
	if got := must(t, s); got.Sent != 7 || got.Head != r.head {
		t.Errorf("%+v", got)
	}
	r.add(2, 2)
	r.add(3, 1)
	must(t, s)
	calls := sink.calls
	if got := must(t, s); got.Sent != 0 || got.Head != r.head || sink.calls != calls {
		t.Errorf("with nothing new: %+v", got)
	}
	if !slices.Equal(sink.got, upTo(1, 10)) {
		t.Errorf("%d", sink.got)
	}
	if os.Remove(filepath.Join(s.Dir, "siem.json")) != nil || must(t, s).Sent != 10 {
		t.Error("without what was kept, all is sent again")
	}
	s.To = "https://other.example.com"
	if got := must(t, s); got.Sent != 10 || got.Gap {
		t.Errorf("another place behind the name: %+v", got)
	}
}

func TestBatchesKeepToTheirBounds(t *testing.T) {
	t.Parallel()
	r, sink := newRecord(t), &collector{}
	r.add(1, 3)
	length := len(r.line(assumed(9)))
	r.head.Sequence, r.head = 0, audit.Head{Chain: "c2"}
	r.add(1, 4)
	var sizes []int
	sink.lines = Bounds{Lines: 100, Bytes: 2*length + 400}
	sink.answer = func(batch []audit.Entry) (int, error) {
		sizes = append(sizes, len(batch))
		return 0, nil
	}
	must(t, shipper(t, r, sink))
	if !slices.Equal(sizes, []int{2, 1, 2, 2}) { // a batch is of one chain
		t.Errorf("%d", sizes)
	}
	sizes, sink.lines = nil, Bounds{Lines: 100, Bytes: 1}
	must(t, shipper(t, r, sink))
	if !slices.Equal(sizes, []int{1, 1, 1, 1, 1, 1, 1}) {
		t.Errorf("%d", sizes)
	}
}

// A sink that is down for a day gets all that it missed, in order, and is asked ever less.
func TestASinkThatIsDownForADay(t *testing.T) {
	t.Parallel()
	r, sink := newRecord(t), &collector{}
	r.add(1, 5)
	state := filepath.Join(t.TempDir(), "ship")
	synctest.Test(t, func(t *testing.T) {
		end := time.Now().Add(24 * time.Hour)
		sink.answer = func([]audit.Entry) (int, error) {
			if time.Now().Before(end) {
				return 0, errors.New("down")
			}
			return 0, nil
		}
		s := &Shipper{Place: sent.Place{Dir: state, Name: "siem"}, Sink: sink, Record: r.dir, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
		ctx, cancel := context.WithCancel(t.Context())
		failed := 0
		s.Follow(ctx, func(_ Report, err error) {
			switch {
			case err != nil:
				failed++
			default:
				cancel()
			}
		})
		if failed < 65 || failed > 130 { // every 15 to 22 minutes
			t.Errorf("asked %d times", failed)
		}
		if late := time.Since(end); late > 25*time.Minute {
			t.Errorf("%s late", late)
		}
	})
	if !slices.Equal(sink.got, upTo(1, 5)) {
		t.Errorf("%d", sink.got)
	}
}

func TestPausesGrowAndAreThoseTheSinkAsksFor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		failures  int
		asked     time.Duration
		from, top time.Duration
	}{
		{1, 0, 2 * time.Second, 3 * time.Second},
		{4, 0, 16 * time.Second, 24 * time.Second},
		{50, 0, 15 * time.Minute, 23 * time.Minute},
		{1, time.Minute, time.Minute, 90 * time.Second},
		{1, 1000 * time.Hour, 6 * time.Hour, 9 * time.Hour},
	} {
		for range 100 {
			if got := pause(c.failures, httpclient.Later(errors.New("busy"), c.asked)); got < c.from || got > c.top {
				t.Errorf("%+v: %s", c, got)
			}
		}
	}
}

// What was sent before a failure is not sent again, whichever call fails.
func TestAFailureInTheMiddle(t *testing.T) {
	t.Parallel()
	r, sink := newRecord(t), &collector{}
	r.add(1, 5)
	r.add(2, 5)
	s := shipper(t, r, sink)
	sink.answer = func(_ []audit.Entry) (int, error) {
		if sink.calls%2 == 0 {
			return 0, errors.New("reset")
		}
		return 0, nil
	}
	for failures := 1; ; failures++ {
		got, err := s.Ship(t.Context())
		if err == nil {
			break
		}
		if got.Retry.IsZero() || !s.Due().Equal(got.Retry) || failures > 10 {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	if !slices.Equal(sink.got, upTo(1, 10)) || !s.Due().IsZero() {
		t.Errorf("%d", sink.got)
	}
}

// What failed while the machine's clock was ahead is tried again once it is right: else nothing would be sent, and nobody told, for as
// long as it was ahead.
func TestAClockThatWasAhead(t *testing.T) {
	t.Parallel()
	r, sink := newRecord(t), &collector{}
	r.add(1, 5)
	s := shipper(t, r, sink)
	sink.answer = func([]audit.Entry) (int, error) { return 0, errors.New("reset") }
	s.Now = func() time.Time { return time.Now().AddDate(3, 0, 0) }
	if _, err := s.Ship(t.Context()); err == nil {
		t.Fatal("it did not fail")
	}
	s.Now, sink.answer = time.Now, nil
	if _, err := s.ShipWithin(t.Context(), time.Second); err != nil || !slices.Equal(sink.got, upTo(1, 5)) {
		t.Errorf("%d, %v", sink.got, err)
	}
}

func TestLinesThatASinkDoesNotTake(t *testing.T) {
	t.Parallel()
	refuses := func(wrong ...uint64) func([]audit.Entry) (int, error) {
		return func(batch []audit.Entry) (int, error) {
			for _, line := range batch {
				if slices.Contains(wrong, line.Sequence) {
					return 0, &RefusedError{errors.New("no such field")}
				}
			}
			return 0, nil
		}
	}
	r, sink := newRecord(t), &collector{answer: refuses(2, 6)}
	r.add(1, 6)
	s := shipper(t, r, sink)
	got, err := s.Ship(t.Context())
	// The last one waits: nothing after it says that the sink takes others.
	if err == nil || !strings.Contains(err.Error(), "line 6 of chain c1") || got.Sent != 4 || got.Refused != 1 || got.Head.Sequence != 5 {
		t.Errorf("%+v, %v", got, err)
	}
	r.add(1, 1)
	if got := must(t, s); got.Sent != 1 || got.Refused != 1 || got.Head.Sequence != 7 {
		t.Errorf("%+v", got)
	}
	if !slices.Equal(sink.got, []uint64{1, 3, 4, 5, 7}) {
		t.Errorf("%d", sink.got)
	}

	all := &collector{answer: refuses(upTo(1, 100)...)}
	r.add(1, 40)
	s = shipper(t, r, all)
	if got, err := s.Ship(t.Context()); err == nil || got.Refused != 0 || got.Head.Sequence != 0 || all.calls > 2*maxHeld {
		t.Errorf("a sink that takes nothing: %+v, %v after %d calls", got, err, all.calls)
	}
	all.answer = nil
	if got := must(t, s); got.Sent != 47 || len(all.got) != 47 {
		t.Errorf("once it does: %+v", got)
	}
}

func TestWhatWasRotatedAwayIsTold(t *testing.T) {
	t.Parallel()
	r, sink := newRecord(t), &collector{}
	r.add(1, 3)
	s := shipper(t, r, sink)
	must(t, s)
	r.add(2, 4)
	r.add(3, 2)
	for _, n := range []int{1, 2} {
		if err := os.Remove(r.file(n)); err != nil {
			t.Fatal(err)
		}
	}
	if got := must(t, s); !got.Gap || got.Missed != 4 || got.Sent != 2 {
		t.Errorf("%+v", got)
	}
	if got := must(t, s); got.Gap {
		t.Errorf("told twice: %+v", got)
	}
	r.head = audit.Head{Chain: "c2"}
	if err := os.Remove(r.file(3)); err != nil {
		t.Fatal(err)
	}
	r.add(4, 1)
	if got := must(t, s); !got.Gap || got.Missed != 0 || got.Sent != 1 {
		t.Errorf("another chain: %+v", got)
	}
}

// A line that is being written is no record yet, and is sent whole once it is one.
func TestALineThatIsBeingWritten(t *testing.T) {
	t.Parallel()
	r, sink := newRecord(t), &collector{}
	r.add(1, 1)
	line := r.line(assumed(2))
	r.append(1, line[:100])
	s := shipper(t, r, sink)
	if got := must(t, s); got.Sent != 1 || got.Damaged != 0 {
		t.Errorf("%+v", got)
	}
	r.append(1, line[100:]+"\nno record\n")
	r.add(1, 1)
	if got := must(t, s); got.Sent != 2 || got.Damaged != 1 || !slices.Equal(sink.got, upTo(1, 3)) {
		t.Errorf("%+v, %d", got, sink.got)
	}
}

func TestTwoProcessesNeverSendSideBySide(t *testing.T) {
	t.Parallel()
	r := newRecord(t)
	r.add(1, 1)
	sink := &collector{}
	s := shipper(t, r, sink)
	other := *s
	sink.answer = func([]audit.Entry) (int, error) {
		if _, err := other.Ship(t.Context()); !errors.Is(err, ErrBusy) {
			t.Errorf("the other: %v", err)
		}
		return 0, nil
	}
	must(t, s)
	if !slices.Equal(sink.got, []uint64{1}) {
		t.Errorf("%d", sink.got)
	}
}

// Whoever can't note what was sent says so, and sends no further.
func TestWhatWasSentCanNotBeNoted(t *testing.T) {
	t.Parallel()
	r, sink := newRecord(t), &collector{}
	r.add(1, 9)
	s := shipper(t, r, sink)
	sink.answer = func([]audit.Entry) (int, error) {
		return 0, os.MkdirAll(filepath.Join(s.Dir, "siem.json", "x"), 0o700)
	}
	if _, err := s.Ship(t.Context()); ui.IDOf(err) != "audit-ship-state" || ui.HintOf(err) == "" || sink.calls != 1 {
		t.Errorf("%v after %d calls", err, sink.calls)
	}
}
