package footprint

import (
	"path/filepath"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/store/lock"
)

// Locks are the directories of locks that all processes of the account share, wherever their settings are: each goes with what nobody holds.
func Locks(home string) (items []Item) {
	for _, dir := range lock.Standing() {
		items = append(items, cleared(dir, home != "" && strings.HasPrefix(dir, home+string(filepath.Separator))))
	}
	return items
}

// LocksAt are those in a directory beside what they protect, as the encrypted file's are: what else is there stays.
func LocksAt(dir string) []Item {
	if !lock.IsStanding(dir) {
		return nil
	}
	return []Item{cleared(dir, true)}
}

// cleared is a directory of locks that goes with what nobody holds, and the one around it, where that is ours, if nothing else is in it.
func cleared(dir string, ours bool) Item {
	return Item{Kind: Lock, Path: dir, What: "locks, and notes for a day", remove: func() error {
		lock.Clear(dir)
		RemoveEmpty(dir)
		if ours {
			RemoveEmpty(filepath.Dir(dir))
		}
		return nil
	}}
}
