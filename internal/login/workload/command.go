package workload

import (
	"context"
	"errors"
	"io/fs"
	"os/exec"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/command"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// commandTime bounds a command that prints a token.
const commandTime = 30 * time.Second

// fromCommand runs the command without a shell and takes what it prints: a bare JWT, as kubectl create token and gcloud auth
// print-identity-token do, or a JSON object with one in id_token, token or value, the first of these that is there. It gets
// no input; what it complains about is shown by its last line only where it fails.
func (s *Source) fromCommand(ctx context.Context, p login.Provider) (secret.String, error) {
	program := command.Program{Argv: p.Token.Argv, Time: commandTime, Stdout: secret.MaxFile, Stderr: secret.MaxFile}
	if s.Environ != nil {
		program.Env = s.Environ()
	}
	if s.Waiting != nil {
		program.Waiting = func() func() { return s.Waiting("waiting for " + p.Token.String()) }
	}
	out, err := command.Run(ctx, program)
	switch {
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return secret.String{}, ui.Errorf("workload-token-absent", ui.LoginNeeded, "there is no token: %s is not on this machine", p.Token).
			With(ui.Advice("install it, or correct token.argv of the identity in the access map"))
	case errors.Is(err, context.Canceled):
		return secret.String{}, interrupted(err)
	case errors.Is(err, command.ErrTooLong), errors.Is(err, context.DeadlineExceeded):
		return secret.String{}, commandFault(p, "was stopped as it took too long", out)
	case errors.Is(err, command.ErrTooMuch):
		return secret.String{}, commandFault(p, "printed more than a token", out)
	case err != nil:
		return secret.String{}, commandFault(p, "failed ("+ui.Clean(ui.Told(err))+")", out)
	}
	token := printedToken(out.Stdout)
	if token.IsZero() {
		return secret.String{}, commandFault(p, "printed no token", out)
	}
	return token, nil
}

// commandFault says what a command did, without its arguments, which no log needs.
func commandFault(p login.Provider, what string, out command.Output) error {
	if last := ui.LastWords(out.Stderr); last != "" {
		what += "; its last words: " + last
	}
	return ui.Errorf("token-command-failed", ui.Failed, "%s %s", p.Token, what).
		With(ui.Advice("run it by hand to see more: token.argv of the identity in the access map"))
}

// printedToken finds the token in what a command printed; zero where there is none.
func printedToken(stdout []byte) secret.String {
	o, isObject := httpclient.ParseObject(stdout)
	if !isObject {
		return secret.New(strings.TrimSpace(string(stdout)))
	}
	for _, name := range []string{"id_token", "token", "value"} {
		if token := strings.TrimSpace(o.Text(name)); token != "" {
			return secret.New(token)
		}
	}
	return secret.String{}
}
