package harden

import (
	"bytes"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// denyDebuggers: other processes of the user, without CAP_SYS_PTRACE, can then neither attach nor read our memory and
// environment in /proc, and no core is dumped, whatever takes them. A program in our place begins with a flag of its own.
// https://man7.org/linux/man-pages/man2/PR_SET_DUMPABLE.2const.html
func denyDebuggers() { _ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0) }

// wipeEnvironment overwrites the environment that the kernel gave us, which /proc/PID/environ shows to root, and to us
// before denyDebuggers. Go has copied it (runtime.goenvs_unix), and gives children its copy. The kernel puts it between
// the arguments, which Go has not copied, and the program's name (AT_EXECFN): fs/exec.c, bprm_execve.
func wipeEnvironment() {
	end := executableName()
	var start unsafe.Pointer
	for _, arg := range os.Args {
		//nolint:gosec // behind an argument is the next one, and behind the last the environment
		if start = unsafe.Add(unsafe.Pointer(unsafe.StringData(arg)), len(arg)+1); arg == "" {
			return // it has no address to go by
		}
	}
	if uintptr(start) >= end || end-uintptr(start) > maxEnvironment {
		return
	}
	//nolint:gosec // bounded above, and looked at before it is cleared
	if block := unsafe.Slice((*byte)(start), end-uintptr(start)); isEnvironment(block) {
		clear(block)
	}
}

// maxEnvironment bounds what is taken for an environment, in bytes: a quarter of the usual limit of a stack, which is the
// kernel's own bound (execve(2)).
const maxEnvironment = 2 << 20

// executableName is the address of the name that this program was started by, 0 if it is unknown.
func executableName() uintptr {
	const execfn = 31 // AT_EXECFN
	values, err := unix.Auxv()
	if err != nil {
		return 0
	}
	for _, v := range values {
		if v[0] == execfn {
			return v[1]
		}
	}
	return 0
}

// isEnvironment reports whether memory holds nothing but variables, each ended by a zero.
func isEnvironment(block []byte) bool {
	for len(block) > 0 {
		variable, rest, ended := bytes.Cut(block, []byte{0})
		if !ended || bytes.IndexByte(variable, '=') < 1 {
			return false
		}
		block = rest
	}
	return true
}
