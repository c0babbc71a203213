package store

import (
	"context"
	"errors"
	"strings"

	"github.com/99designs/keyring"
	"github.com/danieljoos/wincred"

	"github.com/dbxaccess/dbxaccess/internal/store/backend"
)

// credentialManagerItems lists and deletes by itself: the library reports a Credential Manager that can't be listed as
// an empty one, and reads what it is to delete, which fails over a torn entry.
type credentialManagerItems struct {
	*library
	prefix string // of the names that the library gives entries
}

func openCredentialManager(c backend.Config) (backend.Backend, error) {
	config := keyring.Config{ServiceName: c.Service, WinCredPrefix: c.Service}
	return &credentialManagerItems{
		library: newLibrary(&credentialManagerAbout, keyring.WinCredBackend, config), prefix: c.Service + ":" + c.Service + ":",
	}, nil
}

func (c *credentialManagerItems) Remove(_ context.Context, name string) error {
	err := wincred.NewGenericCredential(c.prefix + name).Delete()
	if errors.Is(err, wincred.ErrElementNotFound) {
		return keyring.ErrKeyNotFound
	}
	return err
}

// List asks for our entries alone, so that another program's torn one does not matter.
func (c *credentialManagerItems) List(context.Context) ([]string, error) {
	entries, err := wincred.FilteredList(c.prefix + "*")
	if err != nil && !errors.Is(err, wincred.ErrElementNotFound) {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		if name, ours := strings.CutPrefix(entry.TargetName, c.prefix); ours {
			names = append(names, name)
		}
	}
	return names, nil
}
