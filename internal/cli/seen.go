package cli

import (
	"context"

	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/store"
)

// seenNote says that a coding agent was seen on this machine.
const seenNote = "a coding agent was seen"

// lookUp reports whether a coding agent was seen here lately, so that a person's credentials are served only once the programs above have
// told of none. What was cached before that does not say so, and is forgotten.
func lookUp(ctx context.Context, asker Asker, keyring *store.Store) bool {
	seen := len(keyring.Note(seenNote)) > 0
	if seen || asker.Agent == "" && asker.Overruled == "" {
		return seen
	}
	keyring.SetNote(seenNote, []byte{1})
	keys, err := keyring.Keys(ctx, credential.RolePrefix)
	if err != nil { // those that are left end by themselves
		return true
	}
	for _, key := range keys {
		data, err := keyring.Get(ctx, key)
		if err != nil {
			continue
		}
		if it := credential.Decode(key, data); it != nil && it.Binding.Agent == "" && !it.Marked() {
			_ = keyring.Delete(ctx, key)
		}
	}
	return true
}
