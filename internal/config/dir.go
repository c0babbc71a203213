package config

import (
	"os/user"
	"path/filepath"
	"runtime"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// SettingsDir is the directory of the settings and of the copy of the access map: dbxaccess in $XDG_CONFIG_HOME if that
// is an absolute path, else in the platform's own place, as of os.UserConfigDir. No secret may be written there.
func SettingsDir(getenv func(string) string) (string, error) {
	if dir := getenv("XDG_CONFIG_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "dbxaccess"), nil
	}
	home, inHome := Home(getenv), ".config"
	switch runtime.GOOS {
	case "windows":
		home, inHome = getenv("AppData"), ""
	case "darwin":
		inHome = filepath.Join("Library", "Application Support")
	default:
		if home == "" { // so that a program which was started without it finds its keyring
			if account, err := user.Current(); err == nil {
				home = account.HomeDir
			}
		}
	}
	if home == "" {
		return "", ui.Errorf("settings-dir-unknown", ui.Failed, "finding the settings directory: HOME is not set").
			With(ui.Advice("set HOME, or XDG_CONFIG_HOME to an absolute path"))
	}
	if !filepath.IsAbs(home) {
		return "", ui.Errorf("home-not-absolute", ui.Failed, "HOME is %q, which is not an absolute path", ui.Clean(home)).
			With(ui.Advice("set HOME to an absolute path"))
	}
	return filepath.Join(home, inHome, "dbxaccess"), nil
}

// Home is the person's home directory by the environment; "" if that has none.
func Home(getenv func(string) string) string {
	if runtime.GOOS == "windows" {
		return getenv("USERPROFILE")
	}
	return getenv("HOME")
}
