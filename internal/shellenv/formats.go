package shellenv

import (
	"bytes"
	"encoding/json"
	"strings"
)

// safeDotenv leaves the characters that every reader takes as they are, without quotes. They differ in all else: Docker
// keeps quotes as part of the value, others strip them; some expand $, some cut at # or read backslashes; and people
// source such files in a shell.
func safeDotenv(value string) bool { return isPlain(value, "") }

func setDotenv(name, value string) string { return name + "=" + value }

// isPlain reports whether a value has nothing but ASCII letters, digits, some signs that no shell and no file format
// gives a meaning inside a word, and the further ones.
func isPlain(value, further string) bool {
	return !strings.ContainsFunc(value, func(r rune) bool {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return false
		}
		return !strings.ContainsRune("+/=-_.:,@"+further, r)
	})
}

// jsonObject holds the values only: whoever reads it makes an environment of its own.
func jsonObject(vars []Variable) string {
	object := map[string]string{}
	for _, v := range vars {
		if v.Value != "" {
			object[v.Name] = v.Value
		}
	}
	return encode(object)
}

// nushellRecord is JSON for `from json | load-env`. Nushell passes no variable on that is null, and `$env.NAME?` gives
// the same for it as for one that is not there: taking away needs no code to be evaluated, which Nushell could not do.
func nushellRecord(vars []Variable) string {
	record := map[string]*string{}
	for _, v := range vars {
		record[v.Name] = nil
		if v.Value != "" {
			record[v.Name] = &v.Value
		}
	}
	return encode(record)
}

func encode(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	_ = enc.Encode(v) // maps of strings always encode
	return b.String()
}
