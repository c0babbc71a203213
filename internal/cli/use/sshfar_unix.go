//go:build unix

package use

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/serve"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// FarName is the command that `exec --ssh` starts at the other host: see farLine.
const FarName = "exec-far"

// NewFar is FarName. Its arguments are the forwarded socket and the command, without which it starts a login shell.
func NewFar(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use: FarName, Hidden: true, Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) < 1 || len(args) > 2 || !isForwarded(args[0]) {
				return ui.Errorf("exec-far-alone", ui.Usage, "%s is started by dbxaccess exec --ssh alone", FarName).
					With(ui.Command("dbxaccess exec --help"))
			}
			err := runFar(cmd.Context(), env, args[0], args[1:])
			removeForwarded(args[0]) // or the program runs, and the server does it at its end
			return err
		},
	}
}

// runFar runs a program with the credentials that come over a forwarded socket, and end with it.
func runFar(ctx context.Context, env *cli.Env, socket string, encoded []string) error {
	p, err := farProgram(env, encoded)
	if err != nil {
		return err
	}
	if err := checkForwarded(socket); err != nil {
		return err
	}
	removeLeft()
	g, err := grantFrom(ctx, env, socket, broker.Request{}, nil, true)
	if err != nil {
		return err
	}
	return runServed(ctx, env, handover{From: socket, Ends: true, Roles: []handedRole{hand(g)}}, p)
}

// farProgram is the command that was sent, or else the shell as ssh would start it: a hyphen before its name makes it a login's.
func farProgram(env *cli.Env, encoded []string) (program, error) {
	if len(encoded) == 0 {
		p, err := findProgram(env.Getenv, nil)
		p.words = []string{"-" + filepath.Base(p.path)}
		return p, err
	}
	words, err := farWords(encoded[0])
	if err != nil {
		return program{}, ui.Errorf("exec-far-alone", ui.Usage, "reading the command: %w", err).With(ui.Command("dbxaccess exec --help"))
	}
	return findProgram(env.Getenv, words)
}

// isForwarded reports whether a path is one of forwardedPrefix.
func isForwarded(path string) bool {
	name, ok := strings.CutPrefix(path, forwardedPrefix)
	return ok && ui.IsPlain(name, "")
}

// checkForwarded refuses a socket that is not there, or that others may use.
func checkForwarded(path string) error {
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return ui.Errorf("ssh-socket-missing", ui.Failed, "sshd here has not made the socket that the credentials come through: %w", err).
			With(ui.Advice("ask who looks after this host whether sshd_config says AllowStreamLocalForwarding yes, and whether each login has a /tmp of its own"))
	case !serve.IsOwnSocket(info) || info.Mode().Perm()&0o077 != 0:
		return ui.Errorf("ssh-socket-open", ui.Refused, "other users here may use the socket that the credentials come through: %s, %s", path, info.Mode()).
			With(ui.Advice("ask who looks after this host for StreamLocalBindMask 0177 in sshd_config, as is usual"))
	}
	return nil
}

// removeForwarded removes a forwarded socket, which sshd leaves behind.
func removeForwarded(path string) {
	if info, err := os.Lstat(path); err == nil && isForwarded(path) && serve.IsOwnSocket(info) {
		_ = os.Remove(path)
	}
}

// leftAge is how old a socket is that sshd has long made: between bind(2) and listen(2) it looks like one that was left.
const leftAge = time.Minute

// removeLeft removes the sockets of connections that have ended while nothing of ours could.
func removeLeft() {
	paths, err := filepath.Glob(forwardedPrefix + "*")
	if err != nil {
		return
	}
	for _, path := range paths {
		info, err := os.Lstat(path)
		if err != nil || time.Since(info.ModTime()) < leftAge {
			continue
		}
		_ = serve.RemoveDead(path) // which another user's is not
	}
}
