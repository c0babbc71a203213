package atomicfile

import (
	"os"
	"runtime"
)

// OthersMay reports what users other than the owner may do with a file or directory by its mode, links followed; both
// false if there is none. A directory with the sticky bit, in which each may only remove what is theirs, counts as not
// writable. On Windows it is always false: access control lists decide there, not modes.
func OthersMay(path string) (read, write bool) {
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS == "windows" {
		return false, false
	}
	mode := info.Mode()
	return mode.Perm()&0o044 != 0, mode.Perm()&0o022 != 0 && mode&os.ModeSticky == 0
}
