package localfile

import (
	"errors"
	"path/filepath"
	"runtime"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Home is the home directory: HOME, on Windows USERPROFILE, else that of the account, as programs are started without
// either. What both say is an absolute path, or an error.
func Home(getenv func(string) string) (string, error) {
	variable := "HOME"
	if runtime.GOOS == "windows" {
		variable = "USERPROFILE"
	}
	home := getenv(variable)
	if home == "" {
		var err error
		if home, err = AccountHome(); err != nil {
			return "", ui.Errorf("home-unknown", ui.Failed, "finding the home directory: %s is not set, and the account has none: %w", variable, err).
				With(ui.Advice("set " + variable + " to an absolute path"))
		}
	}
	if !filepath.IsAbs(home) {
		return "", ui.Errorf("home-not-absolute", ui.Failed, "%s is %s, which is not an absolute path", variable, ui.Named(home)).
			With(ui.Advice("set " + variable + " to an absolute path"))
	}
	return home, nil
}

// AccountHome is the home directory of this user's account, whatever the environment says.
func AccountHome() (string, error) {
	account, err := currentAccount()
	if err != nil {
		return "", err
	}
	if !filepath.IsAbs(account.HomeDir) {
		return "", errors.New("it has no home directory")
	}
	return account.HomeDir, nil
}
