// Package pass keeps items in a password store (https://www.passwordstore.org): files that the program pass has GnuPG
// encrypt.
//
// In come items; out come the same, or an error that tells what is locked, and what pass and GnuPG can't do, from what
// is damaged. GnuPG must never ask where no one is present, a program that is started never get a secret except on its
// stdin or outlive this one, and nothing else in the store be touched.
package pass

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

	"github.com/dbxaccess/dbxaccess/internal/command"
	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/store/lock"
)

// Name is how settings spell it.
const Name backend.Name = "pass"

var about = backend.About{
	Name: Name, Title: "the password store", Room: "free some space on its disk",
	Hints: backend.Hints{
		backend.Locked: "unlock the key that it is encrypted to: dbxaccess login",
		backend.Hung: "a prompt for the passphrase may be open, or a security key wait to be touched\n" +
			"if gpg-agent hangs: gpgconf --kill gpg-agent, then dbxaccess login",
		backend.Denied: "its directory must be yours and writable\n" + backend.UseFile,
	},
	Hint: "look whether pass itself works: pass ls\n" + backend.UseFile,
}

// Backend is chosen by name only.
var Backend = backend.Descriptor{
	About: &about, Systems: []string{"linux", "darwin", "freebsd", "openbsd", "netbsd", "dragonfly"},
	NeedsDirectory: true, Folder: func(c backend.Config) string { return c.Place.Directory },
	Timeout: 10 * time.Second, // pass and GnuPG are a dozen programs, which processes wait for in turn on a busy machine
	EndWait: time.Second,      // ending its children takes next to no time, unless the disk hangs too
	Find:    find, Open: open,
}

// passwords keeps items in a folder named after the service, encrypted to the keys that the store names.
//
// It runs pass itself. The keyring library's backend for it does not suit a helper: it has no deadline, lets GnuPG ask
// questions, gives its children our whole environment and our stderr, and has pass write items in place, where a reader
// finds half of one, and commit each to the store's git repository.
//
// Here pass encrypts into a staging folder, which it takes for a password store without a git repository, since it
// looks for one no further up. The finished file is then renamed into place. Readers and writers still take a lock, so
// that an item can't vanish between looking for it and decrypting it, and a slow reader never returns one that was
// deleted.
type passwords struct {
	dir      string // of the password store
	service  string
	lock     lock.Func
	patience time.Duration // how long a person may take to unlock the key; 0: no one is there to ask
	waiting  func(doing string) (done func())

	mu    sync.Mutex
	asked bool  // a person who dismissed the prompt does not want another
	hung  error // that gpg-agent does not answer, once that is known
}

func open(c backend.Config) (backend.Backend, error) {
	return &passwords{
		dir: filepath.Clean(c.Place.Directory), service: c.Service, lock: c.Lock, patience: c.Patience, waiting: c.Waiting,
	}, nil
}

const (
	// gpgIDFile names the keys that a store, or a folder of one, is encrypted to.
	gpgIDFile = ".gpg-id"
	gpgSuffix = ".gpg"

	// itemsLock is held while items change, and shared while one is read. turnLock is held only until that is taken, so
	// that a waiting writer keeps new readers out: an unbroken line of them would keep it waiting for good.
	itemsLock, turnLock = "store:pass:items", "store:pass:turn"

	// slots bounds how many processes decrypt at once. gpg-agent serves one request at a time anyway, and with some
	// dozens runs out of the memory that is never swapped: it then refuses some, or claims not to know the passphrase.
	slots, slotLock = 4, "store:pass:slot:"

	// gitIgnored keeps our files, which live for hours, out of the person's commits, which live for good. It is in our
	// folder, where the person may keep items of their own.
	gitIgnored = "/.gitignore\n/" + backend.StagingPrefix + "*\n/v*+*" + gpgSuffix + "\n"
)

func (p *passwords) folder() string { return filepath.Join(p.dir, p.service) }

// entry is pass's name of an item; see backend.FileName.
func (p *passwords) entry(name string) string {
	return p.service + "/" + backend.FileName(strings.TrimPrefix(name, p.service+":"))
}

func (p *passwords) file(name string) string { return filepath.Join(p.dir, p.entry(name)+gpgSuffix) }

