// Package backend is the contract between the store and the kinds of keyring below it.
//
// A kind of keyring is a Descriptor in a file (or folder) of its own and in the list in package store; it opens as a
// Backend, which keeps single items under their names. In comes a Config, out come the items and a few errors that the
// store tells apart. A Backend must never prompt except in Prepare or where Patience allows it, never fall back to
// another place, and never report an item that can't be read as absent.
package backend

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/store/format"
	"github.com/dbxaccess/dbxaccess/internal/store/lock"
)

// Name is that of a kind of keyring, as the record of the one in use has it.
type Name = format.Name

// Place is where in a keyring the items are, as that record has it.
type Place = format.Place

// Descriptor describes one kind of keyring.
type Descriptor struct {
	*About
	Systems []string // the values of GOOS on which it exists; nil: all
	Auto    bool     // it may be chosen without being named; the first of the list that answers is
	Caveat  string   // begins the sentence that it was chosen because one before it in the list can't be used
	Private bool     // only this process sees its items; it can be neither set nor recorded
	// NeedsCollection and NeedsDirectory say which parts of a Place it has; the others must be empty.
	NeedsCollection, NeedsDirectory bool
	// PartSize bounds one item in bytes; longer values are stored in parts. 0: no bound worth minding.
	PartSize int
	// Timeout bounds one operation; 0: DefaultTimeout.
	Timeout time.Duration
	// EndWait is how long to wait after the deadline for an operation to end, where it runs programs that must not
	// outlive this process. 0: not at all.
	EndWait time.Duration
	// Folder is the directory of the items. Stores with different ones don't share locks. May be nil.
	Folder func(Config) string
	// LocksInFolder: the locks are in the folder too (in LockFolder), so that all processes which share the data share
	// them.
	LocksInFolder bool
	// Find finds out whether it can be used, and where its items are. It creates nothing and never prompts. nil: the
	// first use shows.
	Find func(context.Context) (Place, error)
	// Open returns the keyring without input or output; the error is a fault in the Config. Called only if Usable is
	// nil.
	Open func(Config) (Backend, error)
}

// DefaultTimeout bounds one operation on a keyring.
const DefaultTimeout = 3 * time.Second

// LockFolder is the folder for locks beside the data.
const LockFolder = ".locks"

// Config is what a Backend is opened with.
type Config struct {
	Service string // the name under which items are kept
	Place   Place  // that Find returned
	FileDir string // of the encrypted file
	// Passphrase opens the encrypted file.
	Passphrase func(context.Context) (secret.String, error)
	// PassphraseTyped: it is one that a person types and remembers.
	PassphraseTyped bool
	// Patience is how long a person who is present may take to unlock what is locked; 0: no one is there to ask.
	Patience time.Duration
	// Waiting tells a person that a program is waited for, once that takes long.
	Waiting func(doing string) (done func())
	Lock    lock.Func // excludes other processes that use the same items
}

// Backend is one keyring. Names are those of single items. It is called by one goroutine at a time; a call may hang,
// but heeds its context where it can. The store tells these errors apart: keyring.ErrKeyNotFound of the keyring
// library, ErrCorrupt, ErrQuota and UnavailableError.
type Backend interface {
	// Prepare does what may take a person's time, before the deadline of an operation begins. name is that of the item
	// about to be read; "" before a write.
	Prepare(ctx context.Context, name string) error
	Get(ctx context.Context, name string) ([]byte, error)
	// Set stores an item in place of what was there. label is what keyring programs show for it.
	Set(ctx context.Context, name, label string, data []byte) error
	Remove(ctx context.Context, name string) error
	List(ctx context.Context) ([]string, error)
}

// Exists reports whether this system has such a keyring.
func (d *Descriptor) Exists() bool {
	return d.Systems == nil || slices.Contains(d.Systems, runtime.GOOS)
}

// Usable returns why this program can't use it on this system, or nil.
func (d *Descriptor) Usable() error {
	if !d.Exists() {
		return d.Unavailable(Unsupported, fmt.Errorf("it does not exist on this system (%s)", runtime.GOOS))
	}
	return nil
}
