// Package store keeps short-lived secrets in the operating system's keyring.
//
// In come keys ("session/…", "role/…") and values; out come the same values, whole, or one of a few typed errors. To
// the keyring library it adds what a credential helper needs: a deadline on every call, values larger than the
// backend's items, a format with a version and a digest, eviction where a quota is short, and locks between processes.
//
// A value must never be written anywhere but to the one backend the Store was opened with, and no secret to a plain
// file, an error or a log. An unusable keyring is an UnavailableError with a hint, within the deadline; it must never
// look like an absent item.
package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/store/format"

	"github.com/99designs/keyring"

	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/store/lock"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Options of a Store.
type Options struct {
	Service   string    // the name under which items are kept, `^[a-z0-9][a-z0-9._-]{0,62}$`
	Selection Selection // what Resolve returned, or what login recorded of it
	FileDir   string    // the directory of File: an absolute path, created when the first item is written
	// Passphrase opens File. It is called at most once, only if there is something to decrypt or to write, and not
	// under Timeout: a person may be typing.
	Passphrase func(ctx context.Context) (secret.String, error)
	// PassphraseTyped: a person types it, so that it is short, and each try at it must cost more.
	PassphraseTyped bool
	LockDir         string        // "" in all but tests: see Store.Lock
	Timeout         time.Duration // of one operation; 0: three seconds, or what the backend needs
	// Unlock: a person is present, and a locked Secret Service or GnuPG key may ask them to unlock it, once. Otherwise
	// a locked one is an UnavailableError at once.
	Unlock  bool
	Now     func() time.Time
	Waiting func(doing string) (done func()) // tells a person that a program is waited for, once that takes long; may be nil
	Warn    func(ui.Warning)                 // tells the person what is no error; may be nil
	Log     *slog.Logger                     // gets keys, ages and durations at debug level, never values; may be nil
}

// Store is the keyring behind one service name. It may be used by several goroutines; operations run one by one.
type Store struct {
	options  Options
	prefix   string // of the names of our items
	partSize int    // bytes in one item of the backend; 0: no bound
	items    backend.Backend
	lock     lock.Func
	notes    notes
	*caller
}

// item is what is stored under one key.
type item = format.Item

// Meta describes a value.
type Meta struct {
	Expires time.Time // when it is of no more use, and may be deleted if room is needed; any time will do
	Keep    bool      // it is never evicted: a person would have to sign in to get it back
	Label   string    // what keyring programs show for the item, where the backend has such a thing; no secret
}

