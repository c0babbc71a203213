//go:build unix

package store

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/store/lock"
)

// passRing keeps items in a password store, in a folder named after the service, encrypted to the keys that the store
// names.
//
// It runs the program pass itself. The keyring library's backend for it is of no use to a helper: it knows no deadline,
// lets GnuPG ask questions, hands its children our whole environment and our stderr, and has pass write items in place,
// where a reader finds half of one, and commit each to the store's git repository.
//
// Here pass encrypts into a staging folder, which is a password store of its own as far as it knows: none with a git
// repository, since pass looks for one no further up. The finished file is then renamed into place. Readers and writers
// take a lock all the same, so that an item can't vanish between looking for it and decrypting it, and an item that was
// deleted is never served by a reader that was slow.
type passRing struct {
	dir      string // of the password store
	service  string
	lock     lock.Func
	now      func() time.Time
	patience time.Duration // how long a person may take to unlock the key; 0: nobody is there to be asked

	mu    sync.Mutex
	asked bool // once: who dismissed the prompt does not want another
}

func newPassRing(o Options, lock lock.Func) ring {
	r := &passRing{dir: filepath.Clean(o.Selection.Directory), service: o.Service, lock: lock, now: o.Now}
	if o.Unlock {
		r.patience = max(o.Timeout, DefaultTimeout)
	}
	return r
}

const (
	// gpgIDFile names the keys that a store, or a folder of one, is encrypted to.
	gpgIDFile = ".gpg-id"
	gpgSuffix = ".gpg"

	// itemsLock is held while items change, and shared while one is read. turnLock is held only until that is had: a
	// writer who waits keeps new readers out, or an unbroken line of them would keep it waiting for good.
	itemsLock, turnLock = "store:pass:items", "store:pass:turn"

	// slots bounds how many decrypt at once. gpg-agent works on one request at a time anyway, and with some dozens of them
	// runs out of the memory that is never swapped: it then refuses some, or says that it does not know the passphrase.
	slots, slotLock = 4, "store:pass:slot:"

	// gitIgnored keeps our files out of what the person commits: an item lives for hours, a history for good. It goes
	// into our folder, where the person may keep items of theirs.
	gitIgnored = "/.gitignore\n/" + stagingPrefix + "*\n/v*+*" + gpgSuffix + "\n"
)

func (r *passRing) folder() string { return filepath.Join(r.dir, r.service) }

// entry is an item's name as pass knows it; see fileName.
func (r *passRing) entry(name string) string {
	return r.service + "/" + fileName(strings.TrimPrefix(name, r.service+":"))
}

func (r *passRing) file(name string) string { return filepath.Join(r.dir, r.entry(name)+gpgSuffix) }

