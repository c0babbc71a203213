package peer

import (
	"net"

	"golang.org/x/sys/unix"
)

// UserOf is the user ID of the program at the other end of a Unix socket, as of when it connected or listened
// (unix(7), SO_PEERCRED). Of another user namespace it is as seen from here.
func UserOf(conn *net.UnixConn) (uid int, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	var credentials *unix.Ucred
	controlErr := raw.Control(func(fd uintptr) {
		credentials, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	if controlErr != nil {
		return 0, controlErr
	}
	if err != nil {
		return 0, err
	}
	return int(credentials.Uid), nil
}
