// Package backend is what the store and the kinds of keyring below it agree on.
//
// A kind of keyring is described by a Descriptor, which stands in one file (or folder, where it needs several) and in the list
// in package store; it opens as a Backend, which keeps single items under their names. In comes a Config, out come the items
// and a few errors that the store tells apart. A Backend must never prompt except in Prepare or where Patience allows it, fall
// back to another place, or tell an item that can't be read as one that is absent.
package backend

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/store/lock"
)

// Name of a kind of keyring, as settings and the record spell it.
type Name string

// String returns the name as settings spell it.
func (n Name) String() string { return string(n) }

// Descriptor is all that the store has to know of one kind of keyring.
type Descriptor struct {
	*About
	// Systems are the values of GOOS on which it exists; nil: all.
	Systems []string
	// Missing tells why this build can't use it although the system has it, or nil. May be nil itself.
	Missing func() error
	// Auto: it may be chosen without being named. Of several, the first in the list that answers is.
	Auto bool
	// Caveat is what a person is told if it was chosen only because one before it in the list can't be used: the beginning of
	// a sentence that goes on with why.
	Caveat string
	// Private: only this process sees its items. It can be neither set nor recorded.
	Private bool
	// NeedsCollection and NeedsDirectory tell which parts of a Place it has; the others must be empty.
	NeedsCollection, NeedsDirectory bool
	// NeedsBus: it is reached over the D-Bus session bus. Package busguard knows the name of this one too.
	NeedsBus bool
	// PartSize bounds one item in bytes; longer values are stored in parts. 0: no bound worth minding.
	PartSize int
	// Timeout bounds one operation; 0: DefaultTimeout.
	Timeout time.Duration
	// EndWait is for how long the end of an operation is awaited whose time is over: for what runs programs, none of which
	// must outlive this process. 0: it is left to itself.
	EndWait time.Duration
	// Folder is the directory that the items lie in. Stores with different ones don't share locks. May be nil.
	Folder func(Config) string
	// LocksInFolder: the locks lie in the folder too (in LockFolder), so that processes which share the data share them, on
	// whatever machine.
	LocksInFolder bool
	// Find finds out whether it can be used, and where its items are to be kept. It creates nothing and never prompts. nil:
	// the first use shows.
	Find func(context.Context) (Place, error)
	// Open returns the keyring without input or output; the error is a fault in the Config. Not called where Usable is not nil.
	Open func(Config) (Backend, error)
}

// DefaultTimeout bounds one operation on a keyring.
const DefaultTimeout = 3 * time.Second

// LockFolder is the folder for locks beside the data.
const LockFolder = ".locks"

// Place is where within a kind of keyring the items are.
type Place struct {
	// Collection is that of the Secret Service: the last element of its object path.
	Collection string `json:"collection,omitempty"`
	// Directory is that of the password store: an absolute path. PASSWORD_STORE_DIR is often set in shells alone, and what a
	// desktop program starts must not look elsewhere.
	Directory string `json:"directory,omitempty"`
}

// Config is what a Backend is opened with.
type Config struct {
	Service string // the name under which items are kept
	Place   Place  // as Find told
	FileDir string // where the encrypted file has its items
	// Passphrase opens the encrypted file.
	Passphrase func(context.Context) (secret.String, error)
	// Patience is how long a person who is present may take to unlock what is locked; 0: no one is there to ask.
	Patience time.Duration
	Now      func() time.Time
	Lock     lock.Func // excludes other processes that use the same items
}

// Backend is one keyring with its quirks smoothed. Names are those of single items. Its calls come one at a time and may hang,
// but where they can they heed the context. The errors that count: keyring.ErrKeyNotFound of the keyring library, ErrCorrupt,
// ErrQuota and UnavailableError.
type Backend interface {
	// Prepare does what may take a person's time, before the deadline of an operation begins. name is that of an item
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

// Usable tells why this program can't use it on this system, or nil.
func (d *Descriptor) Usable() error {
	if !d.Exists() {
		return d.Unavailable(Unsupported, fmt.Errorf("it does not exist on this system (%s)", runtime.GOOS))
	}
	if d.Missing != nil {
		if err := d.Missing(); err != nil {
			return d.Unavailable(Unsupported, err)
		}
	}
	return nil
}
