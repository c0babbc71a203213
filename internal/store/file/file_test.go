package file_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/needed"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/store/storetest"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// TestMain lets the tests run themselves as other processes.
func TestMain(m *testing.M) { os.Exit(storetest.Main(m, children)) }

var children = map[string]func() error{}

// openStore returns a store over encrypted files in dir.
func openStore(t *testing.T, dir, passphrase string) *store.Store {
	t.Helper()
	s, err := store.Open(options(dir, passphrase))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func options(dir, passphrase string) store.Options {
	return store.Options{
		Service: "dbxaccess-test", Selection: store.Selection{Backend: store.File}, FileDir: filepath.Join(dir, "keyring"),
		Timeout:    time.Minute, // a busy machine is no fault
		Passphrase: func(context.Context) (secret.String, error) { return secret.New(passphrase), nil },
		Now:        storetest.Time,
	}
}

func TestEncryptedFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openStore(t, dir, "correct horse")
	const canary = "canary-secret-value"
	values := map[string][]byte{
		"session/a": []byte(canary), "role/b/c": storetest.Pattern(6 << 10), "role/d": storetest.Pattern(64 << 10), "role/e": storetest.Pattern(1 << 20),
	}
	for key, value := range values {
		storetest.MustSet(t, s, key, value, store.Meta{})
	}
	other := openStore(t, dir, "correct horse")
	for key, value := range values {
		if got := storetest.MustGet(t, other, key); !bytes.Equal(got, value) {
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
	for path, content := range storetest.FilesUnder(t, dir) {
		if bytes.Contains(content, []byte(canary)) {
			t.Errorf("%s holds the value in the clear", path)
		}
	}
}

func TestThePassphraseIsAskedOnceAndOnlyIfNeeded(t *testing.T) {
	t.Parallel()
	dir, asked := t.TempDir(), 0
	o := options(dir, "")
	answer, answerErr := "correct horse", error(nil)
	o.Passphrase = func(context.Context) (secret.String, error) { asked++; return secret.New(answer), answerErr }
	open := func() *store.Store {
		s, err := store.Open(o)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open()
	if _, err := s.Get(t.Context(), "session/a"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	if keys, err := s.Keys(t.Context(), ""); err != nil || len(keys) > 0 {
		t.Errorf("got %v, %v", keys, err)
	}
	if err := s.Delete(t.Context(), "session/a"); err != nil || asked != 0 || len(storetest.FilesUnder(t, dir)) != 0 {
		t.Errorf("an empty store: %v, asked %d times, wrote %v", err, asked, storetest.FilesUnder(t, dir))
	}
	storetest.MustSet(t, s, "session/a", []byte("x"), store.Meta{})
	storetest.MustGet(t, s, "session/a")
	storetest.MustSet(t, s, "session/b", []byte("x"), store.Meta{})
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
			storetest.WantUnavailable(t, err, backend.BadPassphrase)
			storetest.WantUnavailable(t, s.Set(t.Context(), "session/a", []byte("y"), store.Meta{}), backend.BadPassphrase)
		}
		if asked != 1 {
			t.Errorf("%s: asked %d times, want once", name, asked)
		}
	}
	asked, answerErr = 0, ui.Errorf("no", ui.Refused, "no")
	if _, err := open().Get(t.Context(), "session/a"); ui.CodeOf(err) != ui.Refused {
		t.Errorf("an error with a code of its own became %v", err)
	}
}

// What another process can open costs as much to guess as its passphrase is weak.
func TestTheRoundsOfFiles(t *testing.T) {
	t.Parallel()
	needed.FullSpeed(t)
	for typed, rounds := range map[bool]string{false: `"p2c":8192`, true: `"p2c":600000`} {
		dir := t.TempDir()
		o := options(dir, "correct horse")
		o.PassphraseTyped = typed
		s, err := store.Open(o)
		if err != nil {
			t.Fatal(err)
		}
		storetest.MustSet(t, s, "session/a", []byte("x"), store.Meta{})
		for path, sealed := range storetest.FilesUnder(t, filepath.Join(dir, "keyring")) {
			header, _, isToken := strings.Cut(string(sealed), ".")
			if text, err := base64.RawURLEncoding.DecodeString(header); isToken && (err != nil || !strings.Contains(string(text), rounds)) {
				t.Errorf("%s: %s, %v", path, text, err)
			}
		}
		storetest.MustGet(t, openStore(t, dir, "correct horse"), "session/a")
	}
}

func TestAWrongPassphraseIsNoDamage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	storetest.MustSet(t, openStore(t, dir, "right"), "session/a", []byte("x"), store.Meta{})
	before := storetest.FilesUnder(t, dir)
	wrong := openStore(t, dir, "wrong")
	_, err := wrong.Get(t.Context(), "session/a")
	storetest.WantUnavailable(t, err, backend.BadPassphrase)
	storetest.WantUnavailable(t, wrong.Set(t.Context(), "session/a", []byte("y"), store.Meta{}), backend.BadPassphrase)
	storetest.WantUnavailable(t, wrong.Set(t.Context(), "session/b", []byte("y"), store.Meta{}), backend.BadPassphrase)
	storetest.WantUnavailable(t, wrong.Probe(t.Context()), backend.BadPassphrase)
	after := storetest.FilesUnder(t, dir)
	for path, content := range before {
		if !bytes.Equal(after[path], content) {
			t.Errorf("%s was changed", path)
		}
	}
	if strings.Contains(err.Error()+ui.HintOf(err), "wrong") {
		t.Errorf("the passphrase is in the message: %v", err)
	}
	// A person who forgot it can log out and start again.
	if err := wrong.Delete(t.Context(), "session/a"); err != nil {
		t.Fatal(err)
	}
	storetest.MustSet(t, wrong, "session/a", []byte("y"), store.Meta{})
	storetest.MustGet(t, openStore(t, dir, "wrong"), "session/a")
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
		"huge":        func(path string, _ []byte) error { return os.Truncate(path, backend.MaxFile+1) },
		"a directory": func(path string, _ []byte) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			storetest.MustSet(t, openStore(t, dir, "pw"), "session/a", storetest.Pattern(500), store.Meta{})
			path := filepath.Join(dir, "keyring", backend.FileName("dbxaccess-test:v1:session/a"))
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := spoil(path, content); err != nil {
				t.Fatal(err)
			}
			s := openStore(t, dir, "pw")
			if _, err := s.Get(t.Context(), "session/a"); !errors.Is(err, store.ErrCorrupt) {
				t.Errorf("got %v, want ErrCorrupt", err)
			}
			if name == "a directory" {
				return
			}
			storetest.MustSet(t, s, "session/a", []byte("new"), store.Meta{})
			if got := storetest.MustGet(t, s, "session/a"); string(got) != "new" {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestWithoutTheCheckItemNothingIsTakenForDamage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	storetest.MustSet(t, openStore(t, dir, "right"), "session/a", []byte("x"), store.Meta{})
	if err := os.Remove(filepath.Join(dir, "keyring", "dbxaccess-test+check")); err != nil {
		t.Fatal(err)
	}
	_, err := openStore(t, dir, "wrong").Get(t.Context(), "session/a")
	storetest.WantUnavailable(t, err, backend.BadPassphrase)
	storetest.MustGet(t, openStore(t, dir, "right"), "session/a")
}
