package login

import (
	"encoding/json"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
)

// list returns the strings of an array, or a single string as a list of one.
func list(o httpclient.Object, name string) ([]string, bool) { return stringsOf(o[name]) }

// stringsOf reports false for a value that is missing, null or neither an array nor a string. An array's elements of
// other types are left out.
func stringsOf(raw json.RawMessage) ([]string, bool) {
	var single *string
	if json.Unmarshal(raw, &single) == nil && single != nil {
		return []string{*single}, true
	}
	var elements []json.RawMessage
	if json.Unmarshal(raw, &elements) != nil || elements == nil {
		return nil, false
	}
	found := make([]string, 0, len(elements))
	for _, element := range elements {
		var s *string
		if json.Unmarshal(element, &s) == nil && s != nil {
			found = append(found, *s)
		}
	}
	return found, true
}
