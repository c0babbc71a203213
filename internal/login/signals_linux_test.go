package login

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// signalChild sends itself what is to be held back, then, after the release, what must end it.
func signalChild() {
	// A signal to the calling thread has arrived when the call returns.
	runtime.LockOSThread()
	send := func(sig syscall.Signal) {
		if err := unix.Tgkill(os.Getpid(), unix.Gettid(), sig); err != nil {
			panic(err)
		}
	}
	release := holdSignals()
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		send(sig)
	}
	fmt.Println("survived")
	release()
	send(syscall.SIGTERM)
}

func TestSignalsAreHeldBackUntilReleased(t *testing.T) {
	t.Parallel()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childEnv+"=1")
	out, err := child.Output()
	if string(out) != "survived\n" {
		t.Errorf("the child printed %q: %v", out, err)
	}
	status, ok := child.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() || status.Signal() != syscall.SIGTERM {
		t.Errorf("the child ended with %v", child.ProcessState)
	}
}
