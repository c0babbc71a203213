package stamp

import (
	"io/fs"
	"syscall"
	"time"
)

// kept is what the system keeps of a file by itself.
func kept(info fs.FileInfo) (changed time.Time, inode uint64) {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return time.Unix(stat.Ctimespec.Unix()), stat.Ino
	}
	return time.Time{}, 0
}
