//go:build linux || darwin

package peer

import (
	"errors"
	"net"
)

// UserOf is the user ID of the program at the other end of a Unix socket, as of when it connected or listened. Of another user
// namespace it is as seen from here.
func UserOf(conn *net.UnixConn) (uid int, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	var untold error
	err = raw.Control(func(fd uintptr) { uid, untold = userOf(int(fd)) })
	return uid, errors.Join(err, untold)
}
