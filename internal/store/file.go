package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/99designs/keyring"

	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/store/lock"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	// maxFile bounds an encrypted file in bytes: base64 twice over the largest item, and some.
	maxFile = 4 << 20

	lockFolder = ".locks"
	checkValue = "dbxaccess"
)

// fileRing keeps each item in a file of its own, encrypted with a passphrase.
//
// The library writes into the file itself, so that a reader sees half a file and a crash leaves one. Here it writes into
// a staging folder, and the finished file is renamed into place (see set). So readers, who always find a whole file, need
// no lock, and many of them can't keep a writer waiting. A check item, written first, tells a wrong passphrase from a
// damaged item.
type fileRing struct {
	dir     string
	service string
	lock    lock.Func // beside the data
	ask     func(ctx context.Context) (secret.String, error)
	now     func() time.Time
	open    func(dir, passphrase string) (keyring.Keyring, error)

	mu         sync.Mutex
	asked      bool
	passphrase secret.String
	askErr     error
	verified   bool // the passphrase opens the check item
}

func newFileRing(o Options) *fileRing {
	return &fileRing{
		dir: o.FileDir, service: o.Service, ask: o.Passphrase, now: o.Now, open: openFiles,
		lock: lock.Dir{Path: filepath.Join(o.FileDir, lockFolder)}.Acquire,
	}
}

func openFiles(dir, passphrase string) (keyring.Keyring, error) {
	useFastKeys()
	return openLibrary(File, keyring.Config{FileDir: dir, FilePasswordFunc: keyring.FixedStringPrompt(passphrase)})
}

// fileName is what the library calls the file of an item: ":" would name a stream on Windows, and "/" it would escape.
// Neither "+" nor "," stands in a service's name or a key, so the way back is certain.
func fileName(name string) string { return strings.NewReplacer(":", "+", "/", ",").Replace(name) }

func itemName(file string) string { return strings.NewReplacer("+", ":", ",", "/").Replace(file) }

// checkName is that of the check item; it is none of the keys' names.
func (r *fileRing) checkName() string { return r.service + "+check" }

// prepare gets the passphrase, unless what is to be read isn't there anyway.
func (r *fileRing) prepare(ctx context.Context, name string) error {
	if name != "" {
		if _, err := os.Stat(filepath.Join(r.dir, fileName(name))); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
	}
	_, err := r.secret(ctx)
	return err
}

// secret returns the passphrase, asked for at most once.
func (r *fileRing) secret(ctx context.Context) (secret.String, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.asked {
		return r.passphrase, r.askErr
	}
	r.asked = true
	r.passphrase, r.askErr = r.ask(ctx)
	_, explained := errors.AsType[*ui.Error](r.askErr)
	switch {
	case r.askErr == nil && r.passphrase.IsZero():
		r.askErr = unavailable(File, BadPassphrase, errors.New("the passphrase is empty"))
	case r.askErr != nil && !explained && !errors.Is(r.askErr, context.Canceled):
		r.askErr = unavailable(File, BadPassphrase, fmt.Errorf("getting the passphrase: %w", r.askErr))
	}
	return r.passphrase, r.askErr
}

func (r *fileRing) get(ctx context.Context, name string) ([]byte, error) {
	info, err := os.Stat(filepath.Join(r.dir, fileName(name)))
	if err != nil {
		return nil, fileError(err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil, corrupt("it is not a file that this program wrote")
	}
	k, err := r.library(ctx, r.dir)
	if err != nil {
		return nil, err
	}
	it, err := k.Get(fileName(name))
	if err == nil {
		r.verified = true
		return it.Data, nil
	}
	if _, ofSystem := errors.AsType[*fs.PathError](err); ofSystem || errors.Is(err, keyring.ErrKeyNotFound) {
		return nil, fileError(err)
	}
	switch err := r.verify(k); {
	case errors.Is(err, keyring.ErrKeyNotFound): // nothing tells which it is, and a damaged item would be overwritten
		return nil, r.wrongPassphrase()
	case err != nil:
		return nil, err
	}
	return nil, corrupt("it can't be decrypted")
}

func (r *fileRing) list(context.Context) ([]string, error) {
	entries, err := os.ReadDir(r.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fileError(err)
	}
	names := make([]string, 0, len(entries))
	for _, entry := range entries {
		names = append(names, itemName(entry.Name()))
	}
	return names, nil
}

func (r *fileRing) library(ctx context.Context, dir string) (keyring.Keyring, error) {
	passphrase, err := r.secret(ctx)
	if err != nil {
		return nil, err
	}
	return r.open(dir, passphrase.Reveal())
}

// verify tries the passphrase on the check item: keyring.ErrKeyNotFound where there is none.
func (r *fileRing) verify(k keyring.Keyring) error {
	if _, err := os.Stat(filepath.Join(r.dir, r.checkName())); err != nil {
		return fileError(err)
	}
	if r.verified {
		return nil
	}
	it, err := k.Get(r.checkName())
	if _, ofSystem := errors.AsType[*fs.PathError](err); ofSystem {
		return fileError(err)
	}
	if err != nil || string(it.Data) != checkValue {
		return r.wrongPassphrase()
	}
	r.verified = true
	return nil
}

func (r *fileRing) wrongPassphrase() error {
	return unavailable(File, BadPassphrase, fmt.Errorf("the passphrase is not the one that %s was written with", r.dir))
}

// readOnly: the directory can't be written to, by us or at all.
func readOnly(err error) bool { return errors.Is(err, fs.ErrPermission) || readOnlySystem(err) }

func fileError(err error) error { return diskError(File, err) }

// diskError finds the cause in an error of the file system below a backend.
func diskError(b Backend, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return keyring.ErrKeyNotFound
	case diskFull(err):
		return full(b, err)
	case readOnly(err):
		return unavailable(b, Denied, err)
	}
	return unavailable(b, Failed, err)
}
