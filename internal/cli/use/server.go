//go:build unix

package use

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/beside"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/command"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/serve"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// ServerName is the command of the process that serves a program. `exec` starts it, nobody else.
const ServerName = "exec-server"

// starting is its argument for the process between, whose end leaves it nobody's child: the program may wait for all that it
// has. See docs/decisions/042-a-server-beside-the-program.md.
const starting = "start"

// NewServer is ServerName.
func NewServer(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use: ServerName, Hidden: true, Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 && args[0] == starting {
				return startServer(cmd.Context(), env)
			}
			return serveProgram(cmd.Context(), env)
		},
	}
}

// startServer starts the process that serves, passes its reply on and ends.
func startServer(ctx context.Context, env *cli.Env) error {
	argv, err := serverCommand(ctx, env)
	if err != nil {
		return err
	}
	line, err := command.Detach(maxHandover, argv...)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok { // it has said why
		return cli.Ended(exit.ExitCode())
	}
	if err != nil {
		return serverFailed(err)
	}
	_, err = env.Streams.Out.Write(line)
	return err
}

func serverFailed(err error) error {
	return ui.Errorf("exec-server-failed", ui.Failed, "starting the server of the program's credentials: %w", err).
		With(ui.Advice("for credentials that are not renewed, which need no server: add --static"))
}

// serveProgram serves a program until that ends: what was handed over on stdin. Signals are the program's business: it may
// still need credentials while it ends, as for its last upload.
func serveProgram(ctx context.Context, env *cli.Env) error {
	var h handover
	if err := json.NewDecoder(io.LimitReader(env.Streams.In, maxHandover)).Decode(&h); err != nil || len(h.Roles) == 0 {
		return ui.Errorf("exec-server-alone", ui.Usage, "%s is started by dbxaccess exec alone", ServerName).
			With(ui.Command("dbxaccess exec --help"))
	}
	signal.Notify(make(chan os.Signal, 1), os.Interrupt, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	ended, err := beside.End(h.Program)
	if err != nil {
		return serverFailed(err)
	}
	if err := os.Chdir("/"); err != nil { // the program's directory may be unmounted
		return serverFailed(err)
	}
	env.Passphrase = secret.New(h.Passphrase)
	env.Remember(secret.New(h.Unlocked))
	env.AsAgent(h.Asker)
	env.HeldBy(h.Program, h.Name)
	s, r, err := startServing(ctx, env, h)
	if err != nil {
		return err
	}
	defer s.close()
	if err := json.NewEncoder(env.Streams.Out).Encode(r); err != nil {
		return serverFailed(err)
	}
	if !h.Ends {
		ended()
		return nil
	}
	defer removeForwarded(h.From)
	over := make(chan struct{}, 2) // both may come
	go func() { ended(); over <- struct{}{} }()
	go func() { serve.Dial(h.From, env.Now).Held(ctx); over <- struct{}{} }()
	<-over
	return nil
}
