package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func openMemory(t *testing.T) *Store {
	t.Helper()
	s, err := Open(Options{Service: "dbxaccess-test", Selection: Selection{Backend: Memory}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestMemoryIsThisStoresOwn(t *testing.T) {
	t.Parallel()
	s, other := openMemory(t), openMemory(t)
	if err := s.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Set(t.Context(), "role/a", []byte("kept"), Meta{}); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Get(t.Context(), "role/a"); err != nil || string(got) != "kept" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := other.Get(t.Context(), "role/a"); !errors.Is(err, ErrNotFound) {
		t.Errorf("another store has it too: %v", err)
	}
	if keys, err := s.Keys(t.Context(), "role/"); err != nil || len(keys) != 1 {
		t.Errorf("keys: %v, %v", keys, err)
	}
	if err := s.Delete(t.Context(), "role/a"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), "role/a"); !errors.Is(err, ErrNotFound) {
		t.Errorf("it is still there: %v", err)
	}
}

// Jobs that share nothing must not wait for each other, and one process's goroutines still do.
func TestMemoryLocksWithinTheProcessOnly(t *testing.T) {
	t.Parallel()
	s, other := openMemory(t), openMemory(t)
	held, err := s.Lock(t.Context(), "role/a")
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := other.Lock(t.Context(), "role/a")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := s.RLock(ctx, "role/a"); !errors.Is(err, ErrLockTimeout) {
		t.Errorf("the lock was given twice: %v", err)
	}
	for range 2 { // further calls do nothing
		if err := errors.Join(held(), elsewhere()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Lock(t.Context(), "role/a"); err != nil {
		t.Errorf("the lock was not let go: %v", err)
	}
}

// A setting or a record must not make people lose their session with every process.
func TestMemoryIsNeitherSetNorRecorded(t *testing.T) {
	t.Parallel()
	if _, err := ParseBackend("memory"); ui.CodeOf(err) != ui.Usage {
		t.Errorf("the setting is taken: %v", err)
	}
	dir := t.TempDir()
	if err := (Selection{Backend: Memory}).Record(dir); err == nil {
		t.Error("it was recorded")
	}
	if err := os.WriteFile(filepath.Join(dir, SelectionFile), []byte(`{"backend":"memory"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := ReadSelection(dir); ui.CodeOf(err) != ui.KeyringUnavailable {
		t.Errorf("a record of it is taken: %v", err)
	}
}
