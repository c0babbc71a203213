package peer

import "golang.org/x/sys/unix"

// userOf asks for LOCAL_PEERCRED (unix(4)).
func userOf(fd int) (uid int, err error) {
	credentials, err := unix.GetsockoptXucred(fd, unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
	if err != nil {
		return 0, err
	}
	return int(credentials.Uid), nil
}
