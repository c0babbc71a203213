package lock

import (
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/localfile"
)

const (
	// maxNote bounds a note that is read, in bytes.
	maxNote = 64 << 10
	// noteLife is how long a note stays that nobody takes away.
	noteLife = 24 * time.Hour

	noteEnding   = ".note"
	stagedPrefix = "staged-"
)

// Note returns the note of that name, nil if there is none that can be read. The directory is nobody else's, as for locks.
func (d Dir) Note(name string) []byte {
	dir, ok := d.notesDir()
	if !ok {
		return nil
	}
	data, info, err := localfile.Read(filepath.Join(dir, d.base(name)+noteEnding), maxNote)
	if err != nil || time.Since(info.ModTime()) > noteLife {
		return nil
	}
	return data
}

// SetNote leaves a note for all processes that share the locks, whole or not at all; nil takes it away. It does what it can:
// where nobody has locked anything yet, and on a file system that can't be written to, there are no notes.
func (d Dir) SetNote(name string, note []byte) {
	dir, ok := d.notesDir()
	if !ok {
		return
	}
	path := filepath.Join(dir, d.base(name)+noteEnding)
	if note == nil {
		_ = os.Remove(path)
		return
	}
	removeNotes(dir, noteLife)
	staged, err := os.CreateTemp(dir, stagedPrefix+"*"+noteEnding)
	if err != nil {
		return
	}
	_, err = staged.Write(note)
	if closeErr := staged.Close(); err == nil && closeErr == nil {
		err = os.Rename(staged.Name(), path)
	}
	if err != nil {
		_ = os.Remove(staged.Name())
	}
}

// ClearNotes takes all notes away, those of other scopes too: names don't tell.
func (d Dir) ClearNotes() {
	if dir, ok := d.notesDir(); ok {
		removeNotes(dir, 0)
	}
}

// notesDir returns the directory of the locks if it is there and nobody else's: notes make none.
func (d Dir) notesDir() (dir string, ok bool) {
	for _, dir := range d.places() {
		info, err := os.Lstat(dir)
		if err == nil && info.IsDir() && checkPrivate(dir, info) == nil {
			return dir, true
		}
	}
	return "", false
}

// removeNotes removes those that are older than age.
func removeNotes(dir string, age time.Duration) {
	for _, path := range filesIn(dir, noteEnding) {
		if info, err := os.Lstat(path); err == nil && time.Since(info.ModTime()) >= age {
			_ = os.Remove(path)
		}
	}
}

// NotesInProcess are those of one process.
type NotesInProcess struct{ notes sync.Map }

// Note is that of Dir.
func (n *NotesInProcess) Note(name string) []byte {
	note, _ := n.notes.Load(name)
	data, _ := note.([]byte)
	return data
}

// SetNote is that of Dir.
func (n *NotesInProcess) SetNote(name string, note []byte) {
	if note == nil {
		n.notes.Delete(name)
		return
	}
	n.notes.Store(name, note)
}

// ClearNotes is that of Dir.
func (n *NotesInProcess) ClearNotes() { n.notes.Clear() }
