package store

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// A session that counts as damaged is lost to its owner: one failure that looks so is not enough.
func TestPassIsAskedAgainBeforeAnItemCountsAsDamaged(t *testing.T) {
	h := newPassHome(t, openKey)
	s := h.open(nil)
	mustSet(t, s, "session/a", []byte("x"), Meta{})
	failed := filepath.Join(h.dir, "failed")
	h.before("if mkdir '" + failed + "' 2>/dev/null; then echo '" + statusMark + "NODATA 1' >&2; exit 1; fi")
	if got := mustGet(t, s, "session/a"); string(got) != "x" {
		t.Errorf("got %q", got)
	}
	if _, err := os.Stat(failed); err != nil {
		t.Errorf("nothing failed: %v", err)
	}
}

// What can't be ours by its size or kind is not given to GnuPG at all.
func TestPassIsNotRunForWhatIsNoItem(t *testing.T) {
	h := newPassHome(t, openKey)
	s := h.open(nil)
	mustSet(t, s, "session/a", []byte("x"), Meta{})
	ran := filepath.Join(h.dir, "ran")
	h.before("touch '" + ran + "'")
	for name, replace := range map[string]func(path string) error{
		"too large":   func(path string) error { return os.Truncate(path, maxFile+1) },
		"a directory": func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) },
	} {
		h.must(os.RemoveAll(h.file("session/a")))
		h.must(os.WriteFile(h.file("session/a"), nil, 0o600))
		h.must(replace(h.file("session/a")))
		if _, err := s.Get(t.Context(), "session/a"); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: got %v, want ErrCorrupt", name, err)
		}
		if os.Remove(ran) == nil {
			t.Errorf("%s: pass was run", name)
		}
	}
}

// A small file can unpack to a large text, of which only the beginning is kept: that beginning must not count as whole.
func TestPassItemThatUnpacksToTooMuchIsDamaged(t *testing.T) {
	h := newPassHome(t, openKey)
	s := h.open(nil)
	mustSet(t, s, "session/a", []byte("x"), Meta{})
	text := h.run("pass", "show", "dbxaccess-test/v1+session,a")
	for padding, damaged := range map[int]bool{10: false, maxFile: true} {
		// base64 allows line breaks anywhere.
		h.write("text", text+strings.Repeat("\n", padding), 0o600)
		h.run("gpg", "--batch", "--yes", "--compress-algo=zlib", "--recipient="+openKey, "--output="+h.file("session/a"),
			"--encrypt", filepath.Join(h.dir, "text"))
		if info, err := os.Stat(h.file("session/a")); err != nil || info.Size() > 100<<10 {
			t.Fatalf("%v, %v", info.Size(), err)
		}
		if _, err := s.Get(t.Context(), "session/a"); damaged != errors.Is(err, ErrCorrupt) || !damaged && err != nil {
			t.Errorf("%d line breaks: %v", padding, err)
		}
	}
}

// Whoever wants to decrypt while four others do waits, since gpg-agent fails under many. The others may be processes of
// another version, so the names of the locks stay.
func TestPassDecryptsFourAtATime(t *testing.T) {
	h := newPassHome(t, openKey)
	mustSet(t, h.open(nil), "session/a", []byte("x"), Meta{})
	var held []func() error
	for slot := range 4 {
		release, err := h.open(nil).Lock(t.Context(), fmt.Sprint("store:pass:slot:", slot))
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, release)
	}
	var readers sync.WaitGroup
	for range 8 { // each takes a slot by chance
		s := h.open(func(o *Options) { o.Timeout = 200 * time.Millisecond })
		readers.Go(func() {
			_, err := s.Get(t.Context(), "session/a")
			wantUnavailable(t, err, Hung)
		})
	}
	readers.Wait()
	for _, release := range held {
		h.must(release())
	}
	mustGet(t, h.open(nil), "session/a")
}

// GnuPG can keep to itself whom a message is for.
func TestPassWithALockedKeyThatIsNotNamed(t *testing.T) {
	h := newPassHome(t, lockedKey)
	h.write("gnupg/gpg.conf", "throw-keyids\n", 0o600)
	s := h.open(nil)
	mustSet(t, s, "session/a", []byte("x"), Meta{})
	h.forget()
	_, err := s.Get(t.Context(), "session/a")
	wantUnavailable(t, err, Locked)
}

// GnuPG's words are looked at with suspicion: what stands in them comes from the item.
func TestRecipientsAreKeyIDsAndFew(t *testing.T) {
	t.Parallel()
	const key = "0123456789ABCDEF"
	for stderr, want := range map[string][]string{
		"":                                     nil,
		"gpg: encrypted with " + key:           nil,
		statusMark + "ENC_TO " + key + " 18 0": {key},
		statusMark + "ENC_TO\n" + statusMark + "ENC_TO " + key: {key},
		statusMark + "ENC_TO " + strings.Repeat("A", 40):       {strings.Repeat("A", 40)},
		statusMark + "ENC_TO " + strings.Repeat("A", 41):       nil,
		statusMark + "ENC_TO --help":                           nil,
		statusMark + "ENC_TO alice@example.com":                nil,
		statusMark + "ENC_TO \x1b[31m":                         nil,
		strings.Repeat(statusMark+"ENC_TO "+key+"\n", 50):      slices.Repeat([]string{key}, 8),
	} {
		if got := recipients(outcome{stderr: stderr}); !slices.Equal(got, want) {
			t.Errorf("%.100q: got %v, want %v", stderr, got, want)
		}
	}
}

// A session of its own is without a terminal, on which GnuPG or a script around it could ask.
func TestProgramsRunInASessionOfTheirOwn(t *testing.T) {
	t.Parallel()
	ran := execute(t.Context(), program{name: "cat", args: []string{"/proc/self/stat"}})
	id, after, found := bytes.Cut(ran.stdout, []byte(" (cat) "))
	fields := bytes.Fields(after) // state, parent, group, session, …: proc(5)
	if ran.err != nil || !found || len(fields) < 4 {
		t.Fatalf("got %q, %v", ran.stdout, ran.err)
	}
	if pid, err := strconv.Atoi(string(id)); err != nil || string(fields[3]) != strconv.Itoa(pid) {
		t.Errorf("the process %s runs in the session %s", id, fields[3])
	}
}