// Prepare lets the person unlock the key by decrypting the item that is about to be read, without a lock, which must
// not be held while a person is typing. Get, which never asks, finds out whether it worked. Writing needs no secret
// key. A gpg-agent that does not answer (stopped, say) would have us wait for a prompt that never opens.
func (p *passwords) Prepare(ctx context.Context, name string) error {
	if p.patience == 0 || name == "" {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, err := os.Stat(p.file(name)); err != nil || p.asked {
		return p.hung
	}
	p.asked = true
	if p.hung = p.agentAnswers(ctx); p.hung != nil {
		return p.hung
	}
	// pass finds the terminal for pinentry by its stdin.
	shown := p.run(ctx, program{
		name: "pass", args: []string{"show", p.entry(name)}, store: p.dir, mayAsk: true, time: p.patience, stdin: os.Stdin,
	})
	tooLong := errors.Is(shown.err, command.ErrTooLong)
	if ctx.Err() != nil || tooLong {
		dismissPinentry(shown)
	}
	if tooLong && shown.statuses(pinentryLaunched) == nil { // it never came to asking, and would not answer Get either
		p.hung = about.Unavailable(backend.Hung, nil)
		return p.hung
	}
	return ctx.Err()
}

func (p *passwords) Get(ctx context.Context, name string) ([]byte, error) {
	if err := ready(p.dir); err != nil {
		return nil, err
	}
	number := rand.N(slots) //nolint:gosec // spreads the readers, hides nothing
	release, err := p.lock(ctx, fmt.Sprint(slotLock, number), lock.Exclusive)
	if err != nil {
		return nil, lockError(err)
	}
	defer func() { _ = release() }()
	unlock, err := p.lockItems(ctx, lock.Shared)
	if err != nil {
		return nil, err
	}
	defer func() { _ = unlock() }()
	info, err := os.Stat(p.file(name))
	if err != nil {
		return nil, about.Disk(err)
	}
	if !info.Mode().IsRegular() || info.Size() > backend.MaxFile {
		return nil, backend.Corrupt("it is not a file that this program wrote")
	}
	shown := p.show(ctx, name)
	if shown.err != nil {
		err := p.whyNotShown(ctx, name, shown)
		if !errors.Is(err, backend.ErrCorrupt) {
			return nil, err
		}
		// A damaged item counts as absent, and an absent session is lost: make sure that it is no temporary trouble.
		if shown = p.show(ctx, name); shown.err != nil {
			return nil, cmp.Or(ctx.Err(), err)
		}
	}
	data, err := base64.StdEncoding.DecodeString(string(shown.Stdout))
	if err != nil {
		return nil, backend.Corrupt("it is not what this program wrote")
	}
	return data, nil
}

func (p *passwords) show(ctx context.Context, name string) outcome {
	return p.run(ctx, program{name: "pass", args: []string{"show", p.entry(name)}, store: p.dir})
}

// Set has a value encrypted, as text since a person may look at it, and moves it into place under the lock.
func (p *passwords) Set(ctx context.Context, name, _ string, data []byte) error {
	if err := ready(p.dir); err != nil {
		return err
	}
	if err := p.makeFolder(); err != nil {
		return writeError(err)
	}
	staging, err := backend.MakeStaging(p.folder())
	if err != nil {
		return writeError(err)
	}
	defer func() { _ = os.RemoveAll(staging) }()
	if err := p.nameKeys(staging); err != nil {
		return writeError(err)
	}
	text := base64.StdEncoding.EncodeToString(data) + "\n"
	inserted := p.run(ctx, program{
		name: "pass", args: []string{"insert", "--multiline", "--force", "item"}, store: staging, stdin: strings.NewReader(text),
	})
	if inserted.err != nil {
		return whyNotInserted(ctx, staging, len(text), inserted)
	}
	staged := filepath.Join(staging, "item"+gpgSuffix)
	if err := os.Chmod(staged, 0o600); err != nil {
		return about.Unavailable(backend.Failed, fmt.Errorf("pass reports success and has written nothing: %w", err))
	}
	unlock, err := p.lockItems(ctx, lock.Exclusive)
	if err != nil {
		return err
	}
	defer func() { _ = unlock() }()
	return writeError(os.Rename(staged, p.file(name)))
}

// makeFolder makes our folder in the store, but never the store.
func (p *passwords) makeFolder() error {
	if err := lock.MakePrivate(p.folder()); err != nil {
		return err
	}
	ignore := filepath.Join(p.folder(), ".gitignore")
	if _, err := os.Lstat(ignore); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.WriteFile(ignore, []byte(gitIgnored), 0o600)
}

// nameKeys gives the staging folder the keys of our folder, else of the store, with the signature that pass may demand
// (PASSWORD_STORE_SIGNING_KEY).
func (p *passwords) nameKeys(staging string) error {
	from := filepath.Join(p.folder(), gpgIDFile)
	if _, err := os.Stat(from); errors.Is(err, fs.ErrNotExist) {
		from = filepath.Join(p.dir, gpgIDFile)
	}
	to := filepath.Join(staging, gpgIDFile)
	return errors.Join(os.Symlink(from, to), os.Symlink(from+".sig", to+".sig"))
}

// Remove needs neither pass nor a key: a person without them can still log out.
func (p *passwords) Remove(ctx context.Context, name string) error {
	if err := storeExists(p.dir); err != nil {
		return err
	}
	unlock, err := lock.Anyway(p.lockItems(ctx, lock.Exclusive))
	if err != nil {
		return err
	}
	defer func() { _ = unlock() }()
	return about.Disk(os.Remove(p.file(name)))
}

func (p *passwords) List(context.Context) ([]string, error) {
	if err := storeExists(p.dir); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(p.folder())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, about.Disk(err)
	}
	var names []string
	for _, entry := range entries {
		if file, isItem := strings.CutSuffix(entry.Name(), gpgSuffix); isItem {
			names = append(names, p.service+":"+backend.ItemName(file))
		}
	}
	return names, nil
}

func (p *passwords) lockItems(ctx context.Context, mode lock.Mode) (unlock func() error, err error) {
	leave, err := p.lock(ctx, turnLock, mode)
	if err != nil {
		return nil, lockError(err)
	}
	defer func() { _ = leave() }()
	unlock, err = p.lock(ctx, itemsLock, mode)
	return unlock, lockError(err)
}

func lockError(err error) error {
	if errors.Is(err, lock.ErrTimeout) {
		return about.Unavailable(backend.Hung, err)
	}
	return err
}
