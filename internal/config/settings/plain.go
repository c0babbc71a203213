package settings

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Plain reads the settings where there is no file, or one of nothing but comments, empty lines and plain words:
//
//	profile_prefix: acme-
//	keyring:
//	  service: acme
//
// ok is false for everything else, as also for what is wrong: see package config.
func Plain(getenv func(string) string) (s *Settings, ok bool) {
	dir, err := Dir(getenv)
	if err != nil {
		return nil, false
	}
	s = Defaults()
	s.Dir, s.Map = dir, getenv(MapVariable)
	switch data, _, err := localfile.ReadTrusted(filepath.Join(dir, FileName), MaxSize); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil || !s.read(string(data)):
		return nil, false
	}
	for i := range table {
		switch word := getenv(VariableOf(table[i].Key)); {
		case word == "":
		case table[i].word == nil || table[i].FileOnly:
			return nil, false
		default:
			*table[i].word(s) = word
		}
	}
	wrong, _ := s.FirstWrong()
	return s, wrong == nil
}

// words are the settings of one word, by their keys.
func (s *Settings) words() map[string]*string {
	words := make(map[string]*string, len(table))
	for i := range table {
		if table[i].word != nil {
			words[table[i].Key] = table[i].word(s)
		}
	}
	return words
}

// read takes the lines of a plain file.
func (s *Settings) read(text string) (ok bool) {
	words, section, filled := s.words(), "", true
	sections := map[string]string{"keyring:": "keyring.", "console:": "console.", "audit:": "audit."}
	var lines []string
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r > '~' }) {
			return false
		}
		if line != "" && line[0] != '#' {
			lines = append(lines, line)
		}
	}
	for len(lines) > 0 {
		line := lines[0]
		lines = lines[1:]
		indented, inSection := strings.CutPrefix(line, "  ")
		key, word, _ := strings.Cut(indented, ": ")
		switch {
		case line == "  sinks:" && section == "audit." && s.Audit.Sinks == nil:
			if lines, ok = s.Audit.readSinks(lines); !ok {
				return false
			}
			filled = true
			continue
		case inSection:
			key, filled = section+key, true
		case !filled:
			return false
		case sections[line] != "":
			section, filled = sections[line], false
			delete(sections, line) // not twice
			continue
		}
		into, known := words[key]
		if !known || inSection != strings.Contains(key, ".") {
			return false
		}
		if *into, ok = plainText(word); !ok {
			return false
		}
		delete(words, key) // not twice
	}
	return filled
}

// plainText is what YAML takes a value for, where that is a string beyond doubt: a word, a size, a template of names, or one of these in
// single quotes.
func plainText(value string) (text string, ok bool) {
	if n := len(value); n > 2 && value[0] == '\'' && value[n-1] == '\'' {
		return value[1 : n-1], ui.IsPlain(value[1:n-1], "{}._-")
	}
	template := strings.Contains(value, "{") && 'a' <= value[0] && value[0] <= 'z' && ui.IsPlain(value, "{}._-")
	return value, template || isWord(value) || bytesOf(value) > 0
}

// isWord reports whether YAML takes a text for a string, in any version of the language.
func isWord(text string) bool {
	for _, ch := range []byte(text) {
		if (ch < 'a' || ch > 'z') && (ch < '0' || ch > '9') && ch != '-' && ch != '_' {
			return false
		}
	}
	other := []string{"true", "false", "yes", "no", "on", "off", "y", "n", "null"}
	return text != "" && 'a' <= text[0] && text[0] <= 'z' && !slices.Contains(other, text)
}
