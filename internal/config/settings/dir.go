package settings

import (
	"path/filepath"
	"runtime"

	"github.com/dbxaccess/dbxaccess/internal/localfile"
)

// Dir is the directory of the settings and of the copy of the access map: dbxaccess in $XDG_CONFIG_HOME if that
// is an absolute path, else in the platform's own place below the home directory, as of os.UserConfigDir. No secret may
// be written there.
func Dir(getenv func(string) string) (string, error) {
	base := getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(base) && runtime.GOOS == "windows" {
		base = getenv("AppData")
	}
	if filepath.IsAbs(base) {
		return filepath.Join(base, "dbxaccess"), nil
	}
	home, err := localfile.Home(getenv)
	if err != nil {
		return "", err
	}
	switch runtime.GOOS {
	case "windows":
		home = filepath.Join(home, "AppData", "Roaming")
	case "darwin":
		home = filepath.Join(home, "Library", "Application Support")
	default:
		home = filepath.Join(home, ".config")
	}
	return filepath.Join(home, "dbxaccess"), nil
}
