package under

import "golang.org/x/sys/unix"

// stayUntilInputEnds has this process live on when who started it is killed, if for a moment only: it sees its input end, and has yet to end
// what it has started. See package command, which asks the kernel for the contrary.
func stayUntilInputEnds() { _ = unix.Prctl(unix.PR_SET_PDEATHSIG, 0, 0, 0, 0) }
