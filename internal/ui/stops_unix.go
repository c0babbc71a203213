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

	watch sync.Once
	held  int       // how many hold them back
	asked bool      // to stop, while they were held back
	taken *takeover // of the terminal, which a stop must not leave so; nil for none
}

// takeover is how a terminal that was taken is given back, and taken again.
type takeover struct{ leave, resume func() }

// HoldStops keeps a terminal from stopping the process (Ctrl-Z, and reading or writing in the background) until release is
// called, which makes up for it. Nothing holds back SIGSTOP.
func HoldStops() (release func()) {
	watchStops()
	changeStops(1, false)
	return sync.OnceFunc(func() { changeStops(-1, false) })
}

// WhileStopped has a terminal that was taken given back by leave before this process stops, and taken again by resume once it is
// continued, until over is called. Either may be called from another goroutine, and still be running when over returns.
func WhileStopped(leave, resume func()) (over func()) {
	watchStops()
	take := func(t *takeover) {
		stops.Lock()
		defer stops.Unlock()
		stops.taken = t
	}
	take(&takeover{leave, resume})
	return func() { take(nil) }
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
	now, taken := stops.asked && stops.held == 0 && !stopsForGood(), stops.taken
	stops.asked = stops.asked && stops.held > 0
	stops.Unlock()
	if !now {
		return
	}
	if taken == nil {
		_ = unix.Kill(unix.Getpid(), unix.SIGSTOP)
		return
	}
	taken.leave()
	defer taken.resume()
	// Another thread may be the first to stop: this one must not go on before all do.
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, unix.SIGCONT)
	defer signal.Stop(continued)
	if unix.Kill(unix.Getpid(), unix.SIGSTOP) == nil {
		<-continued
	}
}

// stopsForGood reports whether nobody would continue this process once it is stopped: it is of the group of the shell that leads
// the session, as in $(dbxaccess env), for whose end that shell waits without minding stops. The system itself stops no such group.
func stopsForGood() bool {
	session, err := unix.Getsid(0)
	return err == nil && session == unix.Getpgrp() && session != unix.Getpid()
}
