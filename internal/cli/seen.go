package cli

import (
	"context"

	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/store"
)

// seenNote says that an agent was seen here that only the programs above a process tell of.
const seenNote = "an agent that its program tells of"

// lookUp reports whether the early answer, which looks at variables alone, has to leave a person's credentials to the long path: since
// an agent was seen lately that sets none. What was cached before the first was seen is forgotten, as it does not say so.
func lookUp(asker Asker, keyring *store.Store) bool {
	seen := len(keyring.Note(seenNote)) > 0
	if !asker.byParent || seen {
		return seen
	}
	keyring.SetNote(seenNote, []byte(asker.Agent))
	ctx := context.Background()
	keys, err := keyring.Keys(ctx, "")
	if err != nil { // those that are left end by themselves
		return true
	}
	for _, key := range keys {
		if credential.IsKey(key) {
			_ = keyring.Delete(ctx, key)
		}
	}
	return true
}
