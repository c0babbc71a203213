package config

import (
	"fmt"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/config/settings"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// listCommand shows what settings there are.
const listCommand = "dbxaccess config list"

// at is where a setting stands, FILE:LINE, for people; the file alone where it doesn't stand in it.
func at(path string, data []byte, key string) string {
	for _, e := range entriesOf(data) {
		if e.path == key {
			return fmt.Sprintf("%s:%d", ui.Clean(path), e.key.Line)
		}
	}
	return ui.Clean(path)
}

// refuseUnknown refuses keys of the file that are no settings. viper has them in small letters.
func refuseUnknown(path string, data []byte, keys []string) error {
	slices.Sort(keys)
	for _, key := range keys {
		if settings.Find(key) == nil {
			err := ui.Errorf("setting-unknown", ui.Failed, "%s: there is no setting %q", at(path, data, key), ui.Clean(key))
			return Unknown(err, key)
		}
	}
	return nil
}

// Unknown adds to an error about a key what it was meant to be, else how to see all of them.
func Unknown(err *ui.Error, key string) error {
	if meant := ui.Nearest(key, settings.Keys()); meant != "" {
		return err.With(ui.Advice("did you mean "+meant+"?"), ui.Command(listCommand))
	}
	return err.With(ui.Command(listCommand))
}

// invalid is the error of a value that a setting can't have; it stands in the variable of the setting, if that is set, else in the file.
func invalid(t *settings.Setting, value string, getenv func(string) string, place string) error {
	why, meant := t.Wrong(value)
	if variable := t.Variable(); variable != "" && getenv(variable) != "" {
		fix := ui.Advice("correct " + variable + ", or unset it")
		if meant != "" {
			fix = ui.Advice("did you mean " + meant + "? correct " + variable + ", or unset it")
		}
		return ui.Errorf("setting-invalid", ui.Failed, "%s is %q, and %s", variable, ui.Clean(value), why).With(fix)
	}
	err := ui.Errorf("setting-invalid", ui.Failed, "%s: the setting %s is %q, and %s", place, t.Key, ui.Clean(value), why)
	if meant != "" {
		return err.With(ui.Advice("did you mean "+meant+"?"), ui.Command("dbxaccess config set "+t.Key+" "+meant))
	}
	return err.With(ui.Advice("correct it, or have the default again:"), ui.Command("dbxaccess config unset "+t.Key))
}

// notFromEnvironment refuses a variable of a setting that only the file may have.
func notFromEnvironment(key, path string) error {
	variable := settings.VariableOf(key)
	what := "what it says is a setting of the file alone, as any program may set a variable"
	if key == "trusted_hosts" {
		what = "which hosts may receive ID tokens is a setting of the file alone, as any program may set a variable"
	}
	err := ui.Errorf("setting-not-from-environment", ui.Failed, "%s is set: %s", variable, what).With(ui.Advice("unset " + variable))
	if key == "trusted_hosts" {
		return err.With(ui.Advice("if it is right:"), ui.Command("dbxaccess config set trusted_hosts HOST"))
	}
	return err.With(ui.Advice("if it is right, write it into " + ui.Clean(path)))
}
