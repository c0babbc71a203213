//go:build unix

package use

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/command"
	"github.com/dbxaccess/dbxaccess/internal/shellenv"
)

// startWait bounds starting the server, on a machine that is busy with other things.
const startWait = 30 * time.Second

// runServed has a program take our place, with a process of ours beside it that serves it.
func runServed(ctx context.Context, env *cli.Env, h handover, p program) error {
	r, err := launch(ctx, env, h)
	if err != nil {
		return err
	}
	return p.with(r).run(env, r.Variables)
}

// launch starts the process that serves this one, and returns what the program that takes its place is to be told.
func launch(ctx context.Context, env *cli.Env, h handover) (r reply, err error) {
	argv, err := serverCommand(ctx, env)
	if err != nil {
		return r, err
	}
	h.Program, h.Name = os.Getpid(), env.Holder().Program
	h.Passphrase, h.Unlocked = env.Passphrase.Reveal(), env.Unlocked().Reveal()
	input, err := json.Marshal(h)
	if err != nil {
		return r, err
	}
	out, err := command.Run(ctx, command.Program{
		Argv: append(argv, starting), Env: anywhere(env.Environ()), Stdin: bytes.NewReader(input),
		Time: startWait, Stdout: maxHandover, Errors: os.Stderr,
	})
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.Exited() { // it has said why
		return r, cli.Ended(exit.ExitCode())
	}
	if err == nil {
		err = json.Unmarshal(out.Stdout, &r)
	}
	if err != nil {
		return r, serverFailed(err)
	}
	return r, nil
}

// serverCommand is this program as the server.
func serverCommand(ctx context.Context, env *cli.Env) ([]string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, serverFailed(err)
	}
	argv := []string{self, ServerName}
	if env.Log().Enabled(ctx, slog.LevelDebug) {
		argv = append(argv, "--debug")
	}
	return argv, nil
}

// anywhere is an environment that means the same in any directory, as far as dbxaccess reads files by it.
func anywhere(environ []string) []string {
	var paths []shellenv.Variable
	for _, name := range []string{
		"DBXACCESS_MAP", "AWS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "AWS_WEB_IDENTITY_TOKEN_FILE",
		"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "DBXACCESS_SOCKET",
	} {
		if path, err := filepath.Abs(os.Getenv(name)); err == nil && os.Getenv(name) != "" {
			paths = append(paths, shellenv.Variable{Name: name, Value: path})
		}
	}
	return shellenv.Apply(environ, paths, false)
}
