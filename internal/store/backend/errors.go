package backend

import (
	"cmp"
	"errors"
	"io/fs"
	"strings"

	"github.com/99designs/keyring"

	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/store/format"
	"github.com/dbxaccess/dbxaccess/internal/store/lock"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// The first two are those of package store.
var (
	ErrCorrupt = format.ErrCorrupt
	ErrFull    = errors.New("no room left")
	ErrQuota   = errors.New("the quota is used up") // unless other items are removed; it comes with what the system said
)

// Corrupt is ErrCorrupt with what is wrong.
func Corrupt(what string) error { return format.Corrupt(what) }

// Cause is why a keyring can't be used.
type Cause int

// The causes.
const (
	Failed        Cause = iota // it answered with an error that says nothing more precise
	Absent                     // there is no session bus, service, collection or store
	Hung                       // it did not answer in time
	Locked                     // it is locked, and was not unlocked
	Denied                     // the system forbids its use
	Unsupported                // it does not exist on this system or in this build
	BadPassphrase              // the encrypted file's passphrase is wrong, empty or missing

	causes // how many there are
)

// told is what is said of a cause, behind the keyring's name.
type told struct {
	id   ui.ID
	what string
}

var ofCause = [causes]told{
	{"keyring-failed", "failed"},
	{"keyring-absent", "is not there"},
	{"keyring-hung", "did not answer in time"},
	{"keyring-locked", "is locked"},
	{"keyring-denied", "refuses access"},
	{"keyring-unsupported", "can't be used"},
	{"keyring-passphrase", "can't be opened"},
}

// UnavailableError says that the keyring can't be used now; nothing was read or changed. It always comes inside a
// ui.Error with the code KeyringUnavailable and a Fix.
type UnavailableError struct {
	Backend Name
	Cause   Cause
	Err     error // what the system said; may be nil
	title   string
}

func (e *UnavailableError) Error() string {
	if e.Err == nil {
		return e.title + " " + ofCause[e.Cause].what
	}
	return e.title + " " + ofCause[e.Cause].what + ": " + ui.Clean(e.Err.Error())
}

func (e *UnavailableError) Unwrap() error { return e.Err }

// Hints are advice on each cause, a step a line; "" for none.
type Hints [causes]string

// About is what errors say of a kind of keyring.
type About struct {
	Name  Name
	Title string // in a sentence
	Hints Hints
	Hint  string // for the causes that have none in Hints, except Unsupported; "" is general advice
	Room  string // how to free some; "" is general advice
}

// The last line of many hints.
const (
	UseFile   = "or keep an encrypted file: DBXACCESS_KEYRING_BACKEND=file dbxaccess login"
	UseKernel = "or use the kernel's, in memory only: DBXACCESS_KEYRING_BACKEND=kernel dbxaccess login"
)

// Unavailable makes an UnavailableError with the hint for its cause. err is what the system said; it may be nil.
func (a *About) Unavailable(cause Cause, err error) error {
	hint := "try again; if it stays so, look at the disk and the permissions of the keyring folder in the settings directory"
	switch {
	case a.Hints[cause] != "":
		hint = a.Hints[cause]
	case cause == Unsupported:
		hint = "let dbxaccess choose: DBXACCESS_KEYRING_BACKEND=auto dbxaccess login\n" + UseFile
	case a.Hint != "":
		hint = a.Hint
	}
	return a.Fault(cause, err).With(advice(hint))
}

// Fault is Unavailable without the hint.
func (a *About) Fault(cause Cause, err error) *ui.Error {
	return ui.Errorf(ofCause[cause].id, ui.KeyringUnavailable, "%w", &UnavailableError{Backend: a.Name, Cause: cause, Err: err, title: a.Title})
}

// Full makes an ErrFull. err is what the system said.
func (a *About) Full(err error) error {
	hint := cmp.Or(a.Room, "dbxaccess logout frees what dbxaccess keeps\n"+UseFile)
	return ui.Errorf("keyring-full", ui.KeyringUnavailable, "%s is full: %w (%w)", a.Title, ErrFull, err).With(advice(hint))
}

func advice(hint string) ui.Fix { return ui.Advice(strings.Split(hint, "\n")...) }

// Disk is the error for one of the file system below a keyring, or of a lock in it; nil stays nil.
func (a *About) Disk(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return keyring.ErrKeyNotFound
	case diskFull(err):
		return a.Full(err)
	case errors.Is(err, lock.ErrTimeout):
		return a.Unavailable(Hung, err)
	}
	if _, explained := errors.AsType[*ui.Error](err); explained {
		return a.Fault(Failed, err) // it says what helps
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		if fix := localfile.Remedy(e.Path, err); fix != nil {
			return a.Fault(Denied, err).With(fix)
		}
	}
	if errors.Is(err, fs.ErrPermission) {
		return a.Unavailable(Denied, err)
	}
	return a.Unavailable(Failed, err)
}
