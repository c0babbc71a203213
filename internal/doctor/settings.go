package doctor

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const noSettings = "the settings can't be read"

// checkSettings returns the settings, nil where they can't be read.
func (d *examination) checkSettings() *config.Settings {
	dir, err := config.SettingsDir(d.Getenv)
	if err != nil {
		d.fault("settings-unreadable", "", noSettings, err)
		return nil
	}
	path := filepath.Join(dir, config.FileName)
	settings, err := d.Settings()
	if err != nil {
		d.fault("settings-unreadable", path, noSettings, err)
		return nil
	}
	for _, open := range []string{dir, path} {
		if _, write := atomicfile.OthersMay(open); write {
			d.warn("settings-writable", open, "it can be written by other users",
				"the settings name programs that run as you, and the access map names who gets your ID token",
				ui.Command("chmod go-w "+ui.Quote(open)))
		}
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		d.ok("settings-absent", path, "not there, so the defaults apply")
		return settings
	}
	d.ok("settings-read", path, "read, no unknown settings")
	return settings
}
