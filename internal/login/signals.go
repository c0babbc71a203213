package login

import (
	"os"
	"os/signal"
	"syscall"
)

// holdSignals keeps SIGINT, SIGTERM and SIGHUP from ending the process until release is called. A program that turns
// signals into a canceled context still gets them: the work under way goes on, and the caller sees the cancellation
// afterwards.
func holdSignals() (release func()) {
	held := make(chan os.Signal, 1)
	signal.Notify(held, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	return func() { signal.Stop(held) }
}
