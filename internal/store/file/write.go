package file

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

	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/store/lock"
)

// writersLock is held while files change, for the sake of the check item.
const writersLock = "writers"

// Set encrypts into a staging folder of its own, without a lock since that takes a while, then moves the file into
// place under the lock.
func (f *files) Set(ctx context.Context, name, label string, data []byte) error {
	if err := lock.MakePrivate(f.dir); err != nil {
		return about.Disk(err)
	}
	staging, err := backend.MakeStaging(f.dir)
	if err != nil {
		return about.Disk(err)
	}
	defer func() { _ = os.RemoveAll(staging) }()
	key, err := f.key(ctx)
	if err != nil {
		return err
	}
	if err := f.stage(key, staging, keyring.Item{Key: backend.FileName(name), Label: label, Data: data}); err != nil {
		return err
	}
	return f.commit(ctx, key, staging, backend.FileName(name))
}

// stage writes an item into the staging folder, with its mode under any umask. The file is not flushed
// to the disk: after a power cut it may be damaged, which costs a login, but flushing would miss the deadline wherever
// a training run keeps the disk busy.
func (f *files) stage(key *wrapper, staging string, it keyring.Item) error {
	sealed, err := key.seal(it)
	if err != nil {
		return err
	}
	path := filepath.Join(staging, it.Key)
	if err := f.write(path, sealed); err != nil {
		return about.Disk(err)
	}
	return about.Disk(os.Chmod(path, 0o600))
}

// commit moves the staged file into place, if the passphrase is that of the other items.
func (f *files) commit(ctx context.Context, key *wrapper, staging, file string) error {
	unlock, err := f.locks.Acquire(ctx, writersLock, lock.Exclusive)
	if err != nil {
		return about.Disk(err)
	}
	defer func() { _ = unlock() }()
	err = f.verify(key)
	if errors.Is(err, keyring.ErrKeyNotFound) { // the first item of all
		if err = f.stage(key, staging, keyring.Item{Key: f.checkName(), Data: []byte(checkValue)}); err == nil {
			err = f.move(ctx, staging, f.checkName())
		}
	}
	if err != nil {
		return err
	}
	return f.move(ctx, staging, file)
}

func (f *files) move(ctx context.Context, staging, file string) error {
	return retryWhileInUse(ctx, func() error { return os.Rename(filepath.Join(staging, file), filepath.Join(f.dir, file)) })
}

// retryWhileInUse changes a file, again and again while others are reading it, which Windows does not allow.
func retryWhileInUse(ctx context.Context, change func() error) error {
	err := change()
	for backend.InUse(err) && ctx.Err() == nil {
		time.Sleep(5 * time.Millisecond)
		err = change()
	}
	return about.Disk(err)
}

// Remove needs no passphrase: a person who forgot it can still log out.
func (f *files) Remove(ctx context.Context, name string) error {
	path := filepath.Join(f.dir, backend.FileName(name))
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return keyring.ErrKeyNotFound
	}
	unlock, err := lock.Anyway(f.locks.Acquire(ctx, writersLock, lock.Exclusive))
	if err != nil {
		return about.Disk(err)
	}
	defer func() { _ = unlock() }()
	if err := retryWhileInUse(ctx, func() error { return os.Remove(path) }); err != nil {
		return err
	}
	// The check goes with the last item, so that there can be a new passphrase.
	names, err := f.List(ctx)
	if err != nil || slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, f.service+":v") }) {
		return nil // the item is gone, and the check may be needed
	}
	f.verified = false
	err = retryWhileInUse(ctx, func() error { return os.Remove(filepath.Join(f.dir, f.checkName())) })
	if errors.Is(err, keyring.ErrKeyNotFound) {
		return nil
	}
	return err
}
