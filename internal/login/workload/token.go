package workload

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// remedyAt is a hint that says where to do something about the token.
func remedyAt(t *idp.TokenSource, what string) ui.Fix {
	switch t.From {
	case idp.FromFile:
		return ui.Advice(what + " (Kubernetes: a projected service account token, with audience and expirationSeconds)")
	case idp.FromEnv:
		return ui.Advice(what + " (GitLab: id_tokens of the job, with aud)")
	}
	return ui.Advice(what)
}

// costsNothing: asking the source again is no request and no process.
func costsNothing(t *idp.TokenSource) bool { return t.Is(idp.FromFile) || t.Is(idp.FromEnv) }

// token asks the source. LoginNeeded: this is no place where it has one.
func (s *Source) token(ctx context.Context, p login.Provider) (secret.String, error) {
	switch p.Token.From {
	case idp.FromGitHub:
		return s.fromGitHub(ctx, p)
	case idp.FromFile:
		return readTokenFile(p)
	case idp.FromEnv:
		return s.fromEnv(p)
	case idp.FromCommand:
		if len(p.Token.Argv) > 0 {
			return s.fromCommand(ctx, p)
		}
	case idp.FromAWS:
		if s.AWS != nil {
			return s.AWS(ctx, p.Token.Region, p.ClientID)
		}
	}
	return secret.String{}, ui.Errorf("token-source-unknown", ui.Failed, "a token can't be had from %s here", p.Token)
}

func (s *Source) fromEnv(p login.Provider) (secret.String, error) {
	token := strings.TrimSpace(s.Getenv(p.Token.Name))
	if token == "" {
		return secret.String{}, ui.Errorf("workload-token-absent", ui.LoginNeeded, "%s holds no token", p.Token).
			With(remedyAt(p.Token, "set it to a token for the audience "+ui.Clean(p.ClientID)))
	}
	return secret.New(token), nil
}

// readTokenFile reads the file each time: what put it there replaces it before its token ends.
func readTokenFile(p login.Provider) (secret.String, error) {
	token, err := secret.ReadFile(p.Token.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return secret.String{}, ui.Errorf("workload-token-absent", ui.LoginNeeded, "there is no token: %s is missing", p.Token).
			With(remedyAt(p.Token, "mount a token for the audience "+ui.Clean(p.ClientID)+" there"))
	case err != nil:
		return secret.String{}, ui.Errorf("workload-token-unreadable", ui.Failed, "reading the token of %s: %w", p.Token, err)
	case token.IsZero():
		return secret.String{}, ui.Errorf("workload-token-absent", ui.LoginNeeded, "there is no token: %s is empty", p.Token).
			With(remedyAt(p.Token, "have a token for the audience "+ui.Clean(p.ClientID)+" put there"))
	}
	return token, nil
}

// interrupted keeps a canceled context recognisable.
func interrupted(err error) error {
	if errors.Is(err, context.Canceled) {
		return ui.Errorf("interrupted", ui.Interrupted, "asking for the workload's token: %w", err)
	}
	return ui.Errorf("workload-token-wait-ended", ui.Failed, "asking for the workload's token: %w", err)
}
