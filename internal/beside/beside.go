// Package beside has what a process of ours needs that serves a program and is not its child: when the program began, when it ends,
// and a private directory for as long as it runs.
//
// In comes a process id; out come its beginning, its end and a directory that nobody else may enter. The directory must never outlive the
// program: where we are killed, the next to make one removes it. Nothing here ends a process.
package beside

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/localfile"
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

var errMoved = errors.New("the directory of programs went away meanwhile; start it again")

// Dir is a private directory of this process.
type Dir struct {
	Path   string
	unlock func() error
}

// NewDir makes a directory of mode 0700, and removes those whose processes have ended without having done so. place is where
// all of them lie; "" is a directory of the user's own that outlives their sessions, the same for all processes.
func NewDir(ctx context.Context, place string) (*Dir, error) {
	usual := place == ""
	if usual {
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
	unlock, err := lockAll(ctx, place)
	if err != nil {
		return nil, err
	}
	defer func() { _ = unlock() }()
	if usual { // the directory around it may have gone since, and be another user's by now
		if still, err := usualPlace(); err != nil || still != place {
			return nil, errors.Join(errMoved, err)
		}
	}
	sweep(place)
	path := filepath.Join(place, rand.Text())
	if err := os.Mkdir(path, 0o700); err != nil {
		return nil, err
	}
	d := &Dir{Path: path}
	if d.unlock, err = (lock.Dir{Path: path}).Acquire(ctx, holder, lock.Exclusive); err != nil {
		return nil, errors.Join(err, remove(path))
	}
	return d, nil
}

// Sweep removes the directories of those that were killed, where all of them usually lie.
func Sweep(ctx context.Context) {
	place, err := usualPlace()
	if err == nil && lock.IsStanding(place) {
		sweepLocked(ctx, place)
	}
}

func sweepLocked(ctx context.Context, place string) {
	ctx, cancel := context.WithTimeout(ctx, sweepWait)
	defer cancel()
	if unlock, err := lockAll(ctx, place); err == nil {
		sweep(place)
		_ = unlock()
	}
}

// lockAll keeps others from sweeping: between making a directory and locking it, it looks like one that was left behind.
func lockAll(ctx context.Context, place string) (unlock func() error, err error) {
	return lock.Dir{Path: place}.Acquire(ctx, "all", lock.Exclusive)
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

// Served is a program that a process of ours serves, and the settings directory whose sign-in that takes.
type Served struct {
	Settings string `json:"settings"`
	Program  string `json:"program,omitempty"` // name of its file
	PID      int    `json:"pid"`
}

const (
	// servedName is the file in a directory that says whom it is for.
	servedName = "served.json"
	maxServed  = 16 << 10 // bytes
)

// Serves notes for Running whom the directory is for.
func (d *Dir) Serves(s Served) error {
	data, err := json.Marshal(s)
	if err == nil {
		_, err = d.Write(servedName, data)
	}
	return err
}

// Running are the programs that are served now with a sign-in of a settings directory. It removes nothing.
func Running(settings string) []Served {
	place, err := usualPlace()
	if err != nil {
		return nil
	}
	return running(place, settings)
}

func running(place, settings string) (all []Served) {
	entries, _ := os.ReadDir(place) // none is there before the first
	for _, entry := range entries {
		path := filepath.Join(place, entry.Name())
		data, _, err := localfile.Read(filepath.Join(path, servedName), maxServed)
		if err != nil {
			continue
		}
		var s Served
		if json.Unmarshal(data, &s) == nil && s.Settings == settings && isHeld(path) {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b Served) int { return cmp.Compare(a.PID, b.PID) })
	return all
}

// isHeld reports whether the holder of a directory runs, or nothing can be told of it.
func isHeld(dir string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), heldAtOnce)
	defer cancel()
	unlock, err := lock.Dir{Path: dir}.Acquire(ctx, holder, lock.Exclusive)
	if err == nil {
		_ = unlock()
	}
	return err != nil
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
		if path := filepath.Join(place, entry.Name()); !isHeld(path) {
			_ = remove(path)
		}
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
	return remove(d.Path)
}

// remove removes a directory of files. os.RemoveAll asks Windows in a way that not every one of them knows, and Wine does not.
func remove(path string) error {
	entries, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, entry := range entries {
		err = errors.Join(err, os.Remove(filepath.Join(path, entry.Name())))
	}
	return errors.Join(err, os.Remove(path))
}
