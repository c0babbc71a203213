package store

import "strings"

func validService(service string) bool {
	return isName(service, 63, "._-") && service == strings.ToLower(service) && !strings.ContainsAny(service[:1], "._-")
}

// validKey leaves ":" to the prefix and "~" to the parts.
func validKey(key string) bool { return isName(key, 128, "/_=-") }

// isName reports whether a text has 1 to longest bytes, each an ASCII letter, a digit or one of others. It is no
// pattern: compiling one with such bounds would cost every start more than the rest of the program's initialisation.
func isName(name string, longest int, others string) bool {
	for _, c := range []byte(name) {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && strings.IndexByte(others, c) < 0 {
			return false
		}
	}
	return name != "" && len(name) <= longest
}
