package login

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"time"

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
	release := HoldSignals()
	for _, sig := range []syscall.Signal{
		syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU,
	} {
		send(sig)
	}
	fmt.Println("survived")
	release() // stops, a moment later
	time.Sleep(time.Minute)
}

// A Ctrl-Z between the request that spends a refresh token and its answer must not cost the sign-in.
func TestSignalsAreHeldBackUntilReleased(t *testing.T) {
	t.Parallel()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childEnv+"=1")
	var out bytes.Buffer
	child.Stdout = &out
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	// What was held back happens in the end; afterwards each has its usual effect.
	for _, sig := range []syscall.Signal{0, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU} {
		if err := child.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		var status syscall.WaitStatus
		if _, err := syscall.Wait4(child.Process.Pid, &status, syscall.WUNTRACED, nil); err != nil || !status.Stopped() {
			t.Fatalf("after %v the child is %#x, %v", sig, status, err)
		}
		if err := child.Process.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
	}
	if err := child.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	if out.String() != "survived\n" {
		t.Errorf("the child printed %q", out.String())
	}
	status, ok := child.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() || status.Signal() != syscall.SIGTERM {
		t.Errorf("the child ended with %v", child.ProcessState)
	}
}
