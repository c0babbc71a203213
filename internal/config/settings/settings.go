// Package settings is what the person's own settings are, and reads those that need no parser.
//
// In come the environment and config.yaml; out come the settings, where there is nothing unusual in either: most people have none.
// What is unusual in any way, also if it is wrong, is left to package config, which knows the whole language. It must never
// say anything else than that package. It is of the packages that a warm answer is made of.
package settings

import (
	"cmp"
	"path/filepath"
	"strings"
)

// MaxSize bounds the settings, in bytes.
const MaxSize = 1 << 20

// FileName of the settings in the settings directory.
const FileName = "config.yaml"

// Settings are the person's own. Each can be set in config.yaml, and all but TrustedHosts and Audit overridden by the environment:
// see VariableOf.
type Settings struct {
	Dir string `mapstructure:"-"` // where they were read from: see Dir
	// Map is the access map's file. Only the environment may name it (DBXACCESS_MAP): naming it there is trusting it,
	// and nothing is asked.
	Map           string `mapstructure:"-"`
	ProfilePrefix string `mapstructure:"profile_prefix"` // of the names of profiles; "" leaves it to the access map
	ProfileName   string `mapstructure:"profile_name"`   // their template; "" for the usual one
	ProfileRegion string `mapstructure:"profile_region"` // of AWS, in place of the roles' own; "" leaves them theirs
	DefaultRole   string `mapstructure:"default_role"`   // of commands that are given no role; "" leaves it to the access map
	// AWSDefault and DatabricksDefault are roles whose profile is also the one that tools use which are told none; "" for none.
	AWSDefault        string `mapstructure:"profile_aws_default"`
	DatabricksDefault string `mapstructure:"profile_databricks_default"`
	// Profiles says which config files get entries: ProfilesAll unless set, ProfilesOff, "aws" or "databricks".
	Profiles string `mapstructure:"profiles"`
	// TrustedHosts may receive ID tokens besides the issuer, AWS, Databricks and this machine. Only the file may name them.
	TrustedHosts []string `mapstructure:"trusted_hosts"`
	Keyring      Keyring  `mapstructure:"keyring"`
	Console      Console  `mapstructure:"console"`
	// Audit has a file's size as a setting like others; its sinks can be set in the file alone.
	Audit Audit `mapstructure:"audit"`
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

// Console settings.
type Console struct {
	Browser string `mapstructure:"browser"` // the program that `console` opens pages in; "" leaves it to BROWSER and the system
}

// Role is the role that is meant where none is named: the person's own choice, else that of the access map; "" for none.
func (s *Settings) Role(ofMap string) string { return cmp.Or(s.DefaultRole, ofMap) }

// Writes reports whether the config file of a name, "aws" or "databricks", gets entries.
func (s *Settings) Writes(file string) bool { return s.Profiles == ProfilesAll || s.Profiles == file }

// Variables that are no setting of the file.
const (
	MapVariable        = "DBXACCESS_MAP"
	PassphraseVariable = "DBXACCESS_KEYRING_PASSPHRASE"
)

// VariableOf is the environment variable that overrides a setting: the key in capitals after DBXACCESS_, with _ for the
// dot (DBXACCESS_KEYRING_BACKEND for keyring.backend).
func VariableOf(key string) string {
	return "DBXACCESS_" + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

// Known reports whether a variable is a setting, or one of those that are read with them.
func Known(variable string) bool {
	for i := range table {
		if variable == VariableOf(table[i].Key) {
			return true
		}
	}
	return variable == MapVariable || variable == PassphraseVariable || strings.HasPrefix(variable, tokenPrefix) && strings.HasSuffix(variable, tokenSuffix)
}

// Defaults are the settings where nobody has set anything.
func Defaults() *Settings {
	s := &Settings{}
	for i := range table {
		if table[i].word != nil && !table[i].late {
			*table[i].word(s) = table[i].Default
		}
	}
	return s
}

// MapFile is the file the access map is read from: the one that DBXACCESS_MAP names (named), else the copy that `init` keeps.
func (s *Settings) MapFile() (path string, named bool, err error) {
	if isAddress(s.Map) {
		return "", true, addressNamed(s.Map)
	}
	if s.Map != "" {
		path, err = filepath.Abs(s.Map)
		return path, true, err
	}
	return filepath.Join(s.Dir, MapName), false, nil
}

// MapName is the copy of the organisation's map in the settings directory.
const MapName = "map.yaml"
