package verify

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/audit/chain"
	"github.com/dbxaccess/dbxaccess/internal/store"
)

// keyring is one in memory.
type keyring map[string][]byte

func (k keyring) Get(_ context.Context, key string) ([]byte, error) {
	if data, ok := k[key]; ok {
		return data, nil
	}
	return nil, store.ErrNotFound
}

func (k keyring) Set(_ context.Context, key string, value []byte, _ store.Meta) error {
	k[key] = value
	return nil
}

func (k keyring) Lock(context.Context, string) (func() error, error) {
	return func() error { return nil }, nil
}

// world is a record, with what is done to it.
type world struct {
	*testing.T
	w     *chain.Writer
	ring  keyring
	clock time.Time
}

func newWorld(t *testing.T) *world {
	w := &world{T: t, ring: keyring{}, clock: time.Unix(1_700_000_000, 0)}
	w.w = &chain.Writer{Dir: filepath.Join(t.TempDir(), "audit"), Keyring: w.ring, Now: func() time.Time { return w.clock }}
	return w
}

func (w *world) record(times int) {
	w.Helper()
	for range times {
		w.clock = w.clock.Add(time.Minute)
		r := audit.New(w.clock, audit.Assume, audit.Who{Subject: "00u1"})
		r.Role, r.AccessKeyID = "ml-trainer", fmt.Sprint("ASIA", w.clock.Unix())
		if err := w.w.Record(w.Context(), r); err != nil {
			w.Fatal(err)
		}
	}
}

func (w *world) path() string { return filepath.Join(w.w.Dir, "record-000001.jsonl") }

func (w *world) lines() []string {
	w.Helper()
	data, err := os.ReadFile(w.path())
	if err != nil {
		w.Fatal(err)
	}
	return strings.SplitAfter(strings.TrimSuffix(string(data), "\n"), "\n")
}

func (w *world) write(lines ...string) {
	w.Helper()
	text := ""
	for _, line := range lines {
		text += strings.TrimSuffix(line, "\n") + "\n"
	}
	if err := os.WriteFile(w.path(), []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
}

func (w *world) known() Known {
	w.Helper()
	public, err := chain.Public(w.Context(), w.ring, w.w.Dir)
	if err != nil {
		w.Fatal(err)
	}
	var known Known
	if public.Head != nil {
		known.Heads = []audit.Head{*public.Head}
	}
	if public.Key != nil {
		known.Keys = []ed25519.PublicKey{public.Key}
	}
	return known
}

// check verifies, and compares what is found with "id sequence" each, the first first; and the notes' ids, sorted as they come.
func (w *world) check(known Known, findings, notes string) {
	w.Helper()
	report, err := Verify(audit.ReadDir(w.w.Dir), known)
	if err != nil {
		w.Fatal(err)
	}
	var found, told []string
	for _, f := range report.Findings {
		found = append(found, fmt.Sprint(strings.TrimPrefix(string(f.ID), "audit-"), " ", f.Sequence))
	}
	for _, f := range report.Unproven {
		told = append(told, strings.TrimPrefix(string(f.ID), "audit-"))
	}
	if strings.Join(found, ", ") != findings || strings.Join(told, ", ") != strings.TrimPrefix(notes+", rollback-unproven", ", ") {
		w.Errorf("got  %s | %s\nwant %s | %s\n%+v", strings.Join(found, ", "), strings.Join(told, ", "), findings, notes, report)
	}
}

func TestAWholeRecordIsProven(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.check(w.known(), "", "")
	w.record(5)
	w.check(w.known(), "", "")
	report, err := Verify(audit.ReadDir(w.w.Dir), w.known())
	if err != nil || len(report.Chains) != 1 || !report.Chains[0].Proven || report.Chains[0].Records != 5 || report.Chains[0].Last != 5 {
		t.Errorf("%v, %+v", err, report)
	}
}

// What is done to the lines of five records, and what shows.
func TestTampering(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change          func(l []string) []string
		findings, notes string
	}{
		"an edit": {func(l []string) []string {
			l[2] = strings.Replace(l[2], "ml-trainer", "ml-reader!", 1)
			return l
		}, "record-edited 3", ""},
		"an edit with its hash":  {func(l []string) []string { l[2] = rehashed(l[2], "ml-trainer", "ml-reader!"); return l }, "record-forged 3", ""},
		"a deletion":             {func(l []string) []string { return append(l[:1:1], l[3:]...) }, "records-missing 2", ""},
		"the beginning":          {func(l []string) []string { return l[2:] }, "records-missing 1", ""},
		"the end":                {func(l []string) []string { return l[:3] }, "tail-missing 4", ""},
		"all":                    {func([]string) []string { return nil }, "tail-missing 1", ""},
		"a swap":                 {func(l []string) []string { l[1], l[2] = l[2], l[1]; return l }, "record-moved 2", ""},
		"the last two swapped":   {func(l []string) []string { l[3], l[4] = l[4], l[3]; return l }, "record-moved 4", ""},
		"one moved to the end":   {func(l []string) []string { return append(append(l[:1:1], l[2:]...), l[1]) }, "record-moved 2", ""},
		"a copy":                 {func(l []string) []string { return append(l, l[1]) }, "record-repeated 2", ""},
		"half a line at the end": {func(l []string) []string { return append(l, l[1][:300]) }, "", "line-unreadable"},
		"a line made useless":    {func(l []string) []string { l[1] = "{}"; return l }, "records-missing 2", "line-unreadable"},
		"two things": {func(l []string) []string {
			l[3] = strings.Replace(l[3], "00u1", "00u2", 1)
			return append(l[:1:1], l[2:]...)
		}, "records-missing 2, record-edited 4", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.record(5)
			w.write(c.change(w.lines())...)
			w.check(w.known(), c.findings, c.notes)
		})
	}
}

