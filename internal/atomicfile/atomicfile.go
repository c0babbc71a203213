// Package atomicfile replaces a file whole or not at all.
//
// In comes a path and the new bytes; out comes the file with these bytes, or an error and the file as it was. The bytes
// go to a temporary file in the same directory, are flushed to the disk and renamed over the old file, so that a
// reader, a crash or a kill at any moment finds the old file or the new one. It must never leave a part of a file,
// never replace a symbolic link by a file, but with WriteOwn, and never change a file of another user.
//
// A replaced file keeps its permission bits and, where the system allows, its group. Access control lists, extended
// attributes and hard links are lost, as with every program that saves by renaming.
package atomicfile

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"runtime"

	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	// MaxSize bounds the files that are read, in bytes.
	MaxSize = 16 << 20

	// maxRetries bounds how often an edit is repeated because another program changed the file meanwhile.
	maxRetries = 3
)

// Read returns the bytes of the file, links followed, or nil if there is none. A dangling link, anything but a regular
// file and a file over MaxSize are errors. The owner does not matter.
func Read(path string) ([]byte, error) {
	t, err := locate(path)
	if err != nil {
		return nil, err
	}
	return t.read()
}

// Write makes path hold data. An existing file keeps its mode; a new one gets exactly perm, whatever the umask, and its
// missing directories get 0700. A file that holds data already is left as it is. Write refuses what Update refuses.
func Write(path string, data []byte, perm fs.FileMode) error {
	t, err := locate(path)
	if err != nil {
		return err
	}
	return t.write(data, perm)
}

// WriteOwn is Write for a file that only this program writes: a link in its place is taken away and not followed, and one that others may
// write, who may have it open, is replaced by one of mode perm. People link what they edit, and nobody links such a file but to have another
// one overwritten.
func WriteOwn(path string, data []byte, perm fs.FileMode) error {
	if info, err := os.Lstat(path); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	t, err := locate(path)
	if err != nil {
		return err
	}
	t.anew = t.info != nil && othersWrite(t.info, perm)
	return t.write(data, perm)
}

func (t target) write(data []byte, perm fs.FileMode) error {
	if old, err := t.read(); err == nil && t.info != nil && !t.anew && bytes.Equal(old, data) {
		return nil
	}
	if err := t.mayReplace(); err != nil {
		return err
	}
	return t.replace(data, perm, func() error { return nil })
}

// othersWrite reports whether the mode of a file lets others write it, which perm does not. On Windows a mode says nothing of others.
func othersWrite(info fs.FileInfo, perm fs.FileMode) bool {
	return runtime.GOOS != "windows" && info.Mode().Perm()&0o022&^perm != 0
}

// Update reads path, calls edit with its bytes (nil if there is no file), replaces the file by what edit returns, and
// reports whether it did. If edit returns the same bytes, nothing is written or refused. Modes are those of Write.
//
// If the file changes between reading and renaming (the AWS CLI takes no lock), edit is called again with the new
// bytes, three times at most, then Update gives up. An error of edit is returned as it is, and nothing is written.
//
// A symbolic link is followed and stays. Refused are a dangling link, anything but a regular file, a file of another
// owner (if root edited a person's file, they could not read it any more), a read-only file, one over MaxSize.
func Update(path string, perm fs.FileMode, edit func(old []byte) (updated []byte, err error)) (changed bool, err error) {
	for range 1 + maxRetries {
		t, err := locate(path)
		if err != nil {
			return false, err
		}
		old, err := t.read()
		if err != nil {
			return false, err
		}
		// A copy, so that an edit that works in place can't spoil the comparison.
		updated, err := edit(bytes.Clone(old))
		if err != nil {
			return false, err
		}
		if bytes.Equal(old, updated) {
			return false, nil
		}
		if err := t.mayReplace(); err != nil {
			return false, err
		}
		err = t.replace(updated, perm, func() error { return unchanged(path, t, old) })
		if errors.Is(err, errChanged) {
			continue
		}
		return err == nil, err
	}
	return false, ui.Errorf("file-busy", ui.Failed,
		"%s was changed by another program %d times while it was being edited", ui.Clean(path), 1+maxRetries).
		With(ui.Advice("another program keeps writing it; run the command again when that is done"))
}

var errChanged = errors.New("the file changed meanwhile")

// unchanged compares bytes, not times: the clocks of many file systems tick only every few milliseconds.
func unchanged(path string, before target, old []byte) error {
	t, err := locate(path)
	if err != nil {
		return err
	}
	now, err := t.read()
	if err != nil {
		return err
	}
	if t.path != before.path || (t.info == nil) != (before.info == nil) || !bytes.Equal(now, old) {
		return errChanged
	}
	return nil
}

func (t target) read() ([]byte, error) {
	if t.info == nil {
		return nil, nil
	}
	data, _, err := localfile.Read(t.path, MaxSize)
	if _, large := errors.AsType[*localfile.TooLargeError](err); large {
		return nil, ui.Errorf("file-too-large", ui.Failed, "%s is %w", ui.Clean(t.path), err).
			With(ui.Advice("no tool writes a file of that size; look at what is in it"))
	}
	if err != nil {
		return nil, explain("reading", t.path, err)
	}
	return data, nil
}
