package httpclient

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// Object is a JSON object of a server, read member by member: one of an odd type must not spoil the others. Names are
// compared exactly, unlike with encoding/json's structs.
type Object map[string]json.RawMessage

// ParseObject reports false for anything but a JSON object, null included.
func ParseObject(data []byte) (Object, bool) {
	var o Object
	if err := json.Unmarshal(data, &o); err != nil || o == nil {
		return nil, false
	}
	return o, true
}

// Text returns a string member, or "".
func (o Object) Text(name string) string {
	var s string
	if json.Unmarshal(o[name], &s) != nil {
		return ""
	}
	return s
}

// Number returns a number that may be written as a string ("5") or a float. Out of range becomes an infinity, which
// callers clamp or refuse.
func (o Object) Number(name string) (float64, bool) {
	raw := string(bytes.TrimSpace(o[name]))
	if s := o.Text(name); s != "" {
		raw = strings.TrimSpace(s)
	}
	n, err := strconv.ParseFloat(raw, 64)
	if (err != nil && !math.IsInf(n, 0)) || math.IsNaN(n) {
		return 0, false
	}
	return n, true
}