// Open returns a Store. It does no input or output: the keyring is opened when it is first used.
func Open(o Options) (*Store, error) {
	if !format.ValidService(o.Service) {
		return nil, fmt.Errorf("%q can't be the name of a keyring service", o.Service)
	}
	described, err := o.Selection.descriptor()
	if err != nil {
		return nil, err
	}
	if err := described.Usable(); err != nil {
		return nil, err
	}
	if o.Now == nil {
		return nil, errors.New("the store needs a clock")
	}
	if o.Warn == nil {
		o.Warn = func(ui.Warning) {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Waiting == nil {
		o.Waiting = func(string) func() { return func() {} }
	}
	config := backend.Config{
		Service: o.Service, Place: o.Selection.Place, FileDir: o.FileDir,
		Passphrase: o.Passphrase, PassphraseTyped: o.PassphraseTyped, Waiting: o.Waiting,
	}
	if o.Unlock {
		config.Patience = max(o.Timeout, backend.DefaultTimeout)
	}
	var left notes = &lock.NotesInProcess{}
	config.Lock = lock.InProcess()
	if !described.Private {
		dir := lockDir(described, config, o.LockDir)
		config.Lock, left = dir.Acquire, dir
	}
	config.Lock = logLocks(o.Log, config.Lock)
	items, err := described.Open(config)
	if err != nil {
		return nil, err
	}
	o.Log.Debug("keyring opened", "backend", described.Name, "service", o.Service, "collection", o.Selection.Collection,
		"directory", o.Selection.Directory)
	return &Store{
		options:  o,
		prefix:   format.Prefix(o.Service),
		partSize: described.PartSize,
		items:    items,
		lock:     config.Lock,
		notes:    left,
		caller:   newCaller(described, o.Timeout),
	}, nil
}

// lockDir returns the locks of the items under one service name; dir is their directory, "" the usual one.
func lockDir(b *backend.Descriptor, c backend.Config, dir string) lock.Dir {
	locks := lock.Dir{Path: dir, Scope: c.Service + "\x00" + b.Name.String()}
	if b.Folder != nil {
		folder := filepath.Clean(b.Folder(c))
		locks.Scope += "\x00" + folder
		if b.LocksInFolder && dir == "" {
			locks.Path = filepath.Join(folder, backend.LockFolder)
		}
	}
	return locks
}

// Lock acquires the lock of that name as lock.Func does: against other processes and goroutines, until unlock is called
// or the process ends; ErrLockTimeout if ctx's deadline passes first. All processes of the user on this machine share
// the locks of one service and backend, whatever their HOME and XDG variables; those of File are beside its data, so
// that processes which share the data share the locks.
func (s *Store) Lock(ctx context.Context, name string) (unlock func() error, err error) {
	return s.lock(ctx, name, lock.Exclusive)
}

// RLock is Lock, shared with other holders of RLock.
func (s *Store) RLock(ctx context.Context, name string) (unlock func() error, err error) {
	return s.lock(ctx, name, lock.Shared)
}

// notes are what package failure keeps: beside the locks, and not in the keyring, which may be slow, full or locked.
type notes interface {
	Note(name string) []byte
	SetNote(name string, note []byte)
	ClearNotes()
}

// Note returns what SetNote left under a name, nil for nothing.
func (s *Store) Note(name string) []byte { return s.notes.Note(name) }

// SetNote leaves a few bytes, no secret, for all processes that share the locks; nil takes them away. It does what it can. They
// stay for a day at most.
func (s *Store) SetNote(name string, note []byte) { s.notes.SetNote(name, note) }

// ClearNotes takes all notes away.
func (s *Store) ClearNotes() { s.notes.ClearNotes() }

// Get returns the value of a key; ErrNotFound if there is none, ErrCorrupt if it is not whole. A value in one item
// costs one read.
func (s *Store) Get(ctx context.Context, key string) ([]byte, error) {
	began := time.Now()
	it, err := s.get(ctx, key)
	s.logItem(ctx, "read", key, it, began, err)
	if err != nil {
		return nil, err
	}
	return it.Payload, nil
}

func (s *Store) get(ctx context.Context, key string) (*item, error) {
	name, err := s.name(key)
	if err != nil {
		return nil, err
	}
	if err := s.items.Prepare(ctx, name); err != nil {
		return nil, err
	}
	var it *item
	err = s.call(ctx, false, func(ctx context.Context) (err error) {
		it, err = s.read(ctx, name)
		if errors.Is(err, keyring.ErrKeyNotFound) {
			return fmt.Errorf("%s: %w", key, ErrNotFound)
		}
		return err
	})
	if err != nil { // after a deadline, the call may still be writing to it
		return nil, err
	}
	return it, nil
}

// Set stores a value of up to 1 MiB under a key, in place of any former one. If the backend's quota is short, it evicts
// our expired items, then others that need not be kept; ErrFull if that does not help.
func (s *Store) Set(ctx context.Context, key string, value []byte, meta Meta) error {
	began := time.Now()
	it := &item{Expires: meta.Expires, Keep: meta.Keep, Stored: s.options.Now(), Payload: value}
	err := s.set(ctx, key, meta.Label, it)
	s.logItem(ctx, "stored", key, it, began, err)
	return err
}

func (s *Store) set(ctx context.Context, key, label string, it *item) error {
	name, err := s.name(key)
	if err != nil {
		return err
	}
	if len(it.Payload) > format.MaxValue {
		return fmt.Errorf("a value of %d bytes is too large for the keyring", len(it.Payload))
	}
	if err := s.items.Prepare(ctx, ""); err != nil {
		return err
	}
	it.Name = name
	return s.call(ctx, it.Keep, func(ctx context.Context) error { return s.write(ctx, name, label, it) })
}

// Delete removes the value of a key without reading it; an absent key is no error. After a hang it is tried as soon as
// the keyring answers again: a logout must not be kept waiting by what it could not read.
func (s *Store) Delete(ctx context.Context, key string) error {
	began := time.Now()
	name, err := s.name(key)
	if err == nil {
		err = s.call(ctx, true, func(ctx context.Context) error { return s.remove(ctx, name) })
	}
	s.logItem(ctx, "deleted", key, nil, began, err)
	return err
}

// Keys lists, sorted, the keys that begin with prefix; "" lists all. On the Secret Service it takes time in proportion
// to all the items of the collection, other programs' too.
func (s *Store) Keys(ctx context.Context, prefix string) ([]string, error) {
	var keys []string
	err := s.call(ctx, false, func(ctx context.Context) error {
		names, err := s.items.List(ctx)
		for _, name := range names {
			key, ours := strings.CutPrefix(name, s.prefix)
			if ours && validKey(key) && strings.HasPrefix(key, prefix) {
				keys = append(keys, key)
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(keys)
	return slices.Compact(keys), nil
}

// Probe writes an item of its own, reads it back and deletes it, under a lock since others may be probing. Call it
// before a token is spent whose successor must be stored.
func (s *Store) Probe(ctx context.Context) error {
	waiting, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	unlock, err := s.Lock(waiting, "store:probe")
	if err != nil {
		return err
	}
	defer func() { _ = unlock() }()
	const key, value = "probe", "ok"
	if err := s.Set(ctx, key, []byte(value), Meta{Expires: s.options.Now(), Label: "dbxaccess probe"}); err != nil {
		return err
	}
	read, err := s.Get(ctx, key)
	if err == nil && string(read) != value {
		err = backend.Corrupt("it reads otherwise than it was written")
	}
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrCorrupt) {
		err = s.backend.Unavailable(backend.Failed, fmt.Errorf("reading back what was written: %w", err))
	}
	if deleteErr := s.Delete(ctx, key); err == nil {
		err = deleteErr
	}
	return err
}

// name is that of a key's item: see format.Prefix.
func (s *Store) name(key string) (string, error) {
	if !validKey(key) {
		return "", fmt.Errorf("%q can't be a key in the keyring", key)
	}
	return s.prefix + key, nil
}
