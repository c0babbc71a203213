package peer

import "golang.org/x/sys/unix"

// userOf asks for SO_PEERCRED (unix(7)).
func userOf(fd int) (uid int, err error) {
	credentials, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return 0, err
	}
	return int(credentials.Uid), nil
}
