package atomicfile

import (
	"os"
	"runtime"
)

// OthersMay tells what people other than the owner of a file or directory may do with it by its mode, links followed:
// both false where there is none. A directory in which everybody may only remove their own (its sticky bit is set)
// counts as one that they may not write. On Windows it is always false: access control lists decide there, not modes.
func OthersMay(path string) (read, write bool) {
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS == "windows" {
		return false, false
	}
	mode := info.Mode()
	return mode.Perm()&0o044 != 0, mode.Perm()&0o022 != 0 && mode&os.ModeSticky == 0
}
