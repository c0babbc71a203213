//go:build !linux

package peer

import "net"

// IsOurs reports true: these systems tell only with much more effort whose the end of a TCP connection is. What is served on
// such a connection needs a secret of its own.
func IsOurs(_, _ string) bool { return true }

// IsGone reports false: it is for what IsOurs has refused.
func IsGone(net.Conn) bool { return false }
