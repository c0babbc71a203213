package e2e

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/e2e/internal/laptop"
)

// clientFailed asserts that a client ended with an error, soon, and said the words.
func clientFailed(t *testing.T, r laptop.Result, words ...string) {
	t.Helper()
	if r.Code == 0 || r.Stdout != "" {
		t.Errorf("exit code %d, want a failure:\n%s", r.Code, r.Stdout)
	}
	for _, want := range words {
		if !strings.Contains(r.Stderr, want) {
			t.Errorf("the client does not say %q:\n%s", want, r.Stderr)
		}
	}
}

// A person whose session is gone reads in their own program what to do, at once: a client that asked again would wait for longer than
// atOnce. It takes as long besides as where it succeeds. This test is not parallel: it measures time, and the others take all processors.
func TestDatabricksLoginNeeded(t *testing.T) {
	const atOnce = 3 * time.Second
	s, l := newDatabricksLaptop(t, "")
	databricksLogin(t, l, trainer)
	own := map[string]time.Duration{}
	for name, client := range databricksClients(t) {
		r := startClient(t, l, client, nil).Wait()
		clientSucceeded(t, r)
		own[name] = r.Took
	}
	succeeded(t, l.Run(t, "logout"))
	before, _ := s.Prod.Exchanges()
	for name, client := range databricksClients(t) {
		t.Run(name, func(t *testing.T) {
			// Once is enough: the other times it may have waited for a processor.
			fastest := laptop.Timeout
			for end := time.Now().Add(time.Minute); fastest >= own[name]+atOnce; {
				if time.Now().After(end) {
					t.Fatalf("it took %v", fastest)
				}
				r := startClient(t, l, client, nil).Wait()
				clientFailed(t, r, "dbxaccess login")
				fastest = min(fastest, r.Took)
			}
		})
	}
	if tried, _ := s.Prod.Exchanges(); tried != before {
		t.Errorf("%d exchanges without a session", tried-before)
	}
}

// The environment of a program beats the profile, setting by setting. Whatever it holds, a token works at no workspace
// but the one it was made for.
func TestDatabricksHosts(t *testing.T) {
	t.Parallel()
	s, l := newDatabricksLaptop(t, "")
	databricksLogin(t, l, trainer)
	binary, err := product()
	if err != nil {
		t.Fatal(err)
	}
	for name, client := range databricksClients(t) {
		t.Run(name, func(t *testing.T) {
			run := func(variables ...string) laptop.Result { return startClient(t, l, client, variables).Wait() }
			clientSucceeded(t, run())
			clientSucceeded(t, run("DATABRICKS_CONFIG_PROFILE=dbx-"+reader))
			// Another way of signing in that was left behind: the profile has its own.
			clientSucceeded(t, run("DATABRICKS_TOKEN=dapi-left-behind"))
			// A program without a profile.
			clientSucceeded(t, run("--unset=DATABRICKS_CONFIG_PROFILE", "DATABRICKS_HOST="+s.Staging.Host,
				"DATABRICKS_AUTH_TYPE=databricks-cli", "DATABRICKS_CLI_PATH="+binary))

			clientFailed(t, run("DATABRICKS_HOST="+s.Staging.Host), "unset DATABRICKS_HOST")
			clientFailed(t, run("DATABRICKS_HOST="+s.Prod.Host, "DATABRICKS_CONFIG_PROFILE=dbx-"+reader), "unset DATABRICKS_HOST")
		})
	}
	l.Unset("DATABRICKS_CONFIG_PROFILE") // which would contradict the other host
	prod, staging := helperToken(t, l, "--host", s.Prod.Host), helperToken(t, l, "--host", s.Staging.Host)
	if !s.Prod.Accepts(t, prod) || !s.Staging.Accepts(t, staging) {
		t.Error("a workspace refuses its own token")
	}
	if s.Prod.Accepts(t, staging) || s.Staging.Accepts(t, prod) {
		t.Error("a workspace takes the other's token")
	}

	l.Set("DATABRICKS_CONFIG_PROFILE", "dbx-"+trainer)

	// A file that sends the trainer elsewhere than the access map does.
	file := l.Files(t)[databricksProfile]
	l.Write(t, databricksProfile, strings.ReplaceAll(file, s.Prod.Host, s.Staging.Host), 0o600)
	for _, client := range databricksClients(t) {
		clientFailed(t, startClient(t, l, client, nil).Wait(), "dbxaccess profiles sync")
	}
	for name, w := range map[string]int{"prod": len(s.Prod.Tokens(t)), "staging": len(s.Staging.Tokens(t))} {
		if w != 1 {
			t.Errorf("%d tokens for %s, want one for all of this", w, name)
		}
	}
}

func helperToken(t *testing.T, l *laptop.Laptop, args ...string) string {
	t.Helper()
	var token struct {
		AccessToken string `json:"access_token"`
	}
	r := succeeded(t, l.Run(t, append([]string{"auth", "token"}, args...)...))
	if err := json.Unmarshal([]byte(r.Stdout), &token); err != nil {
		t.Fatal(err)
	}
	return token.AccessToken
}
