package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/99designs/keyring"

	"github.com/dbxaccess/dbxaccess/internal/store/lock"
)

const (
	stagingPrefix = ".staging-"
	// staleAfter is the age at which a staging folder is that of a writer that was killed.
	staleAfter = time.Hour

	// writersLock is held while files change, for the sake of the check item.
	writersLock = "writers"
)

// set encrypts into a staging folder of its own, without a lock, as that takes a while, and then moves the file into
// place under the lock.
func (r *fileRing) set(ctx context.Context, name, label string, data []byte) error {
	if err := lock.MakePrivate(r.dir); err != nil {
		return fileError(err)
	}
	staging, err := makeStaging(r.dir, r.now())
	if err != nil {
		return fileError(err)
	}
	defer func() { _ = os.RemoveAll(staging) }()
	if err := r.stage(ctx, staging, keyring.Item{Key: fileName(name), Label: label, Data: data}); err != nil {
		return err
	}
	return r.commit(ctx, staging, fileName(name))
}

// stage lets the library write an item into the staging folder, and gives the file its mode under any umask. The file is
// not flushed to the disk: after a power cut it may be damaged, which costs a login, but flushing would fail the
// deadline wherever a training run keeps the disk busy.
func (r *fileRing) stage(ctx context.Context, staging string, it keyring.Item) error {
	k, err := r.library(ctx, staging)
	if err != nil {
		return err
	}
	if err := k.Set(it); err != nil {
		return fileError(err)
	}
	return fileError(os.Chmod(filepath.Join(staging, it.Key), 0o600))
}

// commit moves the staged file into place, if its passphrase is that of the others.
func (r *fileRing) commit(ctx context.Context, staging, file string) error {
	unlock, err := r.lock(ctx, writersLock, lock.Exclusive)
	if err != nil {
		return r.lockError(err)
	}
	defer func() { _ = unlock() }()
	k, err := r.library(ctx, r.dir)
	if err != nil {
		return err
	}
	err = r.verify(k)
	if errors.Is(err, keyring.ErrKeyNotFound) { // the first item of all
		if err = r.stage(ctx, staging, keyring.Item{Key: r.checkName(), Data: []byte(checkValue)}); err == nil {
			err = r.move(ctx, staging, r.checkName())
		}
	}
	if err != nil {
		return err
	}
	return r.move(ctx, staging, file)
}

func (r *fileRing) move(ctx context.Context, staging, file string) error {
	return whileRead(ctx, func() error { return os.Rename(filepath.Join(staging, file), filepath.Join(r.dir, file)) })
}

// whileRead changes a file that others may be reading at the moment, which Windows does not allow: it tries again.
func whileRead(ctx context.Context, change func() error) error {
	for {
		err := change()
		if !beingRead(err) {
			return fileError(err)
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			return fileError(err)
		}
	}
}

func (r *fileRing) lockError(err error) error {
	if errors.Is(err, ErrLockTimeout) {
		return unavailable(File, Hung, err)
	}
	return fileError(err)
}

// makeStaging makes a staging folder in dir, private under any umask, and clears away what writers that were killed left
// behind. Those can't be told from living ones but by age.
func makeStaging(dir string, now time.Time) (staging string, err error) {
	found, _ := filepath.Glob(filepath.Join(dir, stagingPrefix+"*"))
	for _, stale := range found {
		if info, err := os.Lstat(stale); err == nil && now.Sub(info.ModTime()) > staleAfter {
			_ = os.RemoveAll(stale)
		}
	}
	if staging, err = os.MkdirTemp(dir, stagingPrefix); err != nil {
		return "", err
	}
	if err = os.Chmod(staging, 0o700); err != nil { //nolint:gosec // a directory needs the execute bit
		_ = os.RemoveAll(staging)
	}
	return staging, err
}

// remove needs no passphrase: a person who lost it can still log out.
func (r *fileRing) remove(ctx context.Context, name string) error {
	path := filepath.Join(r.dir, fileName(name))
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return keyring.ErrKeyNotFound
	}
	unlock, err := r.lock(ctx, writersLock, lock.Exclusive)
	if err != nil {
		return r.lockError(err)
	}
	defer func() { _ = unlock() }()
	if err := whileRead(ctx, func() error { return os.Remove(path) }); err != nil {
		return err
	}
	// With the last item goes the check, so that a new passphrase may begin.
	names, err := r.list(ctx)
	if err != nil || slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, r.service+":v") }) {
		return err
	}
	r.verified = false
	err = whileRead(ctx, func() error { return os.Remove(filepath.Join(r.dir, r.checkName())) })
	if errors.Is(err, keyring.ErrKeyNotFound) {
		return nil
	}
	return err
}
