package lock

import (
	"os"
	"path/filepath"
)

// Standing are the user's directories of locks that are there: see Dir.
func Standing() (dirs []string) {
	seen := map[string]bool{}
	for _, dir := range append(defaultDirs(), lastingDirs()...) {
		info, err := os.Lstat(dir)
		if err == nil && info.IsDir() && !seen[dir] && checkPrivate(dir, info) == nil {
			seen[dir] = true
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// Clear removes the locks that nobody holds, and all notes, from one of these directories. A lock's file is removed by its
// holder alone, so that whoever waits for it sees that it has lost its name: see Acquire.
func Clear(dir string) {
	removeNotes(dir, 0)
	found, _ := filepath.Glob(filepath.Join(dir, "*.lock"))
	for _, path := range found {
		if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
			continue
		}
		file, err := openFile(path)
		if err != nil {
			continue
		}
		locked, err := lockFile(file, Exclusive)
		removed := err == nil && locked && os.Remove(path) == nil
		if locked {
			_ = unlockFile(file)
		}
		_ = file.Close()
		if locked && !removed { // where an open file can't be removed
			_ = os.Remove(path)
		}
	}
}
