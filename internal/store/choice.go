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

// Choice is the keyring that was settled on. `login` records it, and every later command uses it or fails: a desktop
// session and one over SSH must not each keep a copy of a token that changes with every use.
type Choice struct {
	Backend Backend `json:"backend"`
	// Collection is that of the Secret Service: the last element of its object path.
	Collection string `json:"collection,omitempty"`
	// Directory is that of the password store (Pass): an absolute path. PASSWORD_STORE_DIR is often set in shells alone,
	// and what a desktop program starts must not look elsewhere.
	Directory string `json:"directory,omitempty"`
}

// ChoiceFile is the name of the record in the settings directory. Package busguard reads it too.
const ChoiceFile = "keyring.json"

// ReadChoice returns what login recorded in the settings directory; recorded is false where it has recorded nothing.
func ReadChoice(settingsDir string) (choice Choice, recorded bool, err error) {
	path := filepath.Join(settingsDir, ChoiceFile)
	data, err := atomicfile.Read(path)
	if err != nil || data == nil {
		return Choice{}, false, err
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err = decoder.Decode(&choice); err == nil {
		err = choice.validate()
	}
	if err != nil {
		return Choice{}, false, ui.Fault(ui.KeyringUnavailable, "dbxaccess login writes it anew",
			"reading which keyring is in use from %s: %w", path, err)
	}
	return choice, true, nil
}

// Record writes the choice into the settings directory, which is made if need be.
func (c Choice) Record(settingsDir string) error {
	if err := c.validate(); err != nil {
		return err
	}
	data, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(settingsDir, ChoiceFile), append(data, '\n'), 0o600)
}

func (c Choice) validate() error {
	if _, known := traits[c.Backend]; !known {
		return fmt.Errorf("%q is no keyring that can be in use", ui.Clean(string(c.Backend)))
	}
	// An element of an object path (D-Bus specification, "Valid Object Paths").
	fits := c.Collection == ""
	if c.Backend == SecretService {
		fits = of(c.Collection, 255, "_")
	}
	if !fits {
		return errors.New("the collection does not fit the keyring")
	}
	if c.Backend == Pass && !filepath.IsAbs(c.Directory) || c.Backend != Pass && c.Directory != "" {
		return errors.New("the directory does not fit the keyring")
	}
	return nil
}
