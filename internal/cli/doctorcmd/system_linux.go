package doctorcmd

import (
	"golang.org/x/sys/unix"

	"github.com/dbxaccess/dbxaccess/internal/localfile"
)

// maxRelease bounds an os-release in bytes; they have some 20 lines.
const maxRelease = 64 << 10

// release is the system's; what can't be told is left out.
func release() (s bundleSystem) {
	for _, path := range []string{"/etc/os-release", "/usr/lib/os-release"} { // the first wins where it is there
		if text, _, err := localfile.Read(path, maxRelease); err == nil {
			s.ID, s.Version = osRelease(string(text))
			break
		}
	}
	var names unix.Utsname
	if unix.Uname(&names) == nil {
		s.Kernel = unix.ByteSliceToString(names.Release[:])
	}
	return s
}