// rehashed is a line edited by one who knows how the hash is made, and has no key.
func rehashed(line, old, changed string) string {
	e, err := audit.Decode([]byte(strings.TrimSuffix(line, "\n")))
	if err != nil {
		panic(err)
	}
	_, key, _ := ed25519.GenerateKey(nil)
	e.Role = changed
	forged, _, err := audit.Encode(e.Record, e.Link, "", key)
	if err != nil || old == "" {
		panic(err)
	}
	return string(forged)
}

// A line of another chain that the same key has signed, in the place of the one that was there.
func TestASpliceShows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.record(5)
	lines := w.lines()
	item := bytes.Clone(w.ring["audit/chain"])
	// The same chain from record 3 on, in another world in which other things happened.
	w.write(lines[:2]...)
	w.ring["audit/chain"] = bytes.Replace(item, []byte(`"seq":5`), []byte(`"seq":2`), 1)
	e, err := audit.Decode([]byte(strings.TrimSpace(lines[1])))
	if err != nil {
		t.Fatal(err)
	}
	last, err := audit.Decode([]byte(strings.TrimSpace(lines[4])))
	if err != nil {
		t.Fatal(err)
	}
	w.ring["audit/chain"] = bytes.Replace(w.ring["audit/chain"], []byte(last.Hash), []byte(e.Hash), 1)
	w.clock = w.clock.Add(time.Hour)
	w.record(3)
	other := w.lines()
	w.ring["audit/chain"] = item
	w.write(lines[0], lines[1], lines[2], other[3], lines[4])
	w.check(w.known(), "record-spliced 4, record-spliced 5", "clock-set-back")
	w.write(lines[0], lines[1], other[2], other[3], other[4]) // all of it, up to the head
	w.check(w.known(), "record-spliced 5", "")
}

