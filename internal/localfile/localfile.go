// Package localfile reads the files of this machine.
//
// In comes a path, out come the bytes of a regular file, no more than the caller has use for, and the state they were
// read in. A pipe, a device or an endless file must never hang the program or take its memory. A file that names
// programs to run or decides who is trusted is read by ReadTrusted, which must never return what another user than this
// one and root could have written.
//
// Errors don't name the path, but those about trust: a caller names it as the person knows it.
package localfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrNotRegular is a directory, device, pipe or socket.
var ErrNotRegular = errors.New("not a regular file")

// TooLargeError is a file over the caller's limit.
type TooLargeError struct{ Limit int } // bytes

func (e *TooLargeError) Error() string {
	if e.Limit < 1<<20 {
		return fmt.Sprintf("larger than %d KiB", e.Limit>>10)
	}
	return fmt.Sprintf("larger than %d MiB", e.Limit>>20)
}

// Read returns a regular file of at most limit bytes, links followed, and its state from before it was read: what
// changes meanwhile has another state afterwards. The error is ErrNotRegular, a *TooLargeError, or what the system said.
func Read(path string, limit int) ([]byte, fs.FileInfo, error) {
	return read(path, limit, func(fs.FileInfo) error { return nil })
}

// ReadTrusted is Read for a file that names programs or decides who is trusted. It refuses, naming the owner and the
// command that helps, a file that is neither this user's nor root's or that others may write, and one that others could
// put another in place of: see Trusted.
func ReadTrusted(path string, limit int) ([]byte, fs.FileInfo, error) {
	path, err := filepath.Abs(path) // cleaned, so that what is opened is what is judged
	if err != nil {
		return nil, nil, err
	}
	return read(path, limit, func(info fs.FileInfo) error { return trusted(path, info) })
}

// Trusted judges a file as ReadTrusted does, without reading it. As with ssh, each directory on the way to it, and to
// where links lead, must be this user's or root's and closed to others; one above the file's own may have the sticky
// bit, under which each can only replace what is theirs. A group may write that nobody but this user and root is in.
// On Windows every file is trusted: access control lists decide there, and a user's profile is closed to others.
func Trusted(path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return withoutPath(err)
	}
	return trusted(path, info)
}

func read(path string, limit int, accept func(fs.FileInfo) error) ([]byte, fs.FileInfo, error) {
	var file *os.File
	err := Patiently(func() (err error) {
		file, err = os.OpenFile(path, os.O_RDONLY|withoutWaiting, 0)
		return err
	})
	if err != nil {
		return nil, nil, withoutPath(err)
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = ErrNotRegular
	}
	if err == nil {
		err = accept(info)
	}
	if err != nil {
		return nil, nil, withoutPath(err)
	}
	data, err := io.ReadAll(io.LimitReader(file, int64(limit)+1))
	if err == nil && len(data) > limit {
		err = &TooLargeError{limit}
	}
	if err != nil {
		return nil, nil, withoutPath(err)
	}
	return data, info, nil
}

// IsNull reports whether a path leads to the null device, which says on purpose that there is no file.
func IsNull(path string) bool {
	if path == os.DevNull {
		return true
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().IsRegular() {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err == nil && os.SameFile(info, null)
}

func withoutPath(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
