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

	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// maxSize bounds the settings, in bytes.
const maxSize = 1 << 20

// FileName of the settings in the settings directory.
const FileName = "config.yaml"

// Settings are the person's own. Each can be set in config.yaml, and all but TrustedHosts overridden by the environment:
// the key in capitals after DBXACCESS_, with _ for the dot (DBXACCESS_KEYRING_BACKEND for keyring.backend).
type Settings struct {
	Dir string `mapstructure:"-"` // where they were read from: see SettingsDir
	// Map is the access map's file. Only the environment may name it (DBXACCESS_MAP): naming it there is trusting it,
	// and nothing is asked.
	Map           string `mapstructure:"-"`
	ProfilePrefix string `mapstructure:"profile_prefix"` // of the names of profiles; "dbx-" unless set
	DefaultRole   string `mapstructure:"default_role"`   // of commands that are given no role
	// Profiles says which config files get entries: ProfilesAll unless set, ProfilesOff, "aws" or "databricks".
	Profiles string `mapstructure:"profiles"`
	// TrustedHosts may receive ID tokens besides the issuer, AWS, Databricks and this machine. Only the file may name them.
	TrustedHosts []string `mapstructure:"trusted_hosts"`
	Keyring      Keyring  `mapstructure:"keyring"`
}

// Values of the setting profiles besides the two names of files.
const (
	ProfilesAll = "all"
	ProfilesOff = "off"
)

// Keyring settings.
type Keyring struct {
	// Backend is auto, or the name of a keyring as package store has it. It is used at login, which records the result.
	Backend string `mapstructure:"backend"`
	Service string `mapstructure:"service"` // the name under which items are kept; "dbxaccess" unless set
	// PassphraseCommand prints the encrypted file's passphrase: a program and its arguments, run without a shell.
	PassphraseCommand []string `mapstructure:"passphrase_command"`
}

// Load reads the settings from their directory and, with precedence, from the environment. A missing file is fine; an
// unreadable one, unknown keys and values of the wrong type are errors.
func Load(getenv func(string) string) (*Settings, error) {
	dir, err := SettingsDir(getenv)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, FileName)
	v := viper.New()
	var known []string
	for key, value := range map[string]any{
		"profile_prefix": "dbx-", "default_role": "", "profiles": ProfilesAll, "trusted_hosts": []string(nil),
		"keyring.backend": "auto", "keyring.service": "dbxaccess", "keyring.passphrase_command": []string(nil),
	} {
		known = append(known, key)
		v.SetDefault(key, value)
		switch word := getenv(variableOf(key)); {
		case word == "":
		case key == "trusted_hosts":
			return nil, ui.Errorf("setting-not-from-environment", ui.Failed,
				"%s is set: which hosts may receive ID tokens is a setting of the file alone, as any program may set a variable", variableOf(key)).
				With(ui.Advice("unset "+variableOf(key)), ui.Advice("if it is right, add to "+path+":"), ui.Command("trusted_hosts: [HOST]"))
		default:
			v.Set(key, word)
		}
	}
	fix := ui.Advice("correct " + path + "; the README lists the settings")
	switch data, _, err := localfile.ReadTrusted(path, maxSize); {
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
	s := Settings{Dir: dir, Map: getenv("DBXACCESS_MAP")}
	// Without viper's hooks, which search all types of the program at every start.
	plain := func(c *mapstructure.DecoderConfig) { c.DecodeHook = nil }
	if err := v.UnmarshalExact(&s, plain); err != nil {
		return nil, ui.Errorf("settings-unreadable", ui.Failed, "reading the settings: %w", err).With(fix)
	}
	if words := []string{ProfilesAll, ProfilesOff, "aws", "databricks"}; !slices.Contains(words, s.Profiles) {
		if variable := variableOf("profiles"); getenv(variable) != "" {
			fix = ui.Advice("correct " + variable + ", or unset it")
		}
		return nil, ui.Errorf("setting-invalid", ui.Failed, "the setting profiles is %q, and must be one of %s", ui.Clean(s.Profiles), strings.Join(words, ", ")).With(fix)
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

// variableOf is the environment variable that overrides a setting.
func variableOf(key string) string {
	return "DBXACCESS_" + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

// TakePassphrase returns the encrypted file's passphrase from the process's environment (meant for CI), and removes it
// there so that no child inherits it.
func TakePassphrase() secret.String {
	const name = "DBXACCESS_KEYRING_PASSPHRASE"
	value := os.Getenv(name)
	_ = os.Unsetenv(name)
	return secret.New(value)
}

// Writes reports whether the config file of a name, "aws" or "databricks", gets entries.
func (s *Settings) Writes(file string) bool { return s.Profiles == ProfilesAll || s.Profiles == file }
