package workload

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Where GitHub Actions tells a job that may ask for ID tokens how to ask.
// https://docs.github.com/actions/reference/security/oidc#methods-for-requesting-the-oidc-token
const (
	githubURL    = "ACTIONS_ID_TOKEN_REQUEST_URL"
	githubBearer = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"

	githubHint = "in the job of the workflow: permissions: { id-token: write }"
)

// githubRetries are for an endpoint that is known for passing faults. A server that wants us to wait for more than 15 seconds is not waited for.
var githubRetries = httpclient.Policy{
	Pauses: []time.Duration{500 * time.Millisecond, 2 * time.Second, 5 * time.Second}, Longest: 15 * time.Second,
}

// fromGitHub asks the job's own endpoint for a token for the audience. The endpoint is whatever the runner says, since GitHub
// Enterprise Server has its own; it must be https, or on this machine.
func (s *Source) fromGitHub(ctx context.Context, p login.Provider) (secret.String, error) {
	for _, name := range []string{githubURL, githubBearer} {
		if s.Getenv(name) == "" {
			return secret.String{}, ui.Errorf("workload-token-absent", ui.LoginNeeded,
				"this is no GitHub Actions job, or it may not ask for an ID token: %s is not set", name).With(ui.Advice(githubHint))
		}
	}
	address, bearer := s.Getenv(githubURL), s.Getenv(githubBearer)
	u, err := httpclient.CheckURL(address)
	if err != nil {
		return secret.String{}, ui.Errorf("github-endpoint-invalid", ui.Refused, "%s: %w", githubURL, err).With(ui.Advice("it must be as the runner set it"))
	}
	query := u.Query()
	query.Set("audience", p.ClientID)
	u.RawQuery = query.Encode()
	var token secret.String
	err = httpclient.Retry(ctx, askingGitHub, githubRetries, func(ctx context.Context) (err error) {
		token, err = s.askGitHub(ctx, u.String(), bearer)
		return err
	})
	return token, err
}

const askingGitHub = "asking GitHub Actions for an ID token"

func github() httpclient.Asked {
	return httpclient.Asked{Doing: askingGitHub, Of: "GitHub Actions", Named: githubURL + ", which must be as the runner set it"}
}

// askGitHub sends one request.
func (s *Source) askGitHub(ctx context.Context, address, bearer string) (secret.String, error) {
	none := secret.String{}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return none, errors.New(askingGitHub + ": " + githubURL + " is no address")
	}
	req.Header.Set("Authorization", "Bearer "+bearer)
	req.Header.Set("Accept", "application/json; api-version=2.0")
	a, err := httpclient.Do(s.HTTP, github(), req, secret.New(bearer))
	switch {
	case err != nil && (httpclient.Permanent(err) || ctx.Err() != nil):
		return none, err
	case err != nil:
		return none, httpclient.Temporary(err, 0)
	case httpclient.Busy(a.Status):
		return none, httpclient.Temporary(a.NoAnswer(), a.RetryAfter(s.Now()))
	case a.Status >= 400 && a.Status <= 403 && !a.IsPage():
		return none, ui.Errorf("github-refuses", ui.LoginNeeded, "%s: it answered %d %s", askingGitHub, a.Status, http.StatusText(a.Status)).
			With(ui.Advice(githubHint))
	}
	if token := secret.New(a.Text("value")); a.OK() && !token.IsZero() {
		return token, nil
	}
	return none, a.NoAnswer()
}
