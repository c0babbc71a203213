package doctor

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
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
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := localfile.Trusted(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			d.add(failed(Warning, "settings-writable", dir, "what is put there will not be used", err))
		}
		d.ok("settings-absent", path, "not there, so the defaults apply")
		return settings
	}
	d.ok("settings-read", path, "read, no unknown settings")
	return settings
}
