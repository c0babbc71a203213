// Package config holds the person's own settings and the directories the program uses.
//
// In come config.yaml in the settings directory and the DBXACCESS_* environment; out come typed settings. The access
// map is not read here: viper folds the case of keys. A setting must never hold a secret; the one that the environment
// may hold, the encrypted file's passphrase, is removed from it by TakePassphrase.
package config

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/viper"

	"github.com/dbxaccess/dbxaccess/internal/config/settings"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Settings are the person's own: see settings.Settings.
type Settings = settings.Settings

// Keyring are those of the keyring: see settings.Keyring.
type Keyring = settings.Keyring

// FileName of the settings in the settings directory, and values of the setting profiles besides the two names of files.
const (
	FileName    = settings.FileName
	ProfilesAll = settings.ProfilesAll
	ProfilesOff = settings.ProfilesOff
)

// VariableOf is the environment variable that overrides a setting.
func VariableOf(key string) string { return settings.VariableOf(key) }

// SettingsDir is the directory of the settings: see settings.Dir.
func SettingsDir(getenv func(string) string) (string, error) { return settings.Dir(getenv) }

// Load reads the settings from their directory and, with precedence, from the environment. A missing file is fine; an
// unreadable one, unknown keys and values of the wrong type are errors.
func Load(getenv func(string) string) (*Settings, error) {
	if s, ok := settings.Plain(getenv); ok {
		return s, nil
	}
	return load(getenv)
}

// load is Load for whatever the settings may be.
func load(getenv func(string) string) (*Settings, error) {
	dir, err := SettingsDir(getenv)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, FileName)
	data, err := read(path)
	if err != nil {
		return nil, err
	}
	v, usual := viper.New(), settings.Defaults()
	v.SetConfigType("yaml")
	if err := v.ReadConfig(bytes.NewReader(data)); err != nil {
		return nil, ui.Errorf("settings-unreadable", ui.Failed, "reading the settings: %w", err).With(ui.Advice("correct " + ui.Clean(path)))
	}
	if err := refuseUnknown(path, data, v.AllKeys()); err != nil {
		return nil, err
	}
	for _, t := range settings.All() {
		switch word := getenv(settings.VariableOf(t.Key)); {
		case word != "" && t.FileOnly:
			return nil, notFromEnvironment(t.Key, path)
		case word != "":
			v.Set(t.Key, word)
		case t.IsWritten() && !t.IsList():
			v.SetDefault(t.Key, strings.Join(t.In(usual), ""))
		}
		if words, ok := v.Get(t.Key).(string); ok && t.IsList() { // as in an environment variable
			v.Set(t.Key, strings.Fields(words))
		}
	}
	s := Settings{Dir: dir, Map: getenv(settings.MapVariable)}
	// Without viper's hooks, which search all types of the program at every start.
	plain := func(c *mapstructure.DecoderConfig) { c.DecodeHook = nil }
	if err := v.UnmarshalExact(&s, plain); err != nil {
		return nil, ui.Errorf("settings-unreadable", ui.Failed, "reading the settings %s: %w", ui.Clean(path), err).
			With(ui.Advice("correct "+ui.Clean(path)), ui.Command(listCommand))
	}
	if i, why := s.Audit.WrongSink(); i >= 0 {
		return nil, ui.Errorf("setting-invalid", ui.Failed, "%s: audit.sinks[%d]: %s", at(path, data, "audit.sinks"), i, why).
			With(ui.Advice("correct " + ui.Clean(path)))
	}
	if t, value := s.FirstWrong(); t != nil {
		return nil, invalid(t, value, getenv, at(path, data, t.Key))
	}
	return &s, nil
}

// read returns the file's bytes; none where there is no file.
func read(path string) ([]byte, error) {
	data, _, err := localfile.ReadTrusted(path, settings.MaxSize)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, unreadable(path, err)
	}
	return data, nil
}

// unreadable is the error of a file that did not get as far as being read.
func unreadable(path string, err error) error {
	if _, explained := errors.AsType[*ui.Error](err); explained {
		return err
	}
	fix := localfile.Remedy(path, err)
	if fix == nil {
		fix = ui.Advice("make it a plain file, or move it away")
	}
	return ui.Errorf("settings-unreadable", ui.Failed, "reading the settings %s: %w", ui.Clean(path), err).With(fix)
}

// TakePassphrase returns the encrypted file's passphrase from the process's environment (meant for CI), and removes it
// there so that no child inherits it.
func TakePassphrase() secret.String {
	value := os.Getenv(settings.PassphraseVariable)
	_ = os.Unsetenv(settings.PassphraseVariable)
	return secret.New(value)
}
