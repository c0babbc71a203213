package login

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
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

// githubPauses are the waits before GitHub's endpoint is asked again. It is known for passing faults.
var githubPauses = [...]time.Duration{500 * time.Millisecond, 2 * time.Second, 5 * time.Second}

// maxRetryAfter bounds how much longer GitHub may make us wait.
const maxRetryAfter = 15 * time.Second

// idp.FromGitHub asks the job's own endpoint for a token for the audience. The endpoint is whatever the runner says, since GitHub
// Enterprise Server has its own; it must be https, or on this machine.
func (s *Sources) fromGitHub(ctx context.Context, c *Client, p Provider) (secret.String, error) {
	for _, name := range []string{githubURL, githubBearer} {
		if s.getenv(name) == "" {
			return secret.String{}, ui.Fault(ui.LoginNeeded, githubHint,
				"this is no GitHub Actions job, or it may not ask for an ID token: %s is not set", name)
		}
	}
	address, bearer := s.getenv(githubURL), s.getenv(githubBearer)
	u, err := httpclient.CheckURL(address)
	if err != nil {
		return secret.String{}, ui.Fault(ui.Refused, "it must be as the runner set it", "%s: %w", githubURL, err)
	}
	query := u.Query()
	query.Set("audience", p.ClientID)
	u.RawQuery = query.Encode()
	for _, pause := range githubPauses {
		token, again, err := askGitHub(ctx, c, u.String(), bearer)
		if again == 0 || ctx.Err() != nil {
			return token, err
		}
		c.log().Debug("asking GitHub Actions again", "after", err)
		if err := httpclient.Wait(ctx, max(pause, min(again, maxRetryAfter))); err != nil {
			return secret.String{}, interruptedSource(err)
		}
	}
	token, _, err := askGitHub(ctx, c, u.String(), bearer)
	return token, err
}

// askGitHub sends one request. again is not 0 where another may succeed: how long GitHub wants it to wait, at least.
func askGitHub(ctx context.Context, c *Client, address, bearer string) (token secret.String, again time.Duration, err error) {
	const doing = "asking GitHub Actions for an ID token"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return token, 0, errors.New(doing + ": " + githubURL + " is no address")
	}
	req.Header.Set("Authorization", "Bearer "+bearer)
	req.Header.Set("Accept", "application/json; api-version=2.0")
	resp, err := c.HTTP.Do(req)
	if err != nil {
		if !httpclient.Hopeless(err) {
			again = 1
		}
		return token, again, httpclient.Explain(doing, err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return token, 1, httpclient.Explain(doing, err)
	}
	answer, _ := httpclient.ParseObject(body)
	token = secret.New(answer.Text("value"))
	switch status := resp.StatusCode; {
	case status == http.StatusOK && !token.IsZero():
		return token, 0, nil
	case status >= 500 || status == http.StatusTooManyRequests:
		err = ui.Fault(ui.Failed, "GitHub may have a passing fault: run the job again in a moment", "%s: %s", doing, answered(status))
		return secret.String{}, max(1, httpclient.RetryAfter(resp.Header, c.now())), err
	case status == http.StatusOK:
		return secret.String{}, 0, ui.Fault(ui.Failed, "it must be as the runner set it",
			"%s: what %s names gave none", doing, githubURL)
	}
	return secret.String{}, 0, ui.Fault(ui.LoginNeeded, githubHint, "%s: %s", doing, answered(resp.StatusCode))
}

func answered(status int) string {
	return fmt.Sprintf("it answered %d %s", status, http.StatusText(status))
}
