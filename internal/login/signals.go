package login

import (
	"os"
	"os/signal"
	"syscall"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// HoldSignals keeps SIGINT, SIGQUIT, SIGTERM and SIGHUP from ending the process, and a terminal from stopping it, until release is
// called. A program that turns signals into a canceled context still gets them: the work under way goes on, and the caller sees
// the cancellation afterwards. A stop that was asked for meanwhile happens in release.
func HoldSignals() (release func()) {
	held := make(chan os.Signal, 1)
	signal.Notify(held, os.Interrupt, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP)
	stop := ui.HoldStops()
	return func() {
		signal.Stop(held)
		stop()
	}
}
