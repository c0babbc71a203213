package footprint

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/store/lock"
)

// Locks are the directories of locks that all processes of the account share, wherever their settings are. One below the home directory is
// taken away with what nobody holds; the system takes the others, which hold nothing once they are cleared.
func Locks(home string) (items []Item) {
	for _, dir := range lock.Standing() {
		below := home != "" && strings.HasPrefix(dir, home+string(filepath.Separator))
		left, _ := os.ReadDir(dir)
		if !below && !slices.ContainsFunc(left, func(e os.DirEntry) bool { return strings.Contains(e.Name(), ".") }) { // what exec keeps there has none
			continue
		}
		if below {
			items = append(items, cleared(dir))
			continue
		}
		items = append(items, Item{Kind: Lock, Path: dir, What: "locks, and notes for a day; the system removes the directory", remove: func() error {
			lock.Clear(dir)
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
	return Item{Kind: Lock, Path: dir, What: "locks, and notes for a day", remove: func() error {
		lock.Clear(dir)
		RemoveEmpty(dir)
		RemoveEmpty(filepath.Dir(dir))
		return nil
	}}
}
