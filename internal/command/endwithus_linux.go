package command

import "syscall"

// endWithUs has the kernel end a program when we are killed. What that has started in turn finds its pipes closed.
func endWithUs(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }
