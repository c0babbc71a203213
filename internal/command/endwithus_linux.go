package command

import (
	"os/exec"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// endWithUs has the kernel end a program when we are killed. What that has started in turn finds its pipes closed.
func endWithUs(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }

var limiting sync.Mutex

// startWithin starts a program that may have so much memory of its own. It inherits that from us, who have the limit while it is started: set
// on it afterwards, it would be too late for what it starts first.
func startWithin(memory uint64, cmd *exec.Cmd) error {
	if memory == 0 {
		return cmd.Start()
	}
	limiting.Lock()
	defer limiting.Unlock()
	var own unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_DATA, &own); err == nil && own.Cur > memory {
		if unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: memory, Max: own.Max}) == nil {
			defer func() { _ = unix.Setrlimit(unix.RLIMIT_DATA, &own) }()
		}
	}
	return cmd.Start()
}
