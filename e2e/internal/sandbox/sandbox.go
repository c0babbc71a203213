// Package sandbox runs the project's sandbox, the double of a Databricks workspace (with an identity provider and STS
// beside it), as the program that people run by hand, and stands between it and its clients to see what they ask for.
//
// Two workspaces are one sandbox under two names: it gives each name its own tokens.
package sandbox

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/e2e/internal/browser"
	"github.com/dbxaccess/dbxaccess/e2e/internal/gate"
	"github.com/dbxaccess/dbxaccess/e2e/internal/process"
)

const (
	// ClientID of the public client that people sign in to.
	ClientID = "dbxaccess-sandbox"
	// Alice can be chosen on the sign-in page, and may take the roles Trainer and Reader.
	Alice = "alice"
	// AliceEmail is her user name at the workspaces.
	AliceEmail = "alice@example.com"
	// Trainer is a role at AWS.
	Trainer = "arn:aws:iam::111122223333:role/ml-trainer"
	// Reader is another.
	Reader = "arn:aws:iam::111122223333:role/ml-reader"
)

const exchangeGrant = "urn:ietf:params:oauth:grant-type:token-exchange"

// Sandbox is a running sandbox.
type Sandbox struct {
	Issuer  string // of the identity provider
	STSURL  string
	Map     string // a file: the access map that the sandbox offers, with its own workspace
	Prod    *Workspace
	Staging *Workspace
}

// Workspace is a Databricks workspace.
type Workspace struct {
	Host string // http://127.0.0.1:port

	gate *gate.Gate
}

// Token is an access token that a workspace issued.
type Token struct {
	AccessToken string
	Life        time.Duration
}

// Start starts a sandbox and waits until it serves. behaviour is JSON as `sandbox -set` takes it, "" for none.
func Start(t testing.TB, binary, behaviour string) *Sandbox {
	t.Helper()
	var args []string
	if behaviour != "" {
		args = []string{"-set", behaviour}
	}
	p := process.Start(t, process.Program{
		Name: "sandbox", Path: binary, Args: args, Env: []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir()},
	})
	told := regexp.MustCompile(`(?s)issuer +(\S+).*STS +(\S+).*access map +(\S+)\n`)
	var words []string
	p.Await(t, time.Minute, func() bool {
		words = told.FindStringSubmatch(p.Log.String())
		return words != nil
	})
	s := &Sandbox{Issuer: words[1], STSURL: words[2], Map: words[3]}
	address, err := url.Parse(s.STSURL)
	if err != nil {
		t.Fatal(err)
	}
	s.Prod = open(t, address.Host, address.Host)
	s.Staging = open(t, address.Host, net.JoinHostPort("localhost", address.Port()))
	return s
}

func open(t testing.TB, address, name string) *Workspace {
	t.Helper()
	w := &Workspace{gate: gate.OpenFor(t, address, name)}
	w.Host = w.gate.URL
	return w
}

// Approve does what a person does with a browser: open the verification page, enter the user code, choose who they are
// and approve.
func Approve(ctx context.Context, verificationURI, userCode, user string) error {
	return browser.Walk(ctx, verificationURI, map[string]string{
		"user_code": userCode, "user": user, "decision": "approve",
	}, "You are signed in")
}

// Exchanges counts the token exchanges that clients tried so far, and those that were refused.
func (w *Workspace) Exchanges() (tried, refused int) {
	return w.gate.Count("grant_type", exchangeGrant)
}

// Tokens returns every token issued so far.
func (w *Workspace) Tokens(t testing.TB) []Token {
	t.Helper()
	var tokens []Token
	for _, e := range w.gate.Exchanges("grant_type", exchangeGrant) {
		if e.Status != http.StatusOK {
			continue
		}
		var answer struct {
			AccessToken string `json:"access_token"`
			ExpiresIn   int64  `json:"expires_in"`
		}
		if err := json.Unmarshal(e.Body, &answer); err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, Token{answer.AccessToken, time.Duration(answer.ExpiresIn) * time.Second})
	}
	return tokens
}

// Accepts tells whether the workspace takes a token for a person's.
func (w *Workspace) Accepts(t testing.TB, token string) bool {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.Host+"/api/2.0/preview/scim/v2/Me", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
		return true
	case http.StatusUnauthorized:
		return false
	}
	t.Fatalf("%s answered %s", w.Host, resp.Status)
	return false
}
