//go:build unix

package login

import (
	"os"
	"os/signal"
	"sync"

	"golang.org/x/sys/unix"
)

// stops is what becomes of the signals by which a terminal stops this process: there is one of it, as there is of them.
var stops struct {
	sync.Mutex

	watch sync.Once
	held  int  // how many hold them back
	asked bool // to stop, while they were held back
}

// holdStops keeps a terminal from stopping the process (Ctrl-Z, and reading or writing in the background) until release is
// called, which makes up for it. Nothing holds back SIGSTOP.
//
// Go does not give a signal back that was once asked for (runtime.sigdisable), so from then on this process stops itself.
func holdStops() (release func()) {
	stops.watch.Do(func() {
		asked := make(chan os.Signal, 1)
		signal.Notify(asked, unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU)
		go func() {
			for range asked {
				changeStops(0, true)
			}
		}()
	})
	changeStops(1, false)
	return sync.OnceFunc(func() { changeStops(-1, false) })
}

// changeStops notes who holds stops back or was asked to stop, and stops the process if it was and nobody does.
func changeStops(by int, asked bool) {
	stops.Lock()
	stops.held += by
	stops.asked = stops.asked || asked
	now := stops.asked && stops.held == 0
	stops.asked = stops.asked && !now
	stops.Unlock()
	if now {
		_ = unix.Kill(unix.Getpid(), unix.SIGSTOP)
	}
}
