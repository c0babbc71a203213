package cli

import (
	"errors"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/source"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// sayWhereLooked adds to an error that says that there is no sign-in or no map where it was looked for: a program that was
// started from the desktop lacks the variables of the person's shell, and so looks elsewhere.
func sayWhereLooked(env *Env, err error) {
	noMap := errors.Is(err, source.ErrNoCopy)
	if !noMap && !errors.Is(err, login.ErrNotSignedIn) {
		return
	}
	told, ok := errors.AsType[*ui.Error](err)
	settings, settingsErr := env.Settings()
	path, named, mapErr := env.MapFile()
	if !ok || settingsErr != nil || mapErr != nil {
		return
	}
	looked := "looked in the settings directory " + settings.Dir
	if named {
		looked += ", by the access map " + path
	}
	if !noMap {
		backend := "none chosen yet"
		if selected, recorded, err := store.ReadSelection(settings.Dir); err == nil && recorded {
			backend = selected.Backend.String()
		}
		looked += ", in the keyring under the name " + settings.Keyring.Service + " (backend: " + backend + ")"
	}
	_ = told.With(ui.Advice(looked))
}
