package login

import "github.com/dbxaccess/dbxaccess/internal/store"

// Keyring makes a Store of the keyring.
func Keyring(s *store.Store) Store { return s }
