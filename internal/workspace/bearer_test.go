package workspace_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/workspace"
)

func TestATokenThatEndsIsReplaced(t *testing.T) {
	t.Parallel()
	var sent []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent = append(sent, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		if len(sent) == 3 {
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`{"message":"no: first-canary-token, second-canary-token"}`))
			return
		}
		_, _ = w.Write([]byte(`{"id":"1","userName":"alice@example.com"}`))
	}))
	defer server.Close()
	token := func(value, host string) *databricks.Token {
		return &databricks.Token{Host: host, AccessToken: secret.New(value)}
	}
	next, failed := token("first-canary-token", server.URL), error(nil)
	c, err := workspace.New(httpclient.New(httpclient.Options{}), next, workspace.Options{
		Renew: func(context.Context) (*databricks.Token, error) { return next, failed },
	})
	if err != nil {
		t.Fatal(err)
	}
	ask := func() error { _, err := c.Me(t.Context()); return err }
	if err := ask(); err != nil {
		t.Fatal(err)
	}
	next = token("second-canary-token", server.URL)
	if err := ask(); err != nil || !slices.Equal(sent, []string{"first-canary-token", "second-canary-token"}) {
		t.Fatalf("%v: %v", err, sent)
	}
	if err := ask(); err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("both are kept out of what is said: %v", err)
	}
	next = token("third-canary-token", "https://another.example.com")
	if err := ask(); ui.IDOf(err) != "workspace-changed" || len(sent) != 3 {
		t.Errorf("%v after %v", err, sent)
	}
	failed = ui.Errorf("login-needed", ui.LoginNeeded, "sign in")
	if err := ask(); ui.IDOf(err) != "login-needed" || !errors.Is(err, failed) || len(sent) != 3 {
		t.Errorf("%v after %v", err, sent)
	}
}
