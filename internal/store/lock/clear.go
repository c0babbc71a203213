package lock

import (
	"os"
	"path/filepath"
	"strings"
)

// Standing are the user's directories of locks that are there: see Dir.
func Standing() (dirs []string) {
	seen := map[string]bool{}
	for _, dir := range append(defaultDirs(), lastingDirs()...) {
		if !seen[dir] && IsStanding(dir) {
			seen[dir] = true
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// IsStanding reports whether a directory of locks is there, and this user's: no link to another place is one.
func IsStanding(dir string) bool {
	info, err := os.Lstat(dir)
	return err == nil && info.IsDir() && checkPrivate(dir, info) == nil
}

// Clear removes the locks that nobody holds, and all notes, from one of these directories, and from a directory of locks in it, which goes
// too if nothing else is there. A lock's file is removed by its holder alone, so that whoever waits for it sees that it has lost its name:
// see Acquire.
func Clear(dir string) {
	clearLocks(dir)
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		if within := filepath.Join(dir, entry.Name()); entry.IsDir() && IsStanding(within) {
			clearLocks(within)
			_ = os.Remove(within)
		}
	}
}

func clearLocks(dir string) {
	removeNotes(dir, 0)
	for _, path := range filesIn(dir, ".lock") {
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

// filesIn are the paths in a directory that end so. The directory's own name may hold what would be a pattern's.
func filesIn(dir, ending string) (paths []string) {
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), ending) {
			paths = append(paths, filepath.Join(dir, entry.Name()))
		}
	}
	return paths
}