// prepare lets the person unlock the key, by way of an item that is about to be read, and without a lock, which nobody
// should hold while a person is typing. What came of it get finds out, which never asks. Writing needs no secret key.
func (r *passRing) prepare(ctx context.Context, name string) error {
	if r.patience == 0 || name == "" {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, err := os.Stat(r.file(name)); err != nil || r.asked {
		return nil
	}
	r.asked = true
	ctx, cancel := context.WithTimeout(ctx, r.patience)
	defer cancel()
	// pass finds the terminal for pinentry by its stdin.
	shown := execute(ctx, program{name: "pass", args: []string{"show", r.entry(name)}, store: r.dir, mayAsk: true, stdin: os.Stdin})
	if ctx.Err() != nil {
		dismissPinentry(shown)
	}
	return nil
}

func (r *passRing) get(ctx context.Context, name string) ([]byte, error) {
	if err := ready(r.dir); err != nil {
		return nil, err
	}
	number := rand.N(slots) //nolint:gosec // spreads the readers, hides nothing
	release, err := r.lock(ctx, fmt.Sprint(slotLock, number), lock.Exclusive)
	if err != nil {
		return nil, passLockError(err)
	}
	defer func() { _ = release() }()
	unlock, err := r.lockItems(ctx, lock.Shared)
	if err != nil {
		return nil, err
	}
	defer func() { _ = unlock() }()
	info, err := os.Stat(r.file(name))
	if err != nil {
		return nil, diskError(Pass, err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil, corrupt("it is not a file that this program wrote")
	}
	shown := r.show(ctx, name)
	if shown.err != nil {
		err := r.whyNotShown(ctx, name, shown)
		if !errors.Is(err, ErrCorrupt) {
			return nil, err
		}
		// A damaged item counts as absent, and a session that is absent is lost: let no passing trouble look like that.
		if shown = r.show(ctx, name); shown.err != nil {
			return nil, cmp.Or(ctx.Err(), err)
		}
	}
	data, err := base64.StdEncoding.DecodeString(string(shown.stdout))
	if err != nil || shown.cut {
		return nil, corrupt("it is not what this program wrote")
	}
	return data, nil
}

func (r *passRing) show(ctx context.Context, name string) outcome {
	return execute(ctx, program{name: "pass", args: []string{"show", r.entry(name)}, store: r.dir})
}

// set has a value encrypted, as text in case somebody looks at it, and moves it into place under the lock.
func (r *passRing) set(ctx context.Context, name, _ string, data []byte) error {
	if err := ready(r.dir); err != nil {
		return err
	}
	if err := r.makeFolder(); err != nil {
		return writeError(err)
	}
	staging, err := makeStaging(r.folder(), r.now())
	if err != nil {
		return writeError(err)
	}
	defer func() { _ = os.RemoveAll(staging) }()
	if err := r.nameKeys(staging); err != nil {
		return writeError(err)
	}
	text := base64.StdEncoding.EncodeToString(data) + "\n"
	inserted := execute(ctx, program{
		name: "pass", args: []string{"insert", "--multiline", "--force", "item"}, store: staging, stdin: strings.NewReader(text),
	})
	if inserted.err != nil {
		return whyNotInserted(ctx, staging, len(text), inserted)
	}
	staged := filepath.Join(staging, "item"+gpgSuffix)
	if err := os.Chmod(staged, 0o600); err != nil {
		return unavailable(Pass, Failed, fmt.Errorf("pass reports success and has written nothing: %w", err))
	}
	unlock, err := r.lockItems(ctx, lock.Exclusive)
	if err != nil {
		return err
	}
	defer func() { _ = unlock() }()
	return writeError(os.Rename(staged, r.file(name)))
}

// makeFolder makes our folder within the store, but never the store.
func (r *passRing) makeFolder() error {
	if err := lock.MakePrivate(r.folder()); err != nil {
		return err
	}
	file, err := os.OpenFile(filepath.Join(r.folder(), ".gitignore"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = file.WriteString(gitIgnored)
	return errors.Join(err, file.Close())
}

// nameKeys lets the staging folder have the keys of our folder, else of the store, with the signature that a careful
// person has pass demand (PASSWORD_STORE_SIGNING_KEY).
func (r *passRing) nameKeys(staging string) error {
	from := filepath.Join(r.folder(), gpgIDFile)
	if _, err := os.Stat(from); errors.Is(err, fs.ErrNotExist) {
		from = filepath.Join(r.dir, gpgIDFile)
	}
	to := filepath.Join(staging, gpgIDFile)
	return errors.Join(os.Symlink(from, to), os.Symlink(from+".sig", to+".sig"))
}

// remove needs neither pass nor a key: a person who lost them can still log out.
func (r *passRing) remove(ctx context.Context, name string) error {
	if err := storeThere(r.dir); err != nil {
		return err
	}
	unlock, err := r.lockItems(ctx, lock.Exclusive)
	if err != nil {
		return err
	}
	defer func() { _ = unlock() }()
	return diskError(Pass, os.Remove(r.file(name)))
}

func (r *passRing) list(context.Context) ([]string, error) {
	if err := storeThere(r.dir); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(r.folder())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, diskError(Pass, err)
	}
	var names []string
	for _, entry := range entries {
		if file, isItem := strings.CutSuffix(entry.Name(), gpgSuffix); isItem {
			names = append(names, r.service+":"+itemName(file))
		}
	}
	return names, nil
}

func (r *passRing) lockItems(ctx context.Context, mode lock.Mode) (unlock func() error, err error) {
	leave, err := r.lock(ctx, turnLock, mode)
	if err != nil {
		return nil, passLockError(err)
	}
	defer func() { _ = leave() }()
	unlock, err = r.lock(ctx, itemsLock, mode)
	return unlock, passLockError(err)
}

func passLockError(err error) error {
	if errors.Is(err, ErrLockTimeout) {
		return unavailable(Pass, Hung, err)
	}
	return err
}
