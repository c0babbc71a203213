package config

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/config/settings"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Set writes one setting into the person's config.yaml, and returns the file's path and whether that changed it:
//
//	path, changed, err := config.Set(env.Getenv, "default_role", "ml-trainer")
//
// A setting of one word takes one, trusted_hosts and keyring.passphrase_command take several. Nothing is written but a legal value,
// and no byte is changed but those of the setting: comments, order, mode and links stay, as package atomicfile has it. What else is
// wrong in the file is left as it is. What the environment says is not asked: it goes on overriding the file.
func Set(getenv func(string) string, key string, words ...string) (path string, changed bool, err error) {
	t, err := Find(key)
	if err != nil {
		return "", false, err
	}
	switch {
	case !t.IsWritten():
		path, err := Path(getenv)
		if err != nil {
			return "", false, err
		}
		return path, false, ui.Errorf("setting-not-words", ui.Usage, "%s is more than words, and is written by hand", key).
			With(ui.Advice("edit " + ui.Clean(path) + ": it is " + t.Form))
	case len(words) == 0 || len(words) > 1 && !t.IsList():
		return "", false, ui.Errorf("setting-words", ui.Usage, "%s takes one value, got %d", key, len(words)).
			With(ui.Advice("it is "+t.Legal()), ui.Command("dbxaccess config set "+key+" VALUE"))
	}
	for _, word := range words {
		if err := refuseValue(t, word); err != nil {
			return "", false, err
		}
	}
	return update(getenv, func(data []byte) ([]byte, error) { return put(data, key, words, t.IsList()) })
}

// Unset removes a setting from the person's config.yaml, also one that there isn't; comments stay.
func Unset(getenv func(string) string, key string) (path string, changed bool, err error) {
	return update(getenv, func(data []byte) ([]byte, error) { return drop(data, strings.ToLower(key)) })
}

// Find is the setting of that key; the error says which was probably meant.
func Find(key string) (*settings.Setting, error) {
	if t := settings.Find(key); t != nil {
		return t, nil
	}
	return nil, Unknown(ui.Errorf("setting-name-wrong", ui.Usage, "there is no setting %q", ui.Clean(key)), key)
}

// Path is the file's, whether or not it exists.
func Path(getenv func(string) string) (string, error) {
	dir, err := SettingsDir(getenv)
	return filepath.Join(dir, FileName), err
}

// refuseValue refuses a value that a setting can't have.
func refuseValue(t *settings.Setting, value string) error {
	why, meant := t.Wrong(value)
	switch {
	case why == "":
		return nil
	case meant != "":
		return ui.Errorf("setting-value-wrong", ui.Usage, "%s is not %q: it %s", t.Key, ui.Clean(value), why).
			With(ui.Advice("did you mean "+meant+"?"), ui.Command("dbxaccess config set "+t.Key+" "+meant))
	}
	return ui.Errorf("setting-value-wrong", ui.Usage, "%s is not %q: it %s", t.Key, ui.Clean(value), why).With(ui.Command("dbxaccess config set " + t.Key + " VALUE"))
}

// update has the file edited, and explains what can't be.
func update(getenv func(string) string, edit func(data []byte) ([]byte, error)) (path string, changed bool, err error) {
	if path, err = Path(getenv); err != nil {
		return "", false, err
	}
	changed, err = atomicfile.Update(path, 0o600, func(old []byte) ([]byte, error) {
		if len(old) > settings.MaxSize {
			return nil, ui.Errorf("settings-unreadable", ui.Failed, "the settings %s are larger than 1 MB", ui.Clean(path)).
				With(ui.Advice("look at what is in that file"))
		}
		updated, err := edit(slices.Clone(old))
		if err != nil {
			return nil, ui.Errorf("setting-by-hand", ui.Failed, "%s can't be edited by a command: %w", ui.Clean(path), err).
				With(ui.Advice("edit " + ui.Clean(path) + " by hand"))
		}
		return updated, nil
	})
	return path, changed, err
}
