package settings

import (
	"iter"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Setting is a row of the table that all else about settings comes from: what is read, refused, listed, completed and documented.
type Setting struct {
	Key     string   // as in config.yaml, with a dot behind its section
	Default string   // as a person would write it; "" for none
	Values  []string // the legal ones; nil where they can't be listed, which Form describes then
	Form    string   // what a value has to be, in words: "a size from 64KB to 1GB, as in 16MB"
	Means   string   // in a few words
	Role    bool     // it names a role of the access map
	Then    string   // the command after which a change holds everywhere; "" where it does at once
	// FileOnly: no variable may set it, as any program may set a variable.
	FileOnly bool
	// late: the default is put in where the access map is known, whose own comes before it; until then the setting is "".
	late bool
	// valid says whether a value has the form; nil where every text has it.
	valid func(value string) bool
	// word is where a setting of one word is kept, list where one of several is; a setting with neither is written by hand.
	word func(s *Settings) *string
	list func(s *Settings) *[]string
}

// syncProfiles writes the entries as they then have to be.
const syncProfiles = "dbxaccess profiles sync"

const nameForm = "of lower-case letters, digits and . _ -, 63 at most, the first a letter or digit"

// table is in the order of docs/reference.md. Nothing is computed at the start of a program.
var table = []Setting{
	{
		Key: "profile_prefix", Default: "dbx-", late: true, Form: nameForm, Means: "before the role in the names of profiles", Then: syncProfiles,
		valid: isNameOrNone, word: func(s *Settings) *string { return &s.ProfilePrefix },
	},
	{
		Key: "profile_name", Default: "{prefix}{role}", late: true, Form: "a name of {role} and, if you like, {prefix}, {identity}, {workspace}, a-z, 0-9 and . _ -", Means: "what profiles are called",
		Then:  syncProfiles,
		valid: isTemplate, word: func(s *Settings) *string { return &s.ProfileName },
	},
	{
		Key: "profile_region", Form: "a region of AWS, as in eu-central-1", Means: "the region of AWS profiles, in place of the roles' own", Then: syncProfiles,
		valid: isRegionOrNone, word: func(s *Settings) *string { return &s.ProfileRegion },
	},
	{
		Key: "profile_aws_default", Form: "the name of a role", Role: true, Means: "the role of [default] in the AWS config file, where you have no [default] of your own", Then: syncProfiles,
		valid: isNameOrNone, word: func(s *Settings) *string { return &s.AWSDefault },
	},
	{
		Key: "profile_databricks_default", Form: "the name of a role", Role: true, Means: "the role whose profile is the default_profile of Databricks tools, where you have chosen none", Then: syncProfiles,
		valid: isNameOrNone, word: func(s *Settings) *string { return &s.DatabricksDefault },
	},
	{
		Key: "default_role", Form: "the name of a role", Role: true, Means: "the role that commands mean which are given none",
		valid: isNameOrNone, word: func(s *Settings) *string { return &s.DefaultRole },
	},
	{
		Key: "profiles", Default: ProfilesAll, Values: []string{ProfilesAll, "aws", "databricks", ProfilesOff}, Means: "which config files get entries", Then: syncProfiles,
		word: func(s *Settings) *string { return &s.Profiles },
	},
	{
		Key: "trusted_hosts", Form: "host names", Means: "hosts that may receive ID tokens besides the issuer, AWS, Databricks and this machine", FileOnly: true,
		valid: isHost, list: func(s *Settings) *[]string { return &s.TrustedHosts },
	},
	{
		Key: "keyring.backend", Default: "auto", Means: "which keyring login chooses", Then: "dbxaccess login",
		Values: []string{"auto", "secret-service", "keychain", "credential-manager", "kernel", "file", "pass"},
		word:   func(s *Settings) *string { return &s.Keyring.Backend },
	},
	{
		Key: "keyring.service", Default: "dbxaccess", Form: nameForm, Means: "the name under which items are kept",
		valid: isName, word: func(s *Settings) *string { return &s.Keyring.Service },
	},
	{
		Key: "keyring.passphrase_command", Form: "a program and its arguments", Means: "prints the encrypted file's passphrase",
		list: func(s *Settings) *[]string { return &s.Keyring.PassphraseCommand },
	},
	{
		Key: "console.browser", Form: "the name or path of a program, of letters, digits and . _ / + -", Means: "the browser that console opens, in place of BROWSER",
		valid: isProgramOrNone, word: func(s *Settings) *string { return &s.Console.Browser },
	},
	{
		Key: "audit.max_size", Default: "16MB", Form: "a size from 64KB to 1GB, as in 16MB", Means: "the size at which a file of the record is followed by the next",
		valid: func(value string) bool { return bytesOf(value) > 0 }, word: func(s *Settings) *string { return &s.Audit.MaxSize },
	},
	{Key: "audit.sinks", Form: "a list of sinks, as docs/sinks.md has it", Means: "where the record is sent", FileOnly: true},
}

// All are the settings, in the order in which they are shown.
func All() []Setting { return slices.Clone(table) }

// Find is the setting of that key, or nil.
func Find(key string) *Setting {
	i := slices.IndexFunc(table, func(s Setting) bool { return s.Key == key })
	if i < 0 {
		return nil
	}
	return &table[i]
}

// Keys are those of all settings.
func Keys() iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range table {
			if !yield(table[i].Key) {
				return
			}
		}
	}
}

