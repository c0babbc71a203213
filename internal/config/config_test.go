package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func settingsIn(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, FileName), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestDefaultsWithoutAFile(t *testing.T) {
	s, err := Load(filepath.Join(t.TempDir(), "missing"))
	if err != nil {
		t.Fatal(err)
	}
	if s.ProfilePrefix != "dbx-" || s.Keyring.Backend != "auto" || s.Keyring.Service != "dbxaccess" || s.DefaultRole != "" {
		t.Errorf("got %+v", s)
	}
}

func TestTheEnvironmentOverridesTheFile(t *testing.T) {
	dir := settingsIn(t, `
profile_prefix: acme-
default_role: ml-reader
trusted_hosts: [sts.acme.test]
keyring:
  backend: file
  passphrase_command: [pass, show, "with space"]
`)
	s, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if s.ProfilePrefix != "acme-" || s.Keyring.Backend != "file" || !slices.Equal(s.TrustedHosts, []string{"sts.acme.test"}) ||
		!slices.Equal(s.Keyring.PassphraseCommand, []string{"pass", "show", "with space"}) {
		t.Errorf("got %+v", s)
	}
	t.Setenv("DBXACCESS_KEYRING_BACKEND", "kernel")
	t.Setenv("DBXACCESS_PROFILE_PREFIX", "env-")
	t.Setenv("DBXACCESS_TRUSTED_HOSTS", "a.test b.test")
	t.Setenv("DBXACCESS_KEYRING_PASSPHRASE_COMMAND", "printf secret")
	t.Setenv("DBXACCESS_MAP", "/tmp/map.yaml")
	if s, err = Load(dir); err != nil {
		t.Fatal(err)
	}
	if s.ProfilePrefix != "env-" || s.Keyring.Backend != "kernel" || s.Map != "/tmp/map.yaml" || s.DefaultRole != "ml-reader" ||
		!slices.Equal(s.TrustedHosts, []string{"a.test", "b.test"}) ||
		!slices.Equal(s.Keyring.PassphraseCommand, []string{"printf", "secret"}) {
		t.Errorf("got %+v", s)
	}
}

func TestBadSettingsSayWhereAndWhat(t *testing.T) {
	for text, want := range map[string]string{
		"profil_prefix: x":             "profil_prefix",
		"keyring: {backends: file}":    "backends",
		"keyring: [":                   FileName,
		"map: /etc/map.yaml":           "map",
		"trusted_hosts: {a: b}":        "trusted_hosts",
		"keyring: {passphrase: hello}": "passphrase",
	} {
		_, err := Load(settingsIn(t, text))
		if err == nil || !strings.Contains(err.Error()+ui.HintOf(err), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestThePassphraseLeavesTheEnvironment(t *testing.T) {
	t.Setenv("DBXACCESS_KEYRING_PASSPHRASE", "canary")
	if got := TakePassphrase(); got.Reveal() != "canary" {
		t.Error("the passphrase was not returned")
	}
	if _, ok := os.LookupEnv("DBXACCESS_KEYRING_PASSPHRASE"); ok {
		t.Error("a child would inherit the passphrase")
	}
}

func TestSettingsDir(t *testing.T) {
	t.Setenv("HOME", "/home/alice")
	t.Setenv("XDG_CONFIG_HOME", "/xdg")
	if dir, err := SettingsDir(); err != nil || dir != filepath.Join("/xdg", "dbxaccess") {
		t.Errorf("%q, %v", dir, err)
	}
	t.Setenv("XDG_CONFIG_HOME", "relative")
	if dir, err := SettingsDir(); err != nil || !strings.HasSuffix(dir, "dbxaccess") || strings.Contains(dir, "relative") {
		t.Errorf("%q, %v", dir, err)
	}
}
