package format

import "strings"

// ValidService reports whether items can be kept under a name.
func ValidService(service string) bool {
	return IsName(service, 63, "._-") && service == strings.ToLower(service) && !strings.ContainsAny(service[:1], "._-")
}

// IsName reports whether a text has 1 to longest bytes, each an ASCII letter, a digit or one of others. It is no
// pattern: compiling one with such bounds would cost every start more than the rest of the program's initialisation.
func IsName(name string, longest int, others string) bool {
	for _, c := range []byte(name) {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && strings.IndexByte(others, c) < 0 {
			return false
		}
	}
	return name != "" && len(name) <= longest
}
