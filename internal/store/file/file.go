// Package file keeps items in a directory of files that are encrypted with a passphrase (PBES2-HS256+A128KW, A256GCM).
//
// In come items and the passphrase, which is asked for once, only if there is something to decrypt or to write; out
// come the items, or an error that tells a wrong passphrase from a damaged item. A reader must never see half of a
// file, no secret go into a plain one, and nothing be overwritten that another passphrase may open.
package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/99designs/keyring"

	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/store/format"
	"github.com/dbxaccess/dbxaccess/internal/store/lock"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Name is how settings spell it.
const Name = format.File

var about = backend.About{
	Name: Name, Title: "the encrypted file", Room: "free some space on its disk",
	Hints: backend.Hints{
		backend.Denied: "make its directory yours and private",
		backend.BadPassphrase: "it comes from the setting keyring.passphrase_command, else from DBXACCESS_KEYRING_PASSPHRASE, else from a prompt at login\n" +
			"if it is lost: dbxaccess logout, then dbxaccess login with a new one",
	},
}

// Backend is chosen by name only.
var Backend = backend.Descriptor{
	About:   &about,
	Timeout: 30 * time.Second, // for deriving a key, while a hundred processes on a busy machine do so
	Folder:  func(c backend.Config) string { return c.FileDir }, LocksInFolder: true,
	Open: open,
}

const checkValue = "dbxaccess"

// files keeps each item in a file of its own.
//
// The files are those of the keyring library, which writes into the file itself, so that a reader sees half a file and a
// crash leaves one. Here it is written in a staging folder, and the finished file is renamed into place (see Set). So
// readers always find a whole file and need no lock, and many of them can't keep a writer waiting. A check item,
// written first, tells a wrong passphrase from a damaged item.
type files struct {
	dir      string
	service  string
	locks    lock.Dir                                // beside the data
	key      func(context.Context) (*wrapper, error) // asks for the passphrase once
	write    func(path string, data []byte) error
	verified bool // the passphrase opens the check item
}

func open(c backend.Config) (backend.Backend, error) {
	if !filepath.IsAbs(c.FileDir) || c.Passphrase == nil {
		return nil, errors.New("the encrypted file needs an absolute directory and a passphrase")
	}
	return &files{
		dir: c.FileDir, service: c.Service, key: once(c),
		write: func(path string, data []byte) error { return os.WriteFile(path, data, 0o600) },
		locks: lock.Dir{Path: filepath.Join(c.FileDir, backend.LockFolder)},
	}, nil
}

// once returns a function that asks for the passphrase at its first call, and returns the outcome at every call.
func once(c backend.Config) func(context.Context) (*wrapper, error) {
	var (
		asked sync.Once
		key   *wrapper
		err   error
	)
	return func(ctx context.Context) (*wrapper, error) {
		asked.Do(func() {
			var passphrase secret.String
			passphrase, err = c.Passphrase(ctx)
			key = newWrapper(passphrase, c.PassphraseTyped)
			_, explained := errors.AsType[*ui.Error](err)
			switch {
			case err == nil && passphrase.IsZero():
				err = about.Unavailable(backend.BadPassphrase, errors.New("the passphrase is empty"))
			case err != nil && !explained && !errors.Is(err, context.Canceled):
				err = about.Unavailable(backend.BadPassphrase, fmt.Errorf("getting the passphrase: %w", err))
			}
		})
		return key, err
	}
}

// checkName is the name of the check item's file, which no key's item has.
func (f *files) checkName() string { return f.service + "+check" }

// Prepare asks for the passphrase, unless the item to be read is absent.
func (f *files) Prepare(ctx context.Context, name string) error {
	if name != "" {
		if _, err := os.Stat(filepath.Join(f.dir, backend.FileName(name))); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
	}
	_, err := f.key(ctx)
	return err
}

func (f *files) Get(ctx context.Context, name string) ([]byte, error) {
	sealed, err := f.read(backend.FileName(name))
	if err != nil {
		return nil, err
	}
	key, err := f.key(ctx)
	if err != nil {
		return nil, err
	}
	data, err := key.open(sealed)
	if err == nil {
		f.verified = true
		return data, nil
	}
	switch err := f.verify(key); {
	case errors.Is(err, keyring.ErrKeyNotFound): // it may be either, and a damaged item would be overwritten
		return nil, f.wrongPassphrase()
	case err != nil:
		return nil, err
	}
	return nil, backend.Corrupt("it can't be decrypted")
}

func (f *files) List(context.Context) ([]string, error) {
	entries, err := os.ReadDir(f.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, about.Disk(err)
	}
	names := make([]string, 0, len(entries))
	for _, entry := range entries {
		names = append(names, backend.ItemName(entry.Name()))
	}
	return names, nil
}

// read returns what is in a file.
func (f *files) read(file string) ([]byte, error) {
	sealed, _, err := localfile.Read(filepath.Join(f.dir, file), backend.MaxFile)
	_, tooLarge := errors.AsType[*localfile.TooLargeError](err)
	if tooLarge || errors.Is(err, localfile.ErrNotRegular) {
		return nil, backend.Corrupt("it is not a file that this program wrote")
	}
	return sealed, about.Disk(err)
}

// verify tries the passphrase on the check item: keyring.ErrKeyNotFound where there is none.
func (f *files) verify(key *wrapper) error {
	sealed, err := f.read(f.checkName())
	switch {
	case err != nil && !errors.Is(err, backend.ErrCorrupt):
		return err
	case f.verified:
		return nil
	}
	if data, err := key.open(sealed); err != nil || string(data) != checkValue {
		return f.wrongPassphrase()
	}
	f.verified = true
	return nil
}

func (f *files) wrongPassphrase() error {
	return about.Unavailable(backend.BadPassphrase, fmt.Errorf("the passphrase is not the one that %s was written with", f.dir))
}
