package cli

import (
	"context"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"

	"github.com/dbxaccess/dbxaccess/internal/command"
)

// ending are the signals that end a command in order: Ctrl-C, Ctrl-\, kill, and the end of its terminal. What who started
// us has ignored, as nohup and a shell's background do, stays so.
func ending() []os.Signal {
	all := []os.Signal{os.Interrupt, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP}
	return slices.DeleteFunc(all, signal.Ignored)
}

// untilSignalOnceRunning returns a context that such a signal ends once a program was started: that has a session of its
// own, which neither Ctrl-C nor our death reaches whole. Until then, and for the second signal, the system decides.
func untilSignalOnceRunning(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	return command.BeforeRuns(ctx, sync.OnceFunc(func() {
		caught := make(chan os.Signal, 1)
		signal.Notify(caught, ending()...)
		go func() {
			<-caught
			signal.Stop(caught)
			cancel()
		}()
	}))
}