// Variable is the environment variable that overrides the setting; "" where none may.
func (t *Setting) Variable() string {
	if t.FileOnly {
		return ""
	}
	return VariableOf(t.Key)
}

// IsList reports whether the value is a list of words.
func (t *Setting) IsList() bool { return t.list != nil }

// IsWritten reports whether the value can be given on a command line at all.
func (t *Setting) IsWritten() bool { return t.list != nil || t.word != nil }

// Legal says in words what a value has to be.
func (t *Setting) Legal() string {
	if t.Values != nil {
		return "one of " + strings.Join(t.Values, ", ")
	}
	return t.Form
}

// In are the words that settings have for it; none where nothing is set.
func (t *Setting) In(s *Settings) []string {
	switch {
	case t.list != nil:
		return *t.list(s)
	case t.word != nil && *t.word(s) != "":
		return []string{*t.word(s)}
	}
	return nil
}

// Wrong says what is wrong with a value, "must be one of all, aws, databricks, off", and which legal one was probably meant; "" where
// nothing is. It is asked about each word of a list.
func (t *Setting) Wrong(value string) (why, meant string) {
	switch {
	case value != ui.Clean(value) || len(value) > maxValue:
		return "holds control characters, or is too long", ""
	case t.Values != nil && !slices.Contains(t.Values, value):
		return "must be " + t.Legal(), ui.Nearest(value, slices.Values(t.Values))
	case t.Values == nil && t.valid != nil && !t.valid(value):
		return "must be " + t.Legal(), ""
	}
	return "", ""
}

// maxValue bounds a word, in bytes.
const maxValue = 4096

// FirstWrong is the first setting whose value is not legal, and that value; nil where all are.
func (s *Settings) FirstWrong() (wrong *Setting, value string) {
	for i := range table {
		t := &table[i]
		if t.list != nil {
			for _, word := range *t.list(s) {
				if why, _ := t.Wrong(word); why != "" {
					return t, word
				}
			}
		}
		if t.word != nil {
			if why, _ := t.Wrong(*t.word(s)); why != "" {
				return t, *t.word(s)
			}
		}
	}
	return nil, ""
}

// isName is as the access map has names, and as profiles may begin and items be kept.
func isName(value string) bool {
	return len(value) <= 63 && ui.IsPlain(value, "._-") && value == strings.ToLower(value) && !strings.ContainsAny(value[:1], "._-")
}

func isNameOrNone(value string) bool { return value == "" || isName(value) }

// isProgramOrNone: package desktop takes no other either, as nothing of it is to be read as arguments or by a shell.
func isProgramOrNone(value string) bool {
	return value == "" || ui.IsPlain(value, "_./+-") && value[0] != '-'
}

// isTemplate takes what makes a legal name of whatever the map has names for. Two roles of one name, it can't see.
func isTemplate(value string) bool {
	if value == "" {
		return true
	}
	rest := value
	for _, place := range []string{"{prefix}", "{role}", "{identity}", "{workspace}"} {
		rest = strings.ReplaceAll(rest, place, "")
	}
	begins := strings.HasPrefix(value, "{") || isName(value[:1])
	return strings.Contains(value, "{role}") && begins && len(rest) <= 63 && (rest == "" || ui.IsPlain(rest, "._-") && rest == strings.ToLower(rest))
}

func isRegionOrNone(value string) bool {
	return value == "" || isName(value) && len(value) <= 30 && strings.Count(value, "-") >= 2 && !strings.ContainsAny(value, "._") && value[len(value)-1] <= '9'
}

// isHost takes what hosts are compared with: a name or an address, perhaps with a port.
func isHost(value string) bool { return len(value) <= 260 && ui.IsPlain(value, ".:-_[]") }
