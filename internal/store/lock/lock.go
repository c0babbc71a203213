// Package lock keeps processes of one user from getting in each other's way.
//
// In come the name of a lock and how long to wait; out comes the function that releases it, or ErrTimeout. The end of
// the process, however it ends, releases it as well. A lock must never be taken over from a holder that is stopped, and
// a directory that another user could have made must never be used.
package lock

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// ErrTimeout: the context's deadline passed while another process held the lock.
var ErrTimeout = errors.New("another process holds the lock")

// Mode is how a lock is held.
type Mode bool

// The modes: shared holders tolerate one another, an exclusive one tolerates none.
const (
	Shared    Mode = false
	Exclusive Mode = true
)

// Func acquires the lock of a name; unlock, which may be called again, releases it. If the context's deadline passes
// first, the error is ErrTimeout. Waiters are not served in order.
type Func func(ctx context.Context, name string, mode Mode) (unlock func() error, err error)

// Dir is a directory of lock files. They are never deleted: deleting one that another process has just opened would
// leave two processes with a lock on two files of one name.
type Dir struct {
	// Path is made if it is missing. "" is a directory that all processes of the user on this machine share, whatever
	// their HOME and XDG variables.
	Path string
	// Scope keeps locks of the same name apart.
	Scope string
}

// Acquire is a Func. It polls, at most 15 ms apart: a blocking system call could not be ended by the context.
func (d Dir) Acquire(ctx context.Context, name string, mode Mode) (unlock func() error, err error) {
	if err := ctx.Err(); errors.Is(err, context.Canceled) {
		return nil, err
	}
	path, err := d.file(name)
	if err != nil {
		return nil, err
	}
	file, err := openFile(path)
	if err != nil {
		return nil, fault(err)
	}
	for wait := time.Millisecond; ; wait = min(wait*3/2, 10*time.Millisecond) {
		locked, err := lockFile(file, mode)
		named := false
		if locked {
			named, err = hasName(file, path)
		}
		switch {
		case err != nil:
			return nil, errors.Join(fault(err), file.Close())
		case named:
			// Closing alone would leave it locked while a child that is being started still has its copy of the
			// descriptor.
			return sync.OnceValue(func() error { return errors.Join(unlockFile(file), file.Close()) }), nil
		case locked:
			_ = file.Close()
			if file, err = openFile(path); err != nil {
				return nil, fault(err)
			}
			continue
		}
		select {
		case <-time.After(wait/2 + rand.N(wait)): //nolint:gosec // spreads the waiters, hides nothing
		case <-ctx.Done():
			_ = file.Close()
			if errors.Is(ctx.Err(), context.Canceled) {
				return nil, ctx.Err()
			}
			return nil, timeout(name, "wait for the other dbxaccess process, or end it if it is stopped: fuser -v "+path)
		}
	}
}

// hasName reports whether an open file is still the one at path: a cleaner of temporary directories may have removed it
// between opening and locking.
func hasName(file *os.File, path string) (bool, error) {
	opened, err := file.Stat()
	if err != nil {
		return false, err
	}
	named, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && os.SameFile(opened, named), err
}

func timeout(name, advice string) error {
	return ui.Errorf("lock-timeout", ui.Failed, "%w (%s)", ErrTimeout, ui.Clean(name)).With(ui.Advice(advice))
}

// file returns the path of a lock's file, and makes its directory if it is missing.
func (d Dir) file(name string) (path string, err error) {
	dir := d.Path
	if dir == "" {
		dir, err = defaultDir()
	}
	if err == nil {
		err = MakePrivate(dir)
	}
	if err != nil {
		return "", fault(err)
	}
	sum := sha256.Sum256([]byte(d.Scope + "\x00" + name))
	return filepath.Join(dir, hex.EncodeToString(sum[:16])+".lock"), nil
}

// MakePrivate makes sure that dir is a directory that only this user may enter. It makes what is missing of it, with
// mode 0700 under any umask, and refuses a symbolic link or another user's directory in its place.
func MakePrivate(dir string) error {
	info, err := os.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		if err := atomicfile.MakeDirectories(dir); err != nil {
			return err
		}
		info, err = os.Lstat(dir)
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return &fs.PathError{Op: "use", Path: dir, Err: errors.New("not a directory")}
	}
	return checkPrivate(dir, info)
}

func fault(err error) error {
	hint := "the directory for locks must be writable and yours alone"
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		hint += "; if another user made it, have it removed: sudo rm -r " + ui.Clean(e.Path)
	}
	return ui.Errorf("lock-directory", ui.Failed, "%w", err).With(ui.Advice(hint))
}
