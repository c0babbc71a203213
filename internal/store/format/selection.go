package format

import (
	"bytes"
	"encoding/json"
)

// SelectionFile is the name of the record of the keyring in use, in the settings directory.
const SelectionFile = "keyring.json"

// MaxSelection bounds it, in bytes.
const MaxSelection = 64 << 10

// Name of a kind of keyring, as settings and the record spell it.
type Name string

// String returns the name as settings spell it.
func (n Name) String() string { return string(n) }

// Names of kinds of keyring that a warm answer is read from.
const (
	Kernel        Name = "kernel"
	File          Name = "file"
	SecretService Name = "secret-service"
)

// FileFolder is the folder of the encrypted file's items in the settings directory.
const FileFolder = "keyring"

// Place says where in a keyring the items are.
type Place struct {
	// Collection is that of the Secret Service: the last element of its object path.
	Collection string `json:"collection,omitempty"`
	// Directory is that of the password store: an absolute path. PASSWORD_STORE_DIR is often set in shells only, and
	// what a desktop program starts must not look elsewhere.
	Directory string `json:"directory,omitempty"`
}

// Selection is the record of the keyring in use: see store.Selection.
type Selection struct {
	Backend Name `json:"backend"`
	Place
}

// DecodeSelection reads a record. Whether there is such a keyring is not looked at.
func DecodeSelection(data []byte) (s Selection, err error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	err = decoder.Decode(&s)
	return s, err
}