// Whoever replaces all by a chain of their own has no key that is known, and the head is of another chain.
func TestAnotherRecordInItsPlaceShows(t *testing.T) {
	t.Parallel()
	w, forger := newWorld(t), newWorld(t)
	w.record(3)
	forger.record(3)
	w.write(forger.lines()...)
	w.check(w.known(), "chain-foreign 1, tail-missing 1", "")
	w.check(Known{}, "", "chain-unproven, head-unknown")
	w.check(Known{Keys: forger.known().Keys}, "", "head-unknown")
}

// A new chain after a loss carries the loss with it, for ever.
func TestALossStaysVisible(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.record(5)
	w.write(w.lines()[:3]...)
	w.record(2)
	w.check(w.known(), "tail-missing 4", "chain-replaced")
	if err := os.Remove(w.path()); err != nil {
		t.Fatal(err)
	}
	w.record(1)
	w.check(w.known(), "tail-missing 1", "chain-replaced")
}

func TestWhatCanNotBeProvenIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.record(2)
	w.clock = w.clock.Add(-time.Hour)
	w.record(1)
	known := w.known()
	known.Untold = 4
	w.check(known, "", "clock-set-back, servings-untold")
}

// A clock that is set back, and later put right, is a note at each line that shows it: nothing is wrong, and the record is whole. Where
// somebody changes the order as well, that is found by the numbers, whatever the times say.
func TestAClockThatIsSetBackIsNoTampering(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.record(2)
	w.clock = w.clock.Add(-48 * time.Hour)
	w.record(2)
	w.clock = w.clock.Add(48*time.Hour + 10*time.Minute)
	w.record(1)
	w.clock = w.clock.Add(-clockLeeway - 30*time.Second) // within what processes that wait for one another bring about
	w.record(1)
	w.check(w.known(), "", "clock-set-back")
	report, err := Verify(audit.ReadDir(w.w.Dir), w.known())
	if err != nil || !report.Compared || len(report.Chains) != 1 || report.Chains[0].Records != 6 || report.Unproven[0].Sequence != 3 ||
		report.Unproven[0].What != "record 3 is older than the one before it: the clock was set back by 47h 59m" {
		t.Errorf("%v, %+v", err, report)
	}
	l := w.lines()
	w.write(l[0], l[2], l[3], l[1], l[4], l[5]) // by the time, as one would who wants no clock to have been set back
	w.check(w.known(), "record-moved 2", "clock-set-back")
}

func TestAFileThatCanNotBeReadIsAnError(t *testing.T) {
	t.Parallel()
	gone := &fs.PathError{Op: "open", Path: "x", Err: fs.ErrPermission}
	_, err := Verify(func(yield func(audit.Entry, error) bool) { yield(audit.Entry{}, gone) }, Known{})
	if !errors.Is(err, fs.ErrPermission) {
		t.Errorf("got %v", err)
	}
}

// Findings are bounded, and what is left out is counted.
func TestFindingsAreBounded(t *testing.T) {
	t.Parallel()
	report, err := Verify(func(yield func(audit.Entry, error) bool) {
		for range maxFindings + 5 {
			yield(audit.Entry{}, &audit.Damage{Err: fs.ErrInvalid})
		}
	}, Known{})
	if err != nil || len(report.Unproven) != maxFindings || report.Omitted != 6 {
		t.Errorf("%v, %d, %d", err, len(report.Unproven), report.Omitted)
	}
}

