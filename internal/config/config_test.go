package config

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/config/settings"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// settingsIn writes settings and returns an environment whose settings directory they are in.
func settingsIn(t *testing.T, text string) map[string]string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "dbxaccess", FileName)
	if err := errors.Join(os.Mkdir(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
	return map[string]string{"XDG_CONFIG_HOME": dir}
}

func in(environment map[string]string) func(string) string {
	return func(name string) string { return environment[name] }
}

func TestDefaultsWithoutAFile(t *testing.T) {
	s, err := Load(in(map[string]string{"XDG_CONFIG_HOME": filepath.Join(t.TempDir(), "missing")}))
	if err != nil {
		t.Fatal(err)
	}
	if s.ProfilePrefix != "" || s.Keyring.Backend != "auto" || s.Keyring.Service != "dbxaccess" || s.DefaultRole != "" {
		t.Errorf("got %+v", s)
	}
}

func TestTheEnvironmentOverridesTheFile(t *testing.T) {
	environment := settingsIn(t, `
profile_prefix: acme-
default_role: ml-reader
trusted_hosts: [sts.acme.test]
keyring:
  backend: file
  passphrase_command: [pass, show, "with space"]
`)
	s, err := Load(in(environment))
	if err != nil {
		t.Fatal(err)
	}
	if s.ProfilePrefix != "acme-" || s.Keyring.Backend != "file" || !slices.Equal(s.TrustedHosts, []string{"sts.acme.test"}) ||
		!slices.Equal(s.Keyring.PassphraseCommand, []string{"pass", "show", "with space"}) {
		t.Errorf("got %+v", s)
	}
	maps.Copy(environment, map[string]string{
		"DBXACCESS_KEYRING_BACKEND": "kernel", "DBXACCESS_PROFILE_PREFIX": "env-",
		"DBXACCESS_KEYRING_PASSPHRASE_COMMAND": "printf secret", "DBXACCESS_MAP": "/tmp/map.yaml",
		"DBXACCESS_DEFAULT_ROLE": "", // as if it were not set
	})
	if s, err = Load(in(environment)); err != nil {
		t.Fatal(err)
	}
	if s.ProfilePrefix != "env-" || s.Keyring.Backend != "kernel" || s.Map != "/tmp/map.yaml" || s.DefaultRole != "ml-reader" ||
		!slices.Equal(s.Keyring.PassphraseCommand, []string{"printf", "secret"}) {
		t.Errorf("got %+v", s)
	}
}

// Together with a variable that moves STS, it would send ID tokens to any host.
func TestTheEnvironmentAloneTrustsNoHost(t *testing.T) {
	environment := settingsIn(t, "trusted_hosts: [sts.acme.test]")
	environment["DBXACCESS_TRUSTED_HOSTS"] = "evil.example"
	if s, err := Load(in(environment)); ui.IDOf(err) != "setting-not-from-environment" {
		t.Errorf("%+v, %v", s, err)
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
		"audit: {sink: []}":            "audit.sink",

		"audit: {sinks: [{name: a, tokn: x}]}":                      "sinks[0]",
		"audit: {sinks: [{name: a, url: [b]}]}":                     "sinks[0]",
		"audit: {sinks: [{name: a}, {name: A}]}":                    "audit.sinks[1]: its name",
		"audit: {sinks: [{name: a}, {name: b}, {name: a}]}":         "audit.sinks[2]: another sink",
		"audit: {sinks: [{name: a}, {type: otlp}]}":                 "audit.sinks[1]: its name",
		"audit: {sinks: [" + strings.Repeat("{name: a},", 3) + "]}": "audit.sinks[1]: another",
		"audit: {max_size: 1KB}":                                    "audit.max_size",
		"audit: {max_size: 16}":                                     "audit.max_size",
		"audit: {max_sizes: 16MB}":                                  "max_sizes",
		"# mine\n\ndefault_rol: a":                                  FileName + ":3: there is no setting",
		"default_rol: a":                                            "did you mean default_role?",
		"keyring: {backend: keychai}":                               "dbxaccess config set keyring.backend keychain",
		"keyring:\n  service: A B":                                  FileName + ":2: the setting keyring.service",
		"trusted_hosts: ['https://a']":                              "trusted_hosts",
	} {
		_, err := Load(in(settingsIn(t, text)))
		if err == nil || !strings.Contains(err.Error()+ui.HintOf(err), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestAWrongSettingIsCorrectedWhereItIs(t *testing.T) {
	environment := settingsIn(t, "profiles: none")
	if _, err := Load(in(environment)); err == nil || !strings.Contains(err.Error(), FileName+":1: ") {
		t.Errorf("%v: %s", err, ui.HintOf(err))
	}
	environment["DBXACCESS_PROFILES"] = "AWS"
	if _, err := Load(in(environment)); !strings.Contains(ui.HintOf(err), "DBXACCESS_PROFILES") {
		t.Errorf("%v: %s", err, ui.HintOf(err))
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
	home := map[string]string{"HOME": "/home/alice", "USERPROFILE": `C:\Users\alice`, "AppData": `C:\Users\alice\AppData\Roaming`}
	for xdg, want := range map[string]string{
		"/xdg":     filepath.Join("/xdg", "dbxaccess"),
		"relative": filepath.Join("alice", ".config", "dbxaccess"),
		"":         filepath.Join("alice", ".config", "dbxaccess"),
	} {
		home["XDG_CONFIG_HOME"] = xdg
		dir, err := SettingsDir(in(home))
		if runtime.GOOS == "linux" && (err != nil || !strings.HasSuffix(dir, want)) || !filepath.IsAbs(dir) {
			t.Errorf("%q: %q, %v", xdg, dir, err)
		}
	}
	if dir, err := SettingsDir(in(map[string]string{"HOME": "alice", "AppData": "alice"})); err == nil || dir != "" {
		t.Errorf("a relative HOME: %q", dir)
	}
}

// The settings that need no parser are those that the parser finds, whatever else is in the file or the environment.
func FuzzPlainSettings(f *testing.F) {
	for _, seed := range []string{
		"", "# none\n\nprofile_prefix: acme-\ndefault_role: ml-reader\nprofiles: aws\n", "keyring:\n  backend: file\n  service: acme\n",
		"keyring:\n", "keyring:\n\n# c\n  service: a\nprofiles: all", "profiles: off\n", "profiles: sometimes", "default_role: 1e3\n", "default_role: null\n",
		"profile_prefix: a\nprofile_prefix: b\n", "default_role: a # b\n", "default_role: a: b\n", "Default_Role: a\n", "---\nprofiles: all\n", " profiles: all\n",
		"keyring.service: a\n", "keyring:\n  profiles: aws\n", "trusted_hosts: [a]\n", "profiles: aws\r\n", "default_role: a\n...\nx", "default_role:  a\n", "default_role: a \n",
		"audit:\n  sinks:\n    - name: siem\n      type: otlp\n      url: https://siem.example.com:4318/v1?a=b\n      ca_file: /etc/ca.pem\n    - name: b\nprofiles: aws\n",
		"keyring:\n  backend: file\naudit:\n  sinks:\n    - url: tls://x\n      name: a-1\n", "audit:\n  sinks:\n    - name: a\n    - name: a\n", "audit:\n  sinks:\n",
		"audit:\n  sinks:\n    - name: a\n      name: b\n", "audit:\n  sinks:\n    - name: a\n     type: b\n", "audit:\n  sinks:\n    - name: a\n      url: a: b/\n",
		"audit:\n  sinks:\n    - name: a\n  sinks:\n    - name: b\n", "audit:\n  sinks:\n    - name: a\n  x: y\n", "keyring:\n  backend: file\naudit:\n  sinks:\n    - name: a\n  service: x\n", "audit:\n  sinks:\n    - name: a\naudit:\n  sinks:\n    - name: b\n",
		"audit:\n  max_size: 64MB\n", "audit:\n  max_size: 1e3\n", "audit:\n  max_size: 010MB\nkeyring:\n  backend: file\n", "audit:\nkeyring:\n", "default_role: 16MB\n",
		"profile_name: '{prefix}{role}'\nprofile_region: eu-central-1\n", "profile_name: a-{role} # b\n", "profile_name: '{role}' '\n", "profile_name: 'a''{role}'\n", "default_role: '1'\n", "default_role: ''\n",
		"profile_prefix:\n", "profile_prefix: \"\"\n", "profile_name: {role}\n", "profile_name: a{role}:\n",
		"audit:\n  max_size: 1MB\naudit:\n  max_size: 2MB\n", "audit:\n  max_size: yes\n",
	} {
		f.Add(seed, "", "")
		f.Add(seed, "env-", "databricks")
	}
	f.Add("", "x", "nothing")
	dir := f.TempDir()
	path := filepath.Join(dir, "dbxaccess", FileName)
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text, prefix, profiles string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		environment := in(map[string]string{"XDG_CONFIG_HOME": dir, "DBXACCESS_PROFILE_PREFIX": prefix, "DBXACCESS_PROFILES": profiles, "DBXACCESS_MAP": "/m"})
		plain, ok := settings.Plain(environment)
		if !ok {
			return
		}
		whole, err := load(environment)
		if err != nil || fmt.Sprintf("%+v", plain) != fmt.Sprintf("%+v", whole) {
			t.Errorf("%q: %+v, but %+v, %v", text, plain, whole, err)
		}
	})
}

// Most people's settings are plain: what is not costs each start a parser.
func TestMostSettingsArePlain(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"": true, "# mine\nprofile_prefix: acme-\ndefault_role: ml-reader\nkeyring:\n  backend: secret-service\n": true, "audit:\n  max_size: 64MB\nkeyring:\n  backend: file\n": true, "profiles: aws": true,
		"trusted_hosts: [sts.acme.test]\n": false, "profiles: off\n": false, "default_role: 'ml-reader'\n": true, "profile_name: '{prefix}{role}'\n": true, "profile_name: acme-{role}\n": true, "profile_name: \"{role}\"\n": false, "keyring: {service: a}\n": false,
		"audit:\n  sinks:\n    - name: siem\n      type: otlp\n      url: https://siem.example.com:4318\nkeyring:\n  backend: file\n": true,
		"keyring:\n  passphrase_command: [pass, show]\n": false, "unknown: a\n": false,
	} {
		if _, ok := settings.Plain(in(settingsIn(t, text))); ok != want {
			t.Errorf("%q: %v", text, ok)
		}
	}
	for variable, want := range map[string]bool{
		"DBXACCESS_TRUSTED_HOSTS": false, "DBXACCESS_KEYRING_PASSPHRASE_COMMAND": false, "DBXACCESS_PROFILES": false, "DBXACCESS_DEFAULT_ROLE": true,
	} {
		environment := settingsIn(t, "")
		environment[variable] = "something"
		if _, ok := settings.Plain(in(environment)); ok != want {
			t.Errorf("%s: %v", variable, ok)
		}
	}
}
