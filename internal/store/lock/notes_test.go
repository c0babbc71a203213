package lock

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestNotesAreSharedAndGo(t *testing.T) {
	t.Parallel()
	one := Dir{Path: t.TempDir(), Scope: "test"}
	for name, notes := range map[string]interface {
		Note(name string) []byte
		SetNote(name string, note []byte)
		ClearNotes()
	}{"files": one, "in process": &NotesInProcess{}} {
		if got := notes.Note("a"); got != nil {
			t.Errorf("%s: %q from nowhere", name, got)
		}
		notes.SetNote("a", []byte("first"))
		notes.SetNote("a", []byte("second"))
		notes.SetNote("b", []byte("other"))
		if got := notes.Note("a"); string(got) != "second" {
			t.Errorf("%s: got %q", name, got)
		}
		notes.SetNote("b", nil)
		if got := notes.Note("b"); got != nil {
			t.Errorf("%s: %q stays", name, got)
		}
		if notes.ClearNotes(); notes.Note("a") != nil {
			t.Errorf("%s: not cleared", name)
		}
	}
	one.SetNote("a", []byte("x"))
	if got := (Dir{Path: one.Path, Scope: "other"}).Note("a"); got != nil {
		t.Errorf("%q got into another scope", got)
	}
	if found, _ := filepath.Glob(filepath.Join(one.Path, "*")); len(found) != 1 || strings.Contains(found[0], stagedPrefix) {
		t.Errorf("left: %q", found)
	}
}

func TestNotesThatDoNotCount(t *testing.T) {
	t.Parallel()
	dir := Dir{Path: filepath.Join(t.TempDir(), "locks")}
	dir.SetNote("a", []byte("x"))
	if _, err := os.Stat(dir.Path); err == nil {
		t.Error("a note makes no directory")
	}
	if err := os.Mkdir(dir.Path, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir.Path, dir.base("a")+noteEnding)
	dir.SetNote("a", []byte("x"))
	old := time.Now().Add(-25 * time.Hour)
	if err := os.Chtimes(path, old, old); err != nil {
		t.Fatal(err)
	}
	if got := dir.Note("a"); got != nil {
		t.Errorf("an old one: %q", got)
	}
	dir.SetNote("b", []byte("x"))
	if _, err := os.Stat(path); err == nil {
		t.Error("an old one stays")
	}
	dir.SetNote("c", []byte(strings.Repeat("x", maxNote+1)))
	if got := dir.Note("c"); got != nil {
		t.Errorf("one of %d bytes", len(got))
	}
}
