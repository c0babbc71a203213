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
	"slices"
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
	v := viper.New()
	var known []string
	usual := settings.Defaults()
	known = append(known, "audit.sinks")
	for key, value := range map[string]any{
		"profile_prefix": usual.ProfilePrefix, "default_role": usual.DefaultRole, "profiles": usual.Profiles, "trusted_hosts": usual.TrustedHosts,
		"keyring.backend": usual.Keyring.Backend, "keyring.service": usual.Keyring.Service, "keyring.passphrase_command": usual.Keyring.PassphraseCommand,
		"audit.max_size": usual.Audit.MaxSize,
	} {
		known = append(known, key)
		v.SetDefault(key, value)
		switch word := getenv(settings.VariableOf(key)); {
		case word == "":
		case key == "trusted_hosts":
			return nil, ui.Errorf("setting-not-from-environment", ui.Failed,
				"%s is set: which hosts may receive ID tokens is a setting of the file alone, as any program may set a variable", settings.VariableOf(key)).
				With(ui.Advice("unset "+settings.VariableOf(key)), ui.Advice("if it is right, add to "+path+":"), ui.Command("trusted_hosts: [HOST]"))
		default:
			v.Set(key, word)
		}
	}
	fix := ui.Advice("correct " + path + "; the README lists the settings")
	switch data, _, err := localfile.ReadTrusted(path, settings.MaxSize); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, unreadable(path, err)
	default:
		v.SetConfigType("yaml")
		if err := v.ReadConfig(bytes.NewReader(data)); err != nil {
			return nil, ui.Errorf("settings-unreadable", ui.Failed, "reading the settings: %w", err).With(fix)
		}
	}
	for _, key := range v.AllKeys() {
		if !slices.Contains(known, key) {
			return nil, ui.Errorf("setting-unknown", ui.Failed, "%s holds an unknown setting: %s", path, ui.Clean(key)).With(fix)
		}
	}
	for _, key := range []string{"trusted_hosts", "keyring.passphrase_command"} {
		if words, ok := v.Get(key).(string); ok { // as in an environment variable
			v.Set(key, strings.Fields(words))
		}
	}
	s := Settings{Dir: dir, Map: getenv(settings.MapVariable)}
	// Without viper's hooks, which search all types of the program at every start.
	plain := func(c *mapstructure.DecoderConfig) { c.DecodeHook = nil }
	if err := v.UnmarshalExact(&s, plain); err != nil {
		return nil, ui.Errorf("settings-unreadable", ui.Failed, "reading the settings: %w", err).With(fix)
	}
	if i, why := s.Audit.WrongSink(); i >= 0 {
		return nil, ui.Errorf("setting-invalid", ui.Failed, "%s: audit.sinks[%d]: %s", path, i, why).With(fix)
	}
	if words := settings.ProfilesWords(); !slices.Contains(words, s.Profiles) {
		if variable := settings.VariableOf("profiles"); getenv(variable) != "" {
			fix = ui.Advice("correct " + variable + ", or unset it")
		}
		return nil, ui.Errorf("setting-invalid", ui.Failed, "the setting profiles is %q, and must be one of %s", ui.Clean(s.Profiles), strings.Join(words, ", ")).With(fix)
	}
	if s.Audit.Bytes() == 0 {
		if variable := settings.VariableOf("audit.max_size"); getenv(variable) != "" {
			fix = ui.Advice("correct " + variable + ", or unset it")
		}
		return nil, ui.Errorf("setting-invalid", ui.Failed, "the setting audit.max_size is %q, and must be a size from 64KB to 1GB, as in 16MB", ui.Clean(s.Audit.MaxSize)).With(fix)
	}
	return &s, nil
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
