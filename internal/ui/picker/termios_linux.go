package picker

import "golang.org/x/sys/unix"

// The requests of tcgetattr and of tcsetattr with TCSANOW: a terminal that shows nothing any more must not hold us up.
const (
	getTermios = unix.TCGETS
	setTermios = unix.TCSETS
)
