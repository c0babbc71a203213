//go:build !linux && !darwin

package peer

import (
	"errors"
	"net"
)

// UserOf fails: Windows does not tell whose the other end of a Unix socket is.
func UserOf(*net.UnixConn) (uid int, err error) { return 0, errors.ErrUnsupported }
