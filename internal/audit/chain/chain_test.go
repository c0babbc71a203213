package chain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestRecordsAreChainedAndSigned(t *testing.T) {
	t.Parallel()
	w := writer(t.TempDir())
	w.Asker = func() audit.Asker { return audit.Asker{Hostname: "laptop", PID: 7, Process: "python3"} }
	record(t, w, 1, 2, 3)
	entries := read(t, w)
	checkChain(t, w, entries)
	if entries[0].PublicKey == "" || entries[1].PublicKey != "" || entries[0].After != nil {
		t.Errorf("the first names the key: %+v", entries[0].Link)
	}
	if got := entries[2]; got.AccessKeyID != "ASIA3" || got.Process != "python3" || got.Hostname != "laptop" {
		t.Errorf("got %+v", got.Record)
	}
	info, err := os.Stat(entries[0].File)
	if err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("others may read it: %v, %v", info.Mode(), err)
	}
}

func TestFilesFollowOneAnother(t *testing.T) {
	t.Parallel()
	w := writer(t.TempDir())
	w.MaxSize = 4000
	record(t, w, 1, 2, 3, 4, 5, 6, 7)
	files, err := audit.Files(w.Dir)
	if err != nil || len(files) < 2 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, path := range files {
		if info, err := os.Stat(path); err != nil || info.Size() > w.MaxSize+4000 {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
	checkChain(t, w, read(t, w))
}

// Servings of what a line has told of cost none of their own, and none is lost or told twice.
func TestServingsAreToldWithTheNextRecord(t *testing.T) {
	t.Parallel()
	w := writer(t.TempDir())
	first, one := time.Now(), issued(1)
	if err := w.Record(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	serve := func(r audit.Record, times int) {
		r.Activity = audit.Serve
		for range times {
			if err := w.Record(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
	}
	serve(one, 3)
	if got := len(read(t, w)); got != 1 {
		t.Fatalf("%d lines", got)
	}
	other := one
	other.Agent = "claude-code"
	serve(other, 2) // the first with a line, which tells of the three before
	if got := len(read(t, w)); got != 3 {
		t.Fatalf("%d lines", got)
	}
	record(t, w, 2)
	serve(other, 1)
	record(t, w, 3)
	entries := read(t, w)
	checkChain(t, w, entries)
	told := map[string]int{}
	for _, e := range entries {
		if e.Activity == audit.Serve {
			told[e.Agent] += max(e.Count, 1)
			if e.Role != "ml-trainer" || e.AccessKeyID != "ASIA1" || e.Count > 0 && e.Since.Before(first.Add(-time.Second)) || e.Time.Before(e.Since) {
				t.Errorf("got %+v", e.Record)
			}
		}
	}
	if told[""] != 3 || told["claude-code"] != 3 || len(entries) != 7 {
		t.Errorf("%v in %d lines", told, len(entries))
	}
}

// A tally goes once its credential has ended and all is told.
func TestTalliesEnd(t *testing.T) {
	t.Parallel()
	w := writer(t.TempDir())
	served := issued(1)
	if err := w.Record(t.Context(), served); err != nil {
		t.Fatal(err)
	}
	served.Activity = audit.Serve
	if err := w.Record(t.Context(), served); err != nil {
		t.Fatal(err)
	}
	later := issued(2)
	later.Time = later.Time.Add(3 * time.Hour)
	later.Expires = later.Time.Add(time.Hour)
	if err := w.Record(t.Context(), later); err != nil {
		t.Fatal(err)
	}
	entries := read(t, w)
	if len(entries) != 3 || entries[1].Count != 1 {
		t.Errorf("got %d", len(entries))
	}
	left, err := os.ReadDir(w.servedDir())
	if err != nil || len(left) != 1 { // that of the later one
		t.Errorf("%v, %v", left, err)
	}
}

// What the head knows of and the files have lost is not concealed by going on.
func TestANewChainSaysWhatItReplaces(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(path string, lines [][]byte) error{
		"cut": func(path string, lines [][]byte) error {
			return os.WriteFile(path, bytes.Join(lines[:2], nil), 0o600)
		},
		"gone": func(path string, _ [][]byte) error { return os.Remove(path) },
		"edited": func(path string, lines [][]byte) error {
			lines[2] = bytes.Replace(lines[2], []byte("ASIA3"), []byte("ASIA9"), 1)
			return os.WriteFile(path, bytes.Join(lines, nil), 0o600)
		},
		"an earlier one behind": func(path string, lines [][]byte) error {
			return os.WriteFile(path, bytes.Join(append(lines[:3:3], lines[1]), nil), 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := writer(t.TempDir())
			record(t, w, 1, 2, 3)
			before := read(t, w)
			data, err := os.ReadFile(before[0].File)
			if err == nil {
				err = spoil(before[0].File, bytes.SplitAfter(data, []byte("\n"))[:3])
			}
			if err != nil {
				t.Fatal(err)
			}
			record(t, w, 4)
			entries := read(t, w)
			last := entries[len(entries)-1]
			if last.Chain == before[0].Chain || last.Sequence != 1 || last.After == nil || *last.After != before[2].Head() {
				t.Errorf("got %+v", last.Link)
			}
			record(t, w, 5)
			entries = read(t, w)
			checkChain(t, w, entries[len(entries)-2:])
		})
	}
}

// A line that a killed process has left half written is closed off, and the chain goes on.
func TestATornLineIsClosedOff(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]int{"half": 500, "all but the line feed": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := writer(t.TempDir())
			record(t, w, 1, 2)
			path := read(t, w)[0].File
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			lines := bytes.SplitAfter(data, []byte("\n"))
			last := bytes.Clone(lines[1])
			if cut == 1 { // it is whole, and the next goes behind it
				err = os.WriteFile(path, data[:len(data)-1], 0o600)
			} else {
				err = os.WriteFile(path, append(data, last[:cut]...), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			record(t, w, 3)
			var good []audit.Entry
			damaged := 0
			for entry, err := range audit.ReadDir(w.Dir) {
				if err == nil {
					good = append(good, entry)
					continue
				}
				damaged++
			}
			checkChain(t, w, good)
			if len(good) != 3 || damaged != min(cut-1, 1) {
				t.Errorf("%d good, %d damaged", len(good), damaged)
			}
		})
	}
}

func TestAnUnwritableDirectoryIsAnError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := writer(dir)
	if err := os.WriteFile(w.Dir, nil, 0o600); err != nil { // a file in its place: root may write anywhere
		t.Fatal(err)
	}
	if err := w.Record(t.Context(), issued(1)); err == nil {
		t.Error("it was kept")
	}
	served := issued(1)
	served.Activity = audit.Serve
	if err := w.Record(t.Context(), served); err == nil {
		t.Error("a serving was kept")
	}
}

// broken is a keyring that fails.
type broken struct {
	folder
	get, set error
}

func (b broken) Get(ctx context.Context, key string) ([]byte, error) {
	if b.get != nil {
		return nil, b.get
	}
	return b.folder.Get(ctx, key)
}

func (b broken) Set(ctx context.Context, key string, value []byte, meta store.Meta) error {
	if b.set != nil {
		return b.set
	}
	return b.folder.Set(ctx, key, value, meta)
}

func TestAKeyringThatFailsIsAnError(t *testing.T) {
	t.Parallel()
	locked := errors.New("the keyring is locked")
	for name, b := range map[string]broken{"read": {get: locked}, "written": {set: locked}} {
		w := writer(t.TempDir())
		record(t, w, 1)
		b.folder, _ = w.Keyring.(folder)
		w.Keyring = b
		if err := w.Record(t.Context(), issued(2)); !errors.Is(err, locked) {
			t.Errorf("%s: %v", name, err)
		}
		w.Keyring = b.folder
		record(t, w, 3)
		entries := read(t, w)
		checkChain(t, w, entries)
	}
}

// A key that can't be read is not replaced: what was signed with it could not be proven any more, and a cut would not show.
func TestADamagedKeyIsAnError(t *testing.T) {
	t.Parallel()
	w := writer(t.TempDir())
	record(t, w, 1)
	if err := w.Keyring.Set(t.Context(), itemKey, []byte(`{"seed":"AAAA"}`), store.Meta{}); err != nil {
		t.Fatal(err)
	}
	if err := w.Record(t.Context(), issued(2)); !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("got %v", err)
	}
}

// No secret comes into the files, which the key's seed is.
func TestTheKeyIsInTheKeyringAlone(t *testing.T) {
	t.Parallel()
	w := writer(t.TempDir())
	record(t, w, 1)
	it, err := load(t.Context(), w.Keyring)
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(w.Dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, it.Seed) || strings.Contains(string(data), "seed") {
			t.Errorf("%s has it", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

type failing struct{ err error }

func (f failing) Record(context.Context, audit.Record) error { return f.err }

func TestThePolicyDecidesAboutFailures(t *testing.T) {
	t.Parallel()
	full := errors.New("no space left on device")
	for _, denies := range []bool{true, false} {
		var warnings []ui.Warning
		p := &Policy{Recorder: failing{full}, Denies: func() bool { return denies }, Warn: func(w ui.Warning) { warnings = append(warnings, w) }}
		for range 2 {
			err := p.Record(t.Context(), issued(1))
			if denies != (ui.IDOf(err) == "audit-not-recorded") || denies != errors.Is(err, full) || denies != (ui.CodeOf(err) == ui.Refused) {
				t.Errorf("denies %v: %v", denies, err)
			}
		}
		if told := len(warnings) == 1; told == denies {
			t.Errorf("denies %v: %v", denies, warnings)
		}
	}
	p := &Policy{Recorder: failing{}, Denies: func() bool { t.Error("the map was asked"); return true }}
	if err := p.Record(t.Context(), issued(1)); err != nil {
		t.Error(err)
	}
}

// A keyring that is not there refuses a command and keeps the refusal from being recorded: that is told once, by the refusal.
func TestARefusalIsNotToldTwice(t *testing.T) {
	gone := ui.Errorf("keyring-gone", ui.KeyringUnavailable, "the keyring is not there")
	var warned int
	p := &Policy{Recorder: failing{gone}, Denies: func() bool { return false }, Warn: func(ui.Warning) { warned++ }}
	for i, refused := range []error{gone, fmt.Errorf("reading: %w", gone), nil} {
		if err := p.Record(t.Context(), audit.Record{Refused: refused}); err != nil || (warned != 0) != (i == 2) {
			t.Errorf("%v: %v, %d warnings", refused, err, warned)
		}
	}
}

// Without the keyring's item a new chain begins, which names where the files have come to, and the person is told.
func TestANewChainNamesWhatHasLostItsKey(t *testing.T) {
	t.Parallel()
	w := writer(t.TempDir())
	var warned []ui.ID
	w.Warn = func(warning ui.Warning) { warned = append(warned, warning.ID) }
	record(t, w, 1, 2)
	before := read(t, w)
	w.Keyring = folder(t.TempDir())
	job := issued(3)
	job.Workload = true
	if err := w.Record(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	if got := read(t, w)[2]; got.After != nil || len(warned) != 0 {
		t.Errorf("a workload takes the place of %v, warned %v", got.After, warned)
	}
	w.Keyring = folder(t.TempDir())
	record(t, w, 4, 5)
	entries := read(t, w)
	if got := entries[3]; got.Sequence != 1 || got.After == nil || *got.After != before[1].Head() || len(warned) != 1 {
		t.Errorf("got %+v, warned %v", got.Link, warned)
	}
	checkChain(t, w, entries[3:])
}

// A serving that no tally is there for is told by a line, or it is an error: nothing is counted behind which no line stands.
func TestATallyBeginsBehindALine(t *testing.T) {
	t.Parallel()
	w := writer(t.TempDir())
	record(t, w, 1)
	if err := os.RemoveAll(w.servedDir()); err != nil {
		t.Fatal(err)
	}
	served := issued(1)
	served.Activity = audit.Serve
	ring, _ := w.Keyring.(folder)
	w.Keyring = broken{folder: ring, get: errors.New("locked")}
	for range 2 {
		if err := w.Record(t.Context(), served); err == nil {
			t.Error("it was counted")
		}
	}
	w.Keyring = ring
	for range 3 {
		if err := w.Record(t.Context(), served); err != nil {
			t.Fatal(err)
		}
	}
	entries := read(t, w)
	if n, damaged := Untold(w.Dir); len(entries) != 2 || entries[1].Activity != audit.Serve || n != 2 || damaged != nil {
		t.Errorf("%d lines, %d untold, %v", len(entries), n, damaged)
	}
}

// Who empties or shortens a tally does not pass unseen: it is found, and the next line tells of it.
func TestADamagedTallyIsTold(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(data []byte) []byte{
		"emptied":   func([]byte) []byte { return nil },
		"shortened": func(data []byte) []byte { return data[:bytes.IndexByte(data, '\n')+1] },
		"another's": func([]byte) []byte { return []byte("0000000000000000 {}\n") },
	} {
		w := writer(t.TempDir())
		record(t, w, 1)
		served := issued(1)
		served.Expires = read(t, w)[0].Expires
		served.Activity = audit.Serve
		if err := w.Record(t.Context(), served); err != nil {
			t.Fatal(err)
		}
		record(t, w, 2) // tells it
		path := filepath.Join(w.servedDir(), servedOf(served).Name())
		data, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path, spoil(data), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		if n, damaged := Untold(w.Dir); n != 0 || len(damaged) != 1 {
			t.Errorf("%s: %d untold, damaged %v", name, n, damaged)
		}
		record(t, w, 3)
		entries := read(t, w)
		checkChain(t, w, entries)
		told := 0
		for _, e := range entries {
			if ui.IDOf(e.Refused) == "audit-tally-damaged" {
				told++
			}
		}
		if _, damaged := Untold(w.Dir); told != 1 || len(damaged) != 0 {
			t.Errorf("%s: told %d times, left %v", name, told, damaged)
		}
	}
}

// Two settings directories that share a keyring have a head each: neither takes the other's for its own, whose end it does not have.
func TestTwoRecordsShareAKeyring(t *testing.T) {
	t.Parallel()
	one := writer(t.TempDir())
	other := writer(t.TempDir())
	other.Keyring = one.Keyring
	record(t, one, 1)
	record(t, other, 2)
	record(t, one, 3)
	record(t, other, 4)
	checkChain(t, one, read(t, one))
	checkChain(t, other, read(t, other))

	for range 2 * maxPlaces { // the item stays small; what it has no head of any more begins another chain
		w := writer(t.TempDir())
		w.Keyring = one.Keyring
		record(t, w, 5)
	}
	it, err := load(t.Context(), one.Keyring)
	if err != nil || len(it.Heads) != maxPlaces {
		t.Fatalf("%v, %d heads", err, len(it.Heads))
	}
	record(t, one, 6)
	entries := read(t, one)
	if got := entries[2]; got.Sequence != 1 || got.After == nil || *got.After != entries[1].Head() {
		t.Errorf("got %+v", got.Link)
	}
}
