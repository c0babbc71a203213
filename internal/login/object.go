package login

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// object is a JSON object of a provider, read member by member: one member of an odd type must not cost the others.
// Names are compared exactly, unlike in encoding/json's structs.
type object map[string]json.RawMessage

// parseObject reports false for everything that is not a JSON object, null included.
func parseObject(data []byte) (object, bool) {
	var o object
	if err := json.Unmarshal(data, &o); err != nil || o == nil {
		return nil, false
	}
	return o, true
}

// text returns a string member, or "".
func (o object) text(name string) string {
	var s string
	if json.Unmarshal(o[name], &s) != nil {
		return ""
	}
	return s
}

// number returns a number that may be written as a string ("5") or a float. Out of range becomes an infinity, which
// callers clamp.
func (o object) number(name string) (float64, bool) {
	raw := string(bytes.TrimSpace(o[name]))
	if s := o.text(name); s != "" {
		raw = strings.TrimSpace(s)
	}
	n, err := strconv.ParseFloat(raw, 64)
	if (err != nil && !math.IsInf(n, 0)) || math.IsNaN(n) {
		return 0, false
	}
	return n, true
}

// list returns the strings of an array, or a single string as a list of one.
func (o object) list(name string) ([]string, bool) { return stringsOf(o[name]) }

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
