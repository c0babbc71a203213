package pass_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/store/storetest"
)

// A session that counts as damaged is lost to its owner: one failure that looks so is not enough.
func TestPassIsAskedAgainBeforeAnItemCountsAsDamaged(t *testing.T) {
	h := newPassHome(t, openKey)
	s := h.open(nil)
	storetest.MustSet(t, s, "session/a", []byte("x"), store.Meta{})
	failed := filepath.Join(h.dir, "failed")
	h.before("if mkdir '" + failed + "' 2>/dev/null; then echo '[GNUPG:] NODATA 1' >&2; exit 1; fi")
	if got := storetest.MustGet(t, s, "session/a"); string(got) != "x" {
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
	storetest.MustSet(t, s, "session/a", []byte("x"), store.Meta{})
	ran := filepath.Join(h.dir, "ran")
	h.before("touch '" + ran + "'")
	for name, replace := range map[string]func(path string) error{
		"too large":   func(path string) error { return os.Truncate(path, backend.MaxFile+1) },
		"a directory": func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) },
	} {
		h.must(os.RemoveAll(h.file("session/a")))
		h.must(os.WriteFile(h.file("session/a"), nil, 0o600))
		h.must(replace(h.file("session/a")))
		if _, err := s.Get(t.Context(), "session/a"); !errors.Is(err, store.ErrCorrupt) {
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
	storetest.MustSet(t, s, "session/a", []byte("x"), store.Meta{})
	text := h.run("pass", "show", "dbxaccess-test/v1+session,a")
	for padding, damaged := range map[int]bool{10: false, backend.MaxFile: true} {
		// base64 allows line breaks anywhere.
		h.write("text", text+strings.Repeat("\n", padding), 0o600)
		h.run("gpg", "--batch", "--yes", "--compress-algo=zlib", "--recipient="+openKey, "--output="+h.file("session/a"),
			"--encrypt", filepath.Join(h.dir, "text"))
		if info, err := os.Stat(h.file("session/a")); err != nil || info.Size() > 100<<10 {
			t.Fatalf("%v, %v", info.Size(), err)
		}
		if _, err := s.Get(t.Context(), "session/a"); damaged != errors.Is(err, store.ErrCorrupt) || !damaged && err != nil {
			t.Errorf("%d line breaks: %v", padding, err)
		}
	}
}

// A reader waits while four others decrypt, since gpg-agent fails under many. The others may be processes of
// another version, so the names of the locks stay.
func TestPassDecryptsFourAtATime(t *testing.T) {
	h := newPassHome(t, openKey)
	storetest.MustSet(t, h.open(nil), "session/a", []byte("x"), store.Meta{})
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
		s := h.open(func(o *store.Options) { o.Timeout = 200 * time.Millisecond })
		readers.Go(func() {
			_, err := s.Get(t.Context(), "session/a")
			storetest.WantUnavailable(t, err, backend.Hung)
		})
	}
	readers.Wait()
	for _, release := range held {
		h.must(release())
	}
	storetest.MustGet(t, h.open(nil), "session/a")
}

// GnuPG can hide the recipient of a message.
func TestPassWithALockedKeyThatIsNotNamed(t *testing.T) {
	h := newPassHome(t, lockedKey)
	h.write("gnupg/gpg.conf", "throw-keyids\n", 0o600)
	s := h.open(nil)
	storetest.MustSet(t, s, "session/a", []byte("x"), store.Meta{})
	h.forget()
	_, err := s.Get(t.Context(), "session/a")
	storetest.WantUnavailable(t, err, backend.Locked)
}