// In the place of the record stands another under the same chain's name, and the keyring has lost key and head.
func TestAForeignChainInOurOwnRecordShows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.record(3)
	kept := w.known()
	_, key, _ := ed25519.GenerateKey(nil)
	var forged []string
	at := audit.Link{}
	for i, line := range w.lines() {
		e, err := audit.Decode([]byte(strings.TrimSuffix(line, "\n")))
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			public, _ := key.Public().(ed25519.PublicKey)
			at, at.PublicKey = e.Link, chain.Text(public)
		}
		e.Subject = "00u2"
		text, head, err := audit.Encode(e.Record, at, "", key)
		if err != nil {
			t.Fatal(err)
		}
		forged, at = append(forged, string(text)), audit.Link{Chain: at.Chain, Sequence: at.Sequence + 1, Prev: head.Hash}
	}
	honest := w.lines()
	clear(w.ring)
	w.write(forged...)
	w.check(Known{Own: true}, "chain-foreign 1", "head-unknown")
	w.record(1)
	known := w.known()
	known.Own = true
	w.check(known, "chain-foreign 1", "chain-replaced")

	behind := w.lines()[3]
	w.write(append(honest, behind)...) // what the new chain says of the one before it is held against that
	known.Keys = append(known.Keys, kept.Keys...)
	w.check(known, "record-spliced 3", "chain-replaced")
}

// What workloads did is signed with keys that ended with them.
func TestAWorkloadsChainIsNotForeign(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := audit.New(w.clock, audit.Assume, audit.Who{Workload: true})
	if err := w.w.Record(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	w.check(Known{Own: true}, "", "chain-unproven, head-unknown")
	w.record(1)
	w.check(Known{Own: true}, "chain-foreign 1", "head-unknown")
}

// A chain that names no key, or none that can be one, is held against nothing: its signatures may be anything.
func TestAChainWithoutAKeyIsForged(t *testing.T) {
	t.Parallel()
	for name, named := range map[string]string{"none": "", "too short": "AAAA"} {
		w := newWorld(t)
		w.record(1)
		_, key, _ := ed25519.GenerateKey(nil)
		var lines []string
		at := audit.Link{Chain: "c1", Sequence: 1, Prev: strings.Repeat("0", 64), PublicKey: named}
		for range 2 {
			line, head, err := audit.Encode(audit.New(w.clock, audit.Assume, audit.Who{Workload: true}), at, "", key)
			if err != nil {
				t.Fatal(err)
			}
			e, err := audit.Decode(line)
			if err != nil {
				t.Fatal(err)
			}
			lines = append(lines, strings.Replace(string(line), e.Signature, strings.Repeat("A", len(e.Signature)), 1))
			at = audit.Link{Chain: "c1", Sequence: at.Sequence + 1, Prev: head.Hash}
		}
		w.write(lines...)
		t.Log(name)
		w.check(Known{}, "record-forged 1", "head-unknown")
	}
}

// Who makes room takes the oldest files: what was in them is not looked at. Files that are missing elsewhere are a loss.
func TestOlderFilesMayBeGone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		gone            []int
		findings, notes string
	}{
		"the oldest":     {[]int{1}, "", "records-older"},
		"the two oldest": {[]int{1, 2}, "", "records-older"},
		"in the middle":  {[]int{2}, "records-missing 2", ""},
		"both":           {[]int{1, 3}, "records-missing 3", "records-older"},
		"the newest":     {[]int{4}, "tail-missing 4", ""},
	} {
		w := newWorld(t)
		w.w.MaxSize = 1 // a line for each file
		w.record(4)
		for _, n := range c.gone {
			if err := os.Remove(filepath.Join(w.w.Dir, fmt.Sprintf("record-%06d.jsonl", n))); err != nil {
				t.Fatal(err)
			}
		}
		t.Log(name)
		w.check(w.known(), c.findings, c.notes)
	}
}

// So may a chain that another has taken the place of, as long as that begins in the oldest file.
func TestAnOlderChainMayBeGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.w.MaxSize = 1
	w.record(2)
	clear(w.ring)
	w.record(2)
	if err := errors.Join(os.Remove(w.path()), os.Remove(filepath.Join(w.w.Dir, "record-000002.jsonl"))); err != nil {
		t.Fatal(err)
	}
	w.check(w.known(), "", "chain-replaced, records-older")
}

func TestADamagedTallyIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.record(1)
	known := w.known()
	known.Tallies = []string{"hab5ivwk4jjfy5tet24asi2z"}
	w.check(known, "tally-damaged 0", "")
}
