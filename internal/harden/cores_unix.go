//go:build unix

package harden

import "golang.org/x/sys/unix"

// denyCores sets the soft limit of core dumps to nothing. The programs that we run inherit it, as they print secrets.
func denyCores() (undo func()) {
	var own unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_CORE, &own); err != nil || own.Cur == 0 {
		return func() {}
	}
	none := own
	none.Cur = 0
	_ = unix.Setrlimit(unix.RLIMIT_CORE, &none)
	return func() { _ = unix.Setrlimit(unix.RLIMIT_CORE, &own) }
}
