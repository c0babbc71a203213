package footprint

import (
	"path/filepath"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/store/lock"
)

const locks = "locks, and notes for a day"

// Locks are the directories of locks that all processes of the account share, wherever their settings are: each goes with what nobody holds.
func Locks(home string) (items []Item) {
	for _, dir := range lock.Standing() {
		if home != "" && strings.HasPrefix(dir, home+string(filepath.Separator)) {
			items = append(items, cleared(dir))
			continue
		}
		items = append(items, Item{Kind: Lock, Path: dir, What: locks, remove: func() error {
			lock.Clear(dir)
			RemoveEmpty(dir)
			return nil
		}})
	}
	return items
}

// LocksAt are those in a directory beside what they protect, as the encrypted file's are: what else is there stays.
func LocksAt(dir string) []Item {
	if !lock.IsStanding(dir) {
		return nil
	}
	return []Item{cleared(dir)}
}

// cleared is a directory of locks that goes with what nobody holds, and the one around it if nothing else is in that.
func cleared(dir string) Item {
	return Item{Kind: Lock, Path: dir, What: locks, remove: func() error {
		lock.Clear(dir)
		RemoveEmpty(dir)
		RemoveEmpty(filepath.Dir(dir))
		return nil
	}}
}
