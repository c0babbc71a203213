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
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// ErrTimeout: the context's deadline passed while another process held the lock.
var ErrTimeout = errors.New("another process holds the lock")

// ErrNone: there is no place for locks, or its file system gives none. Waiting does not help.
var ErrNone = errors.New("no lock can be had")

// Mode is how a lock is held.
type Mode bool

// The modes: shared holders tolerate one another, an exclusive one tolerates none.
const (
	Shared    Mode = false
	Exclusive Mode = true
)

// Func acquires the lock of a name; unlock, which may be called again, releases it. If the context's deadline passes
// first, the error is ErrTimeout; ErrNone where there can be no lock. Waiters are not served in order.
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
	path, file, err := d.open(name)
	if err != nil {
		return nil, err
	}
	for wait := time.Millisecond; ; wait = min(wait*3/2, 10*time.Millisecond) {
		locked, err := lockFile(file, mode)
		named := false
		if locked {
			named, err = hasName(file, path)
		}
		switch {
		case err != nil:
			return nil, errors.Join(none(path, err), file.Close())
		case named:
			// Closing alone would leave it locked while a child that is being started still has its copy of the
			// descriptor.
			return sync.OnceValue(func() error { return errors.Join(unlockFile(file), file.Close()) }), nil
		case locked:
			_ = file.Close()
			if path, file, err = d.open(name); err != nil {
				return nil, err
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
			return nil, timeout(name, "wait for the other dbxaccess process, or end it if it is stopped: "+findHolder(path))
		}
	}
}

// open opens or makes a lock's file. Its directory may go meanwhile: whoever clears it takes it away too.
func (d Dir) open(name string) (path string, file *os.File, err error) {
	for range 10 {
		if path, err = d.file(name); err == nil {
			if file, err = openFile(path); err == nil {
				return path, file, nil
			}
			err = none(path, err)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return path, nil, err
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
	dir, err := firstPrivate(d.places())
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, d.base(name)+".lock"), nil
}

// places are the directories that it may be, the first that can be used.
func (d Dir) places() []string {
	if d.Path != "" {
		return []string{d.Path}
	}
	return defaultDirs()
}

// base is the beginning of a file's name.
func (d Dir) base(name string) string {
	sum := sha256.Sum256([]byte(d.Scope + "\x00" + name))
	return hex.EncodeToString(sum[:16])
}

// PrivateDir is the directory that all processes of the user on this machine share, made if it is missing: see Dir.
func PrivateDir() (string, error) { return firstPrivate(defaultDirs()) }

// LastingDir is such a directory for what has to be there as long as a process runs: /run/user/UID goes when the user's last
// session ends, and what runs in tmux goes on (https://www.freedesktop.org/software/systemd/man/latest/pam_systemd.html).
func LastingDir() (string, error) { return firstPrivate(lastingDirs()) }

// firstPrivate is the first directory that can be made ours; the error is that of the first.
func firstPrivate(dirs []string) (dir string, err error) {
	for _, dir := range dirs {
		fault := none(dir, MakePrivate(dir))
		if fault == nil {
			return dir, nil
		}
		if err == nil {
			err = fault
		}
	}
	return "", err
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
		return &fs.PathError{Op: "use", Path: dir, Err: errTaken}
	}
	return checkPrivate(dir, info)
}

// Anyway takes what Acquire returned, and goes on without a lock where there can be none: for what must be possible all
// the same, as deleting is.
func Anyway(unlock func() error, err error) (func() error, error) {
	if errors.Is(err, ErrNone) {
		return func() error { return nil }, nil
	}
	return unlock, err
}

// errTaken is what lies in the place of a directory of ours, or a directory that another user made there.
var errTaken = errors.New("it belongs to another user, or is no directory")

// none is ErrNone with what the system said of a path and what helps; nil stays nil.
func none(path string, err error) error {
	if err == nil {
		return nil
	}
	if _, explained := errors.AsType[*ui.Error](err); explained {
		return fmt.Errorf("%w: %w", ErrNone, err)
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		path, err = e.Path, e.Err
	}
	shown, fix := ui.Clean(path), localfile.Remedy(path, err)
	switch {
	case fix != nil:
	case errors.Is(err, errTaken):
		fix = ui.Command("sudo rm -r " + ui.Quote(shown))
	case unsupported(err):
		fix = ui.Advice("keep the settings directory on a file system that has locks: set XDG_CONFIG_HOME")
	default:
		fix = ui.Advice("it must be a directory that you may write, on a disk with room")
	}
	return ui.Errorf("lock-directory", ui.Failed, "%w: %s: %w", ErrNone, shown, err).With(fix)
}
