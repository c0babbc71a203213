//go:build unix

package ui

import (
	"os"
	"os/signal"
	"sync"

	"golang.org/x/sys/unix"
)

// stops is what becomes of the signals by which a terminal stops this process: there is one of it, as there is of them.
var stops struct {
	sync.Mutex

	watch  sync.Once
	held   int     // how many hold them back
	asked  bool    // to stop, while they were held back
	prompt *hidden // which a stop must not leave with the terminal's echo off
}

// HoldStops keeps a terminal from stopping the process (Ctrl-Z, and reading or writing in the background) until release is
// called, which makes up for it. Nothing holds back SIGSTOP.
func HoldStops() (release func()) {
	watchStops()
	changeStops(1, false)
	return sync.OnceFunc(func() { changeStops(-1, false) })
}

// stopWith has a hidden prompt told of stops; nil: there is none.
func stopWith(prompt *hidden) {
	watchStops()
	stops.Lock()
	defer stops.Unlock()
	stops.prompt = prompt
}

// watchStops has this process stop itself from now on: Go does not give a signal back that was once asked for
// (runtime.sigdisable).
func watchStops() {
	stops.watch.Do(func() {
		asked := make(chan os.Signal, 1)
		signal.Notify(asked, unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU)
		go func() {
			for range asked {
				changeStops(0, true)
			}
		}()
	})
}

// changeStops notes who holds stops back or was asked to stop, and stops the process if it was and nobody does.
func changeStops(by int, asked bool) {
	stops.Lock()
	stops.held += by
	stops.asked = stops.asked || asked
	now, prompt := stops.asked && stops.held == 0, stops.prompt
	stops.asked = stops.asked && !now
	stops.Unlock()
	if !now {
		return
	}
	if prompt == nil {
		_ = unix.Kill(unix.Getpid(), unix.SIGSTOP)
		return
	}
	prompt.leave()
	defer prompt.resume()
	// Another thread may be the first to stop: this one must not go on before all do.
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, unix.SIGCONT)
	defer signal.Stop(continued)
	if unix.Kill(unix.Getpid(), unix.SIGSTOP) == nil {
		<-continued
	}
}
