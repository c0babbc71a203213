package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/99designs/keyring"

	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestEncryptedFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newFileStore(t, dir, "correct horse")
	const canary = "canary-secret-value"
	values := map[string][]byte{
		"session/a": []byte(canary), "role/b/c": pattern(6 << 10), "role/d": pattern(64 << 10), "role/e": pattern(maxValue),
	}
	for key, value := range values {
		mustSet(t, s, key, value, Meta{})
	}
	other := newFileStore(t, dir, "correct horse")
	for key, value := range values {
		if got := mustGet(t, other, key); !bytes.Equal(got, value) {
			t.Errorf("%s came back changed", key)
		}
	}
	want := []string{"role/b/c", "role/d", "role/e", "session/a"}
	if got, err := other.Keys(t.Context(), ""); err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if err := other.Probe(t.Context()); err != nil {
		t.Error(err)
	}
	for path, content := range filesUnder(t, dir) {
		if bytes.Contains(content, []byte(canary)) {
			t.Errorf("%s holds the value in the clear", path)
		}
	}
}

// filesUnder reads a tree of files; the keys are paths relative to it.
func filesUnder(t *testing.T, root string) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		found[strings.TrimPrefix(path, root+string(filepath.Separator))] = content
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestThePassphraseIsAskedOnceAndOnlyIfNeeded(t *testing.T) {
	t.Parallel()
	dir, asked := t.TempDir(), 0
	o := fileOptions(dir, "")
	answer, answerErr := "correct horse", error(nil)
	o.Passphrase = func(context.Context) (secret.String, error) { asked++; return secret.New(answer), answerErr }
	open := func() *Store {
		s, err := Open(o)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open()
	if _, err := s.Get(t.Context(), "session/a"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	if keys, err := s.Keys(t.Context(), ""); err != nil || len(keys) > 0 {
		t.Errorf("got %v, %v", keys, err)
	}
	if err := s.Delete(t.Context(), "session/a"); err != nil || asked != 0 || len(filesUnder(t, dir)) != 0 {
		t.Errorf("an empty store: %v, asked %d times, wrote %v", err, asked, filesUnder(t, dir))
	}
	mustSet(t, s, "session/a", []byte("x"), Meta{})
	mustGet(t, s, "session/a")
	mustSet(t, s, "session/b", []byte("x"), Meta{})
	if asked != 1 {
		t.Errorf("asked %d times, want once", asked)
	}
	for name, c := range map[string]struct {
		answer string
		err    error
	}{"empty": {}, "failing": {err: errors.New("no such command")}} {
		asked, answer, answerErr = 0, c.answer, c.err
		s := open()
		for range 2 {
			_, err := s.Get(t.Context(), "session/a")
			wantUnavailable(t, err, BadPassphrase)
			wantUnavailable(t, s.Set(t.Context(), "session/a", []byte("y"), Meta{}), BadPassphrase)
		}
		if asked != 1 {
			t.Errorf("%s: asked %d times, want once", name, asked)
		}
	}
	asked, answerErr = 0, ui.Fault(ui.Refused, "", "no")
	if _, err := open().Get(t.Context(), "session/a"); ui.CodeOf(err) != ui.Refused {
		t.Errorf("an error with a code of its own became %v", err)
	}
}

func TestAWrongPassphraseIsNoDamage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mustSet(t, newFileStore(t, dir, "right"), "session/a", []byte("x"), Meta{})
	before := filesUnder(t, dir)
	wrong := newFileStore(t, dir, "wrong")
	_, err := wrong.Get(t.Context(), "session/a")
	wantUnavailable(t, err, BadPassphrase)
	wantUnavailable(t, wrong.Set(t.Context(), "session/a", []byte("y"), Meta{}), BadPassphrase)
	wantUnavailable(t, wrong.Set(t.Context(), "session/b", []byte("y"), Meta{}), BadPassphrase)
	wantUnavailable(t, wrong.Probe(t.Context()), BadPassphrase)
	after := filesUnder(t, dir)
	for path, content := range before {
		if !bytes.Equal(after[path], content) {
			t.Errorf("%s was changed", path)
		}
	}
	if strings.Contains(err.Error()+ui.HintOf(err), "wrong") {
		t.Errorf("the passphrase is in the message: %v", err)
	}
	// Who lost it can log out and begin anew.
	if err := wrong.Delete(t.Context(), "session/a"); err != nil {
		t.Fatal(err)
	}
	mustSet(t, wrong, "session/a", []byte("y"), Meta{})
	mustGet(t, newFileStore(t, dir, "wrong"), "session/a")
}

func TestDamagedFilesAreAMiss(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(path string, content []byte) error{
		"cut":     func(path string, content []byte) error { return os.WriteFile(path, content[:len(content)/2], 0o600) },
		"empty":   func(path string, _ []byte) error { return os.WriteFile(path, nil, 0o600) },
		"foreign": func(path string, _ []byte) error { return os.WriteFile(path, []byte("{}.a.b.c.d"), 0o600) },
		"changed": func(path string, content []byte) error {
			content[len(content)-20] ^= 1
			return os.WriteFile(path, content, 0o600)
		},
		"huge":        func(path string, _ []byte) error { return os.Truncate(path, maxFile+1) },
		"a directory": func(path string, _ []byte) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			mustSet(t, newFileStore(t, dir, "pw"), "session/a", pattern(500), Meta{})
			path := filepath.Join(dir, "keyring", fileName("dbxaccess-test:v1:session/a"))
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := spoil(path, content); err != nil {
				t.Fatal(err)
			}
			s := newFileStore(t, dir, "pw")
			if _, err := s.Get(t.Context(), "session/a"); !errors.Is(err, ErrCorrupt) {
				t.Errorf("got %v, want ErrCorrupt", err)
			}
			if name == "a directory" {
				return
			}
			mustSet(t, s, "session/a", []byte("new"), Meta{})
			if got := mustGet(t, s, "session/a"); string(got) != "new" {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestWithoutTheCheckItemNothingIsTakenForDamage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mustSet(t, newFileStore(t, dir, "right"), "session/a", []byte("x"), Meta{})
	if err := os.Remove(filepath.Join(dir, "keyring", "dbxaccess-test+check")); err != nil {
		t.Fatal(err)
	}
	_, err := newFileStore(t, dir, "wrong").Get(t.Context(), "session/a")
	wantUnavailable(t, err, BadPassphrase)
	mustGet(t, newFileStore(t, dir, "right"), "session/a")
}

func TestAFullDiskLeavesTheOldValue(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newFileStore(t, dir, "pw")
	mustSet(t, s, "session/a", []byte("old"), Meta{})
	ring, ok := s.ring.(*fileRing)
	if !ok {
		t.Fatalf("the ring is a %T", s.ring)
	}
	ring.open = func(dir, passphrase string) (keyring.Keyring, error) {
		k, err := openFiles(dir, passphrase)
		return fullDisk{k, dir}, err
	}
	err := s.Set(t.Context(), "session/a", pattern(5000), Meta{})
	if !errors.Is(err, ErrFull) || ui.CodeOf(err) != ui.KeyringUnavailable || !strings.Contains(ui.HintOf(err), "disk") {
		t.Errorf("got %v, hint %q", err, ui.HintOf(err))
	}
	ring.open = openFiles
	if got := mustGet(t, s, "session/a"); string(got) != "old" {
		t.Errorf("got %q", got)
	}
	for path := range filesUnder(t, dir) {
		if strings.Contains(path, stagingPrefix) {
			t.Errorf("left behind: %s", path)
		}
	}
}

// fullDisk writes half of an item, as a disk does that fills up meanwhile.
type fullDisk struct {
	keyring.Keyring
	dir string
}

func (f fullDisk) Set(it keyring.Item) error {
	path := filepath.Join(f.dir, it.Key)
	if err := os.WriteFile(path, []byte("eyJhbGciOi"), 0o600); err != nil {
		return err
	}
	return &fs.PathError{Op: "write", Path: path, Err: syscall.ENOSPC}
}

func TestFileNamesLeadBack(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"dbxaccess:v1:role/ab_c=d-e/f", "db.x_a-1:v1:probe", "a:v1:a~0~1"} {
		if got := itemName(fileName(name)); got != name {
			t.Errorf("%q became %q", name, got)
		}
		if file := fileName(name); strings.ContainsAny(file, `:/\%`) {
			t.Errorf("%q is no file name everywhere", file)
		}
	}
	if (&fileRing{service: "a"}).checkName() == fileName(fmt.Sprint("a", ":v1:", "check")) {
		t.Error("a key has the name of the check item")
	}
}
