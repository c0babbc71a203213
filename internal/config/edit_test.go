package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestASettingIsWrittenAndNothingElse(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, before, key, value, after string }{
		{"no file", "", "default_role", "ml-reader", "default_role: ml-reader\n"},
		{"no section", "", "keyring.backend", "file", "keyring:\n  backend: file\n"},
		{"comments alone", "# mine\n", "profiles", "aws", "# mine\nprofiles: aws\n"},
		{"without an end", "# mine\nprofiles: aws", "default_role", "a", "# mine\nprofiles: aws\ndefault_role: a\n"},
		{"in place", "# a\nprofiles: aws   # Nix\n\ndefault_role: b\n", "profiles", "databricks", "# a\nprofiles: databricks   # Nix\n\ndefault_role: b\n"},
		{"in double quotes", `profiles: "a\"#ws" # x`, "profiles", "all", "profiles: all # x"},
		{"in single quotes", "profiles: 'a''ws'\n", "profiles", "all", "profiles: all\n"},
		{"what older YAML takes for a truth", "profiles: aws\n", "profiles", "off", "profiles: off\n"},
		{"what was nothing", "profiles: # none\nx: y\n", "profiles", "aws", "profiles: aws # none\nx: y\n"},
		{"first in its section", "keyring: # k\n    # the name\n    service: acme\nprofiles: aws\n", "keyring.backend", "file", "keyring: # k\n    backend: file\n    # the name\n    service: acme\nprofiles: aws\n"},
		{"in an empty section", "keyring:\nprofiles: aws\n", "keyring.backend", "file", "keyring:\n  backend: file\nprofiles: aws\n"},
		{"in braces", "keyring: {service: acme}\n", "keyring.backend", "file", "keyring: {backend: file, service: acme}\n"},
		{"in place in braces", "keyring: {service: acme, backend: pass}\n", "keyring.service", "b", "keyring: {service: b, backend: pass}\n"},
		{"other ends of lines", "profiles: aws\r\n", "keyring.backend", "file", "profiles: aws\r\nkeyring:\r\n  backend: file\r\n"},
		{"indented", "  profiles: aws\n", "default_role", "a", "  profiles: aws\n  default_role: a\n"},
		{"a mark of byte order", "\ufeffprofiles: aws\n", "profiles", "all", "\ufeffprofiles: all\n"},
		{"another case", "Profiles: aws\n", "profiles", "all", "Profiles: all\n"},
		{"an end of documents", "---\nprofiles: aws\n", "profiles", "all", "---\nprofiles: all\n"},
		{"a list", "", "trusted_hosts", "a.example b:1", "trusted_hosts: [a.example, 'b:1']\n"},
		{"a list in its line", "trusted_hosts: [a, b, ] # c\n", "trusted_hosts", "d", "trusted_hosts: [d] # c\n"},
		{"a list of lines", "trusted_hosts: # h\n  - a # one\n  # two:\n  - b\nprofiles: aws\n", "trusted_hosts", "d", "trusted_hosts: [d] # h\n  # one\n  # two:\nprofiles: aws\n"},
		{"beside what is wrong", "profil: x\n", "profiles", "aws", "profil: x\nprofiles: aws\n"},
	} {
		words := strings.Fields(test.value)
		got, err := put([]byte(test.before), test.key, words, test.key == "trusted_hosts")
		if err != nil || string(got) != test.after {
			t.Errorf("%s: %q, %v", test.name, got, err)
		}
	}
}

func TestASettingIsTakenAwayAndNothingElse(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, before, key, after string }{
		{"not there", "profiles: aws\n", "default_role", "profiles: aws\n"},
		{"its line", "# a\nprofiles: aws # Nix\n# b\n", "profiles", "# a\n# Nix\n# b\n"},
		{"one of a section", "keyring:\n  backend: file\n  service: a\n", "keyring.backend", "keyring:\n  service: a\n"},
		{"the last of a section", "keyring: # k\n  # b\n  backend: file\nprofiles: aws\n", "keyring.backend", "# k\n  # b\nprofiles: aws\n"},
		{"in braces", "keyring: {backend: file, service: a}\n", "keyring.backend", "keyring: {service: a}\n"},
		{"last in braces", "keyring: {backend: file, service: a}\n", "keyring.service", "keyring: {backend: file}\n"},
		{"alone in braces", "keyring: {backend: file}\nprofiles: aws\n", "keyring.backend", "profiles: aws\n"},
		{"a list of lines", "trusted_hosts:\n- a\n- b # two\nprofiles: aws\n", "trusted_hosts", "# two\nprofiles: aws\n"},
		{"sinks", "audit:\n  sinks:\n    - name: a # x\n      url: 'https://#b'\n  max_size: 1MB\n", "audit.sinks", "audit:\n    # x\n  max_size: 1MB\n"},
		{"what there isn't", "profil_prefix: x\nprofiles: aws\n", "profil_prefix", "profiles: aws\n"},
	} {
		got, err := drop([]byte(test.before), test.key)
		if err != nil || string(got) != test.after {
			t.Errorf("%s: %q, %v", test.name, got, err)
		}
	}
}

