package peer

import (
	"net"

	"golang.org/x/sys/unix"
)

// UserOf is the user ID of the program at the other end of a Unix socket, as of when it connected or listened
// (LOCAL_PEERCRED in unix(4)).
func UserOf(conn *net.UnixConn) (uid int, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	var credentials *unix.Xucred
	controlErr := raw.Control(func(fd uintptr) {
		credentials, err = unix.GetsockoptXucred(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
	})
	if controlErr != nil {
		return 0, controlErr
	}
	if err != nil {
		return 0, err
	}
	return int(credentials.Uid), nil
}
