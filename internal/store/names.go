package store

import "github.com/dbxaccess/dbxaccess/internal/store/format"

// validKey leaves ":" to the prefix and "~" to the parts.
func validKey(key string) bool { return format.IsName(key, 128, "/_=-") }
