package footprint

import (
	"path/filepath"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/store/lock"
)

// Locks are the directories of locks that all processes of the account share, wherever their settings are. One below the home directory is
// taken away with what nobody holds; the system takes the others, which hold nothing once they are cleared.
func Locks(home string) (items []Item) {
	for _, dir := range lock.Standing() {
		below := home != "" && strings.HasPrefix(dir, home+string(filepath.Separator))
		if held, _ := filepath.Glob(filepath.Join(dir, "*.*")); len(held) == 0 && !below {
			continue
		}
		item := Item{Kind: Lock, Path: dir, What: "locks, and notes for a day; the system removes the directory", remove: func() error {
			lock.Clear(dir)
			return nil
		}}
		if below {
			item.What = "locks, and notes for a day"
			item.remove = func() error {
				lock.Clear(dir)
				RemoveEmpty(dir)
				RemoveEmpty(filepath.Dir(dir))
				return nil
			}
		}
		items = append(items, item)
	}
	return items
}
