package store

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

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Lock waits until no other process (or goroutine) holds the lock of that name and takes it; unlock, or the end of the
// process, however that comes about, lets it go. If ctx's deadline passes first the error is ErrLockTimeout; the lock is
// not taken over from a holder that is stopped. Locks of one service and backend are shared by all processes of the user on
// this machine, whatever their HOME and XDG variables; those of File lie beside its data, so that whoever shares the data
// shares the locks. Waiters are not served in order.
func (s *Store) Lock(ctx context.Context, name string) (unlock func() error, err error) {
	return s.locks.acquire(ctx, name, exclusive)
}

// RLock is Lock for holders that tolerate one another: it waits for holders of Lock only.
func (s *Store) RLock(ctx context.Context, name string) (unlock func() error, err error) {
	return s.locks.acquire(ctx, name, shared)
}

type lockMode bool

const (
	shared    lockMode = false
	exclusive lockMode = true
)

// lockDir is where lock files lie. They are never deleted: whoever deletes one that another process has just opened
// leaves two processes with a lock on two files of one name.
type lockDir struct {
	path  string // "": the default place, see defaultLockDir
	scope string // what the names are within: two stores in one directory have different locks

	memory *memoryLocks // of Memory, in place of all files; else nil
}

func newLockDir(o Options) *lockDir {
	d := &lockDir{path: o.LockDir, scope: o.Service + "\x00" + string(o.Selection.Backend)}
	if o.Selection.Backend == File {
		d.scope += "\x00" + filepath.Clean(o.FileDir)
		if d.path == "" {
			d.path = filepath.Join(o.FileDir, lockFolder)
		}
	}
	if o.Selection.Backend == Memory {
		d.memory = &memoryLocks{turns: map[string]chan struct{}{}}
	}
	if o.Selection.Backend == Pass {
		d.scope += "\x00" + filepath.Clean(o.Selection.Directory)
	}
	return d
}

// acquire tries, and tries again ever less often, at most 15 ms apart. A blocking system call could not be ended by the
// context. unlock may be called more than once.
func (d *lockDir) acquire(ctx context.Context, name string, mode lockMode) (unlock func() error, err error) {
	if err := ctx.Err(); errors.Is(err, context.Canceled) {
		return nil, err
	}
	if d.memory != nil {
		return d.memory.acquire(ctx, name)
	}
	path, err := d.file(name)
	if err != nil {
		return nil, err
	}
	file, err := openLockFile(path)
	if err != nil {
		return nil, lockFault(err)
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
			return nil, errors.Join(lockFault(err), file.Close())
		}
		if taken {
			_ = file.Close()
			if file, err = openLockFile(path); err != nil {
				return nil, lockFault(err)
			}
			continue
		}
		if err := pause(ctx, wait/2+rand.N(wait)); err != nil { //nolint:gosec // spreads the waiters, hides nothing
			_ = file.Close()
			if errors.Is(err, context.Canceled) {
				return nil, err
			}
			return nil, ui.Fault(ui.Failed, "wait for the other dbxaccess process, or end it if it is stopped: fuser -v "+path,
				"%w (%s)", ErrLockTimeout, ui.Clean(name))
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

// file is the path of a lock's file; its directory is made if need be.
func (d *lockDir) file(name string) (string, error) {
	dir := d.path
	if dir == "" {
		var err error
		if dir, err = defaultLockDir(); err != nil {
			return "", lockFault(err)
		}
	}
	if err := makePrivate(dir); err != nil {
		return "", lockFault(err)
	}
	sum := sha256.Sum256([]byte(d.scope + "\x00" + name))
	return filepath.Join(dir, hex.EncodeToString(sum[:16])+".lock"), nil
}

func lockFault(err error) error {
	hint := "the directory for locks must be writable and yours alone"
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		hint += "; if somebody else made it, have it removed: sudo rm -r " + ui.Clean(e.Path)
	}
	return ui.Fault(ui.Failed, hint, "%w", err)
}

// makePrivate makes sure that dir is a directory of ours that nobody else may enter, and makes it and what is missing
// above it, with mode 0700 under any umask. A symbolic link or somebody else's directory in its place is refused.
func makePrivate(dir string) error {
	info, err := os.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeDirs(dir); err != nil {
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

func makeDirs(dir string) error {
	if _, err := os.Stat(dir); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := makeDirs(filepath.Dir(dir)); err != nil {
		return err
	}
	err := os.Mkdir(dir, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return nil // another process was faster
	}
	if err != nil {
		return err
	}
	return os.Chmod(dir, 0o700) //nolint:gosec // a directory needs the execute bit
}
