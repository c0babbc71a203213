// Package beside has what a process of ours needs that serves a program and is not its child: when the program began, when it ends,
// and a private directory for as long as it runs.
//
// In comes a process id; out come its beginning, its end and a directory that nobody else may enter. The directory must never outlive the
// program: where we are killed, the next to make one removes it. Nothing here ends a process.
package beside

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/store/lock"
)

const (
	// sweepWait bounds waiting for other processes that make or remove directories, of which many may start at once.
	sweepWait = 20 * time.Second
	// heldAtOnce is what it takes to see that a lock is held.
	heldAtOnce = time.Millisecond
	// holder is the lock in a directory of the process that it is for.
	holder = "holder"
)

// Dir is a private directory of this process.
type Dir struct {
	Path   string
	unlock func() error
}

// NewDir makes a directory of mode 0700, and removes those whose processes have ended without having done so. place is where
// all of them lie; "" is a directory of the user's own that outlives their sessions, the same for all processes.
func NewDir(ctx context.Context, place string) (*Dir, error) {
	if place == "" {
		var err error
		if place, err = usualPlace(); err != nil {
			return nil, err
		}
	}
	if err := lock.MakePrivate(place); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, sweepWait)
	defer cancel()
	// Between making a directory and locking it, it looks like one that was left behind.
	unlock, err := lock.Dir{Path: place}.Acquire(ctx, "all", lock.Exclusive)
	if err != nil {
		return nil, err
	}
	defer func() { _ = unlock() }()
	sweep(place)
	path := filepath.Join(place, rand.Text())
	if err := os.Mkdir(path, 0o700); err != nil {
		return nil, err
	}
	d := &Dir{Path: path}
	if d.unlock, err = (lock.Dir{Path: path}).Acquire(ctx, holder, lock.Exclusive); err != nil {
		return nil, errors.Join(err, os.RemoveAll(path))
	}
	return d, nil
}

func usualPlace() (string, error) {
	private, err := lock.LastingDir()
	return filepath.Join(private, "exec"), err
}

// Holds reports whether a file is in a directory of a process of ours, and goes with that.
func Holds(path string) bool {
	place, err := usualPlace()
	return err == nil && filepath.Dir(filepath.Dir(filepath.Clean(path))) == place
}

// sweep removes the directories whose holders have ended. What can't be removed stays for the next.
func sweep(place string) {
	entries, err := os.ReadDir(place)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		path := filepath.Join(place, entry.Name())
		ctx, cancel := context.WithTimeout(context.Background(), heldAtOnce)
		unlock, err := lock.Dir{Path: path}.Acquire(ctx, holder, lock.Exclusive)
		cancel()
		if err != nil { // it is held, or nothing can be told of it
			continue
		}
		_ = unlock()
		_ = os.RemoveAll(path)
	}
}

// Write makes a file in the directory that only this user may read, and returns its path.
func (d *Dir) Write(name string, data []byte) (path string, err error) {
	path = filepath.Join(d.Path, name)
	return path, os.WriteFile(path, data, 0o600)
}

// KeepFresh makes the directory and its files as new until ctx ends, for those who clean up /tmp by age: after ten days
// (systemd's tmpfiles.d/tmp.conf) or three (macOS).
func (d *Dir) KeepFresh(ctx context.Context, every time.Duration) {
	for ticker := time.NewTicker(every); ; {
		select {
		case <-ctx.Done():
			ticker.Stop()
			return
		case now := <-ticker.C:
			entries, _ := os.ReadDir(d.Path)
			for _, entry := range entries {
				_ = os.Chtimes(filepath.Join(d.Path, entry.Name()), now, now)
			}
			_ = os.Chtimes(d.Path, now, now)
		}
	}
}

// Remove removes the directory with all that is in it.
func (d *Dir) Remove() error {
	_ = d.unlock()
	return os.RemoveAll(d.Path)
}
