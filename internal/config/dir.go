package config

import (
	"errors"
	"os/user"
	"path/filepath"
	"runtime"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// SettingsDir is where settings and the copy of the access map live: dbxaccess in $XDG_CONFIG_HOME where that is an
// absolute path, else in the platform's own place (as os.UserConfigDir has it). No secret is ever written there.
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
		if home == "" { // a program that was started without it finds its keyring all the same
			if account, err := user.Current(); err == nil {
				home = account.HomeDir
			}
		}
	}
	if home == "" {
		return "", ui.Errorf("settings-dir-unknown", ui.Failed, "finding the settings directory: %w", errors.New("HOME is not set")).
			With(ui.Advice("set HOME, or XDG_CONFIG_HOME to an absolute path"))
	}
	if !filepath.IsAbs(home) {
		return "", ui.Errorf("home-not-absolute", ui.Failed, "HOME is %q, which is not an absolute path", ui.Clean(home)).
			With(ui.Advice("set HOME to an absolute path"))
	}
	return filepath.Join(home, inHome, "dbxaccess"), nil
}

// Home is the person's home directory as the environment has it, "" where it does not say.
func Home(getenv func(string) string) string {
	if runtime.GOOS == "windows" {
		return getenv("USERPROFILE")
	}
	return getenv("HOME")
}
