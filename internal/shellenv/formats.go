package shellenv

import (
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// inert are characters that no shell and no file format gives a meaning inside a word, besides ASCII letters and
// digits.
const inert = "+/=-_.:,@"

// safeDotenv is for values that every reader leaves as they are, without quotes. Readers differ in all else: Docker
// keeps quotes as part of the value, others strip them; some expand $, some cut at # or read backslashes; and people
// source such files in a shell.
func safeDotenv(value string) bool { return value == "" || ui.IsPlain(value, inert) }

func setDotenv(name, value string) string { return name + "=" + value }

// jsonObject has the values only: what reads it makes an environment of its own.
func jsonObject(vars []Variable) string {
	object := map[string]string{}
	for _, v := range vars {
		if v.Value != "" {
			object[v.Name] = v.Value
		}
	}
	return encode(object)
}

// nushellRecord is JSON for `from json | load-env`. Nushell does not pass on a variable that is null, and `$env.NAME?`
// gives the same for it as for an absent one: unsetting needs no code to be evaluated, which Nushell could not do.
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
	var b strings.Builder
	_ = ui.PrintJSON(&b, v) // maps of strings always encode
	return b.String()
}
