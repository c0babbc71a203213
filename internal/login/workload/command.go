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

const (
	// commandTime bounds a command that prints a token.
	commandTime = 30 * time.Second
	// maxLastWords bounds what is told of its complaints, in runes.
	maxLastWords = 200
)

// fromCommand runs the command without a shell and takes what it prints: a bare JWT, as kubectl create token and gcloud auth
// print-identity-token do, or a JSON object with one in id_token, token or value, the first of these that is there. It gets
// no input, and what it has started ends with it where it is stopped; what it complains about is shown by its last line only
// where it fails.
func (s *Source) fromCommand(ctx context.Context, p login.Provider) (secret.String, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.Token.Argv[0], p.Token.Argv[1:]...) //nolint:gosec // the access map names it
	if s.Environ != nil {
		cmd.Env = s.Environ()
	}
	out, err := command.Run(cmd, secret.MaxFile, secret.MaxFile)
	switch {
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return secret.String{}, ui.Errorf("workload-token-absent", ui.LoginNeeded, "there is no token: %s is not on this machine", p.Token).
			With(ui.Advice("install it, or correct token.argv of the identity in the access map"))
	case errors.Is(ctx.Err(), context.Canceled):
		return secret.String{}, interrupted(ctx.Err())
	case ctx.Err() != nil:
		return secret.String{}, commandFault(p, "was stopped as it took longer than "+commandTime.String(), out)
	case err != nil:
		return secret.String{}, commandFault(p, "failed ("+ui.Clean(err.Error())+")", out)
	case out.Cut:
		return secret.String{}, commandFault(p, "printed more than a token", out)
	}
	token := printedToken(out.Stdout)
	if token.IsZero() {
		return secret.String{}, commandFault(p, "printed no token", out)
	}
	return token, nil
}

func commandFault(p login.Provider, what string, out command.Output) error {
	if last := lastWords(out.Stderr); last != "" {
		what += "; its last words: " + last
	}
	return ui.Errorf("token-command-failed", ui.Failed, "%s %s", p.Token, what).
		With(ui.Advice("run it by hand to see more: " + ui.Clean(strings.Join(p.Token.Argv, " "))))
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

// lastWords is the last line that says something, cleaned, without anything that looks like a JWT.
func lastWords(stderr []byte) string {
	last := ""
	for line := range strings.Lines(string(stderr)) {
		if line = strings.TrimSpace(line); line != "" {
			last = line
		}
	}
	words := strings.Fields(ui.Clean(last))
	for i, word := range words {
		if strings.Contains(word, "eyJ") { // how {" begins in base64, and so every JWT
			words[i] = "[redacted]"
		}
	}
	return ui.Cut(strings.Join(words, " "), maxLastWords)
}
