package store

import (
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/store/file"
	"github.com/dbxaccess/dbxaccess/internal/store/format"
	"github.com/dbxaccess/dbxaccess/internal/store/keychain"
	"github.com/dbxaccess/dbxaccess/internal/store/pass"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// backends are the kinds of keyring in the order in which Resolve tries them.
var backends = []*backend.Descriptor{
	&secretService, &keychain.Backend, &credentialManager, &kernel, &file.Backend, &pass.Backend, &memory,
}

// Names that other packages use.
const (
	Auto backend.Name = "auto" // lets Resolve choose; no Store is opened with it
	File              = file.Name
	// FileFolder is the folder of its items in the settings directory.
	FileFolder = format.FileFolder
	// LockFolder is the folder of their locks in that one.
	LockFolder = backend.LockFolder
	Pass       = pass.Name
)

// ParseBackend reads a name from a setting or a flag; "" is Auto. Anything unknown is an error that lists the names.
func ParseBackend(name string) (backend.Name, error) {
	names := []string{Auto.String()}
	for _, b := range backends {
		if !b.Private {
			names = append(names, b.Name.String())
		}
	}
	switch {
	case name == "":
		return Auto, nil
	case slices.Contains(names, name):
		return backend.Name(name), nil
	}
	slices.Sort(names)
	return "", ui.Errorf("keyring-unknown", ui.Usage, "unknown keyring %q", ui.Clean(name)).
		With(ui.Advice("the keyrings are: " + strings.Join(names, ", ")))
}

// Here is nil where this system has such a keyring at all, whether or not it can be used.
func Here(name backend.Name) error {
	if d := descriptorOf(name); d != nil {
		return d.Usable()
	}
	return nil
}

// descriptorOf returns the kind of keyring of that name, or nil.
func descriptorOf(name backend.Name) *backend.Descriptor {
	if i := slices.IndexFunc(backends, func(b *backend.Descriptor) bool { return b.Name == name }); i >= 0 {
		return backends[i]
	}
	return nil
}
