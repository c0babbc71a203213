package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/store/format"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Selection is the keyring in use. `login` records it, and every later command uses it or fails: a desktop session and
// one over SSH must not each keep a copy of a token that changes with every use.
type Selection format.Selection

// SelectionFile is the name of the record in the settings directory. Package busguard reads it too.
const SelectionFile = format.SelectionFile

// FormerFile is the name of the record of the keyring that was in use until the last sign-out.
const FormerFile = "keyring-former.json"

// Forget lets the next login choose a keyring again. It keeps which one was in use, so that a person is told of another one only.
func Forget(settingsDir string) error {
	err := os.Rename(filepath.Join(settingsDir, SelectionFile), filepath.Join(settingsDir, FormerFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// ForgetFormer takes away what Forget keeps.
func ForgetFormer(settingsDir string) error {
	err := os.Remove(filepath.Join(settingsDir, FormerFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Former is the kind of keyring that was in use until the last sign-out, "" where that is not known. It decides on what is said and on
// nothing else.
func Former(settingsDir string) backend.Name {
	data, _, err := localfile.ReadTrusted(filepath.Join(settingsDir, FormerFile), format.MaxSelection)
	if err != nil {
		return ""
	}
	former, err := decodeSelection(data)
	if err != nil {
		return ""
	}
	return former.Backend
}

// Caveat is what a person should know of the keyring before they rely on it, "" for nothing.
func (s Selection) Caveat() string {
	if b := descriptorOf(s.Backend); b != nil {
		return b.Caveat
	}
	return ""
}

// ReadSelection returns what login recorded in the settings directory; recorded is false where it has recorded nothing.
func ReadSelection(settingsDir string) (selection Selection, recorded bool, err error) {
	path := filepath.Join(settingsDir, SelectionFile)
	data, _, err := localfile.ReadTrusted(path, format.MaxSelection)
	if errors.Is(err, fs.ErrNotExist) {
		return Selection{}, false, nil
	}
	if _, explained := errors.AsType[*ui.Error](err); explained {
		return Selection{}, false, err
	}
	if err == nil {
		selection, err = decodeSelection(data)
	}
	if err != nil {
		fix := localfile.Remedy(path, err)
		if fix == nil {
			fix = ui.Command("dbxaccess login")
		}
		return Selection{}, false, ui.Errorf("keyring-record", ui.KeyringUnavailable,
			"reading which keyring is in use from %s: %w", ui.Clean(path), err).With(fix)
	}
	return selection, true, nil
}

func decodeSelection(data []byte) (selection Selection, err error) {
	recorded, err := format.DecodeSelection(data)
	if selection = Selection(recorded); err == nil {
		err = selection.validate()
	}
	return selection, err
}

// Record writes the selection into the settings directory, which is made if need be.
func (s Selection) Record(settingsDir string) error {
	if err := s.validate(); err != nil {
		return err
	}
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return atomicfile.WriteOwn(filepath.Join(settingsDir, SelectionFile), append(data, '\n'), 0o600)
}

// validate refuses what can't have been recorded.
func (s Selection) validate() error {
	b, err := s.descriptor()
	if err == nil && b.Private {
		return s.unknown()
	}
	return err
}

// descriptor returns the kind of keyring, after checking that the place fits it.
func (s Selection) descriptor() (*backend.Descriptor, error) {
	b := descriptorOf(s.Backend)
	switch {
	case b == nil:
		return nil, s.unknown()
	// An element of an object path (D-Bus specification, "Valid Object Paths").
	case b.NeedsCollection && !format.IsName(s.Collection, 255, "_"), !b.NeedsCollection && s.Collection != "":
		return nil, errors.New("the collection does not fit the keyring")
	case b.NeedsDirectory && !filepath.IsAbs(s.Directory), !b.NeedsDirectory && s.Directory != "":
		return nil, errors.New("the directory does not fit the keyring")
	}
	return b, nil
}

func (s Selection) unknown() error {
	return fmt.Errorf("%q is not a keyring that can be in use", ui.Clean(s.Backend.String()))
}