// What an edit could take otherwise than its reader is left to the person.
func TestUnusualFormsAreLeftAlone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"profiles: >-\n  aws\n", "profiles: \"a\n  ws\"\n", "profiles: &a aws\ndefault_role: *a\n", "profiles: !!str aws\n", "{default_role: a}\n",
		"- profiles\n", "profiles\n", "default_role: a\n...\n", "profiles: aws\n---\nprofiles: all\n", "profiles: aws\nprofiles: all\n", "? profiles\n: aws\n",
		"\r", "a: b\u2028default_role: c\n",
		"keyring: &k\n  backend: file\nprofiles: *k\n", "profiles: aws\n  databricks\n", "profiles: [\n", "profiles: {a: b}\n", "default_role: \xff\n", "profiles:\n  aws\n",
	} {
		got, err := put([]byte(text), "profiles", []string{"all"}, false)
		if err == nil {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestSettingsAreWrittenWhereTheyAreRead(t *testing.T) {
	t.Parallel()
	environment := settingsIn(t, "# mine\nprofiles: none\n")
	getenv := in(environment)
	path, changed, err := Set(getenv, "profiles", "aws") // which mends it
	if err != nil || !changed || path != filepath.Join(environment["XDG_CONFIG_HOME"], "dbxaccess", FileName) {
		t.Fatal(path, changed, err)
	}
	if _, changed, err = Set(getenv, "profiles", "aws"); changed || err != nil {
		t.Error("written again", err)
	}
	if _, _, err := Set(getenv, "keyring.passphrase_command", "pass", "show", "a b"); err != nil {
		t.Error(err)
	}
	s, err := Load(getenv)
	if err != nil || s.Profiles != "aws" || !slices.Equal(s.Keyring.PassphraseCommand, []string{"pass", "show", "a b"}) {
		t.Errorf("%+v, %v", s, err)
	}
	if _, changed, err = Unset(getenv, "profiles"); !changed || err != nil {
		t.Error(changed, err)
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "# mine\nkeyring:\n  passphrase_command: [pass, show, a b]\n" {
		t.Errorf("%q, %v", data, err)
	}
	for _, test := range []struct {
		id    ui.ID
		words []string
	}{
		{"setting-name-wrong", []string{"default_rol", "a"}}, {"setting-value-wrong", []string{"profiles", "aw"}}, {"setting-value-wrong", []string{"default_role", "a b"}},
		{"setting-words", []string{"profiles"}}, {"setting-words", []string{"profiles", "aws", "all"}}, {"setting-not-words", []string{"audit.sinks", "a"}},
		{"setting-value-wrong", []string{"keyring.passphrase_command", "a\nb"}},
	} {
		if _, changed, err := Set(getenv, test.words[0], test.words[1:]...); changed || ui.IDOf(err) != test.id || ui.CodeOf(err) != ui.Usage {
			t.Errorf("%q: %v, %v", test.words, changed, err)
		}
	}
	if _, _, err := Set(getenv, "default_rol", "a"); !strings.Contains(ui.HintOf(err), "did you mean default_role?") {
		t.Error(ui.HintOf(err))
	}
}

func TestWhatNoCommandCanEdit(t *testing.T) {
	t.Parallel()
	const twice = "default_role: a\ndefault_role: b\n"
	getenv := in(settingsIn(t, twice))
	path, changed, err := Set(getenv, "default_role", "c")
	if changed || ui.IDOf(err) != "setting-by-hand" || ui.HintOf(err) != "edit "+path+" by hand" {
		t.Errorf("%s: %v, hint %q", ui.IDOf(err), err, ui.HintOf(err))
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != twice {
		t.Errorf("%q, %v", data, err)
	}
}

// Whatever a file says, an edit changes the meaning of one setting, or is refused.
func FuzzEdit(f *testing.F) {
	for _, seed := range []string{
		"", "# a\n", "profiles: aws # b\n", "keyring: {service: a, backend: file}\n", "keyring:\n  # c\n  service: a\n", "trusted_hosts:\n  - a\n  - b # c\n",
		"audit:\n  sinks:\n    - name: a\n      url: \"#\"\n", "profiles: 'x' #\r\n\r\n", "\ufeffprofiles: x", "? a\n: b\n", "profiles: |\n  a\n", "a: &b c\nprofiles: *b\n", "profiles: aws\n...\n---\n",
	} {
		f.Add(seed, "default_role", "a")
		f.Add(seed, "keyring.service", "it's: #1")
		f.Add(seed, "profiles", "off")
		f.Add(seed, "keyring.service", "\xaf")
	}
	f.Fuzz(func(t *testing.T, before, key, value string) {
		if _, err := Find(key); err != nil || strings.ContainsAny(value, "\n\r") {
			return
		}
		comments := strings.Count(before, "#")
		after, err := put([]byte(before), key, []string{value}, false)
		if err == nil {
			if again, err := put(after, key, []string{value}, false); err != nil || string(again) != string(after) {
				t.Errorf("%q, then %q, %v", after, again, err)
			}
			back, err := drop(after, key)
			if err != nil {
				t.Errorf("%q can't be taken out: %v", after, err)
			}
			if strings.Count(before, key) == 0 && strings.Count(string(back), "#") < comments {
				t.Errorf("%q became %q: comments are gone", before, back)
			}
		}
	})
}
