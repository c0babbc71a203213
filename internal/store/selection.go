package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Selection is the keyring that was settled on. `login` records it, and every later command uses it or fails: a desktop
// session and one over SSH must not each keep a copy of a token that changes with every use.
type Selection struct {
	Backend Backend `json:"backend"`
	// Collection is that of the Secret Service: the last element of its object path.
	Collection string `json:"collection,omitempty"`
	// Directory is that of the password store (Pass): an absolute path. PASSWORD_STORE_DIR is often set in shells alone,
	// and what a desktop program starts must not look elsewhere.
	Directory string `json:"directory,omitempty"`
}

// SelectionFile is the name of the record in the settings directory. Package busguard reads it too.
const SelectionFile = "keyring.json"

// ReadSelection returns what login recorded in the settings directory; recorded is false where it has recorded nothing.
func ReadSelection(settingsDir string) (selection Selection, recorded bool, err error) {
	path := filepath.Join(settingsDir, SelectionFile)
	data, err := atomicfile.Read(path)
	if err != nil || data == nil {
		return Selection{}, false, err
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err = decoder.Decode(&selection); err == nil {
		err = selection.validate()
	}
	if err != nil {
		return Selection{}, false, ui.Fault(ui.KeyringUnavailable, "dbxaccess login writes it anew",
			"reading which keyring is in use from %s: %w", path, err)
	}
	return selection, true, nil
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
	return atomicfile.Write(filepath.Join(settingsDir, SelectionFile), append(data, '\n'), 0o600)
}

func (s Selection) validate() error {
	if _, known := traits[s.Backend]; !known {
		return fmt.Errorf("%q is no keyring that can be in use", ui.Clean(string(s.Backend)))
	}
	// An element of an object path (D-Bus specification, "Valid Object Paths").
	fits := s.Collection == ""
	if s.Backend == SecretService {
		fits = of(s.Collection, 255, "_")
	}
	if !fits {
		return errors.New("the collection does not fit the keyring")
	}
	if s.Backend == Pass && !filepath.IsAbs(s.Directory) || s.Backend != Pass && s.Directory != "" {
		return errors.New("the directory does not fit the keyring")
	}
	return nil
}
