// Package lock keeps processes of one user from getting in each other's way.
//
// In come the name of a lock and how long to wait; out comes the function that lets it go, or ErrTimeout. The end of the
// process, however that comes about, lets it go as well. A lock is never taken over from a holder that is stopped, and a
// directory that another user could have made is never used.
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

const (
	// Shared holders tolerate one another.
	Shared Mode = false
	// Exclusive holders tolerate no other.
	Exclusive Mode = true
)

// Func waits until it can hold the lock of a name, and does so until unlock is called, further calls of which do nothing. If
// the context's deadline passes first, the error is ErrTimeout. Waiters are not served in order.
type Func func(ctx context.Context, name string, mode Mode) (unlock func() error, err error)

// Dir is where lock files lie. They are never deleted: deleting one that another process has just opened would leave
// two processes with a lock on two files of one name.
type Dir struct {
	// Path is the directory; it is made if need be. "" is one that all processes of the user on this machine share, whatever
	// their HOME and XDG variables.
	Path string
	// Scope is what names are within: the same names in one directory are different locks in different scopes.
	Scope string
}

// Acquire is a Func. It tries, and tries again ever less often, at most 15 ms apart: a blocking system call could not be
// ended by the context.
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
		taken, err := lockFile(file, mode)
		if err == nil && taken {
			var same bool
			if same, err = present(file, path); same {
				// Closing alone would leave it held while a child that is being started still has its copy of the descriptor.
				return sync.OnceValue(func() error { return errors.Join(unlockFile(file), file.Close()) }), nil
			}
		}
		if err != nil {
			return nil, errors.Join(fault(err), file.Close())
		}
		if taken {
			_ = file.Close()
			if file, err = openFile(path); err != nil {
				return nil, fault(err)
			}
			continue
		}
		if err := pause(ctx, wait/2+rand.N(wait)); err != nil { //nolint:gosec // spreads the waiters, hides nothing
			_ = file.Close()
			if errors.Is(err, context.Canceled) {
				return nil, err
			}
			return nil, timeout(name, "wait for the other dbxaccess process, or end it if it is stopped: fuser -v "+path)
		}
	}
}

// present reports whether a file still has its name: what cleans temporary directories may have taken it away between
// opening and locking.
func present(file *os.File, path string) (bool, error) {
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

// pause ends with the context's error if that ends first.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func timeout(name, advice string) error {
	return ui.Errorf("lock-timeout", ui.Failed, "%w (%s)", ErrTimeout, ui.Clean(name)).With(ui.Advice(advice))
}

// file is the path of a lock's file; its directory is made if need be.
func (d Dir) file(name string) (string, error) {
	dir := d.Path
	if dir == "" {
		var err error
		if dir, err = defaultDir(); err != nil {
			return "", fault(err)
		}
	}
	if err := MakePrivate(dir); err != nil {
		return "", fault(err)
	}
	sum := sha256.Sum256([]byte(d.Scope + "\x00" + name))
	return filepath.Join(dir, hex.EncodeToString(sum[:16])+".lock"), nil
}

// MakePrivate makes sure that dir is a directory that only this user may enter, and makes it and what is missing
// above it, with mode 0700 under any umask. A symbolic link or another user's directory in its place is refused.
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
