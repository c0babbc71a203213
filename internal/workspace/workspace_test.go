package workspace_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/workspace"
)

const token = "canary-workspace-token"

// ask asks a workspace that answers as the handler says.
func ask(t *testing.T, handler http.HandlerFunc) (*databricks.Principal, error) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	c, err := workspace.New(httpclient.New(httpclient.Options{UserAgent: "dbxaccess/1.2.3"}),
		&databricks.Token{Host: server.URL, AccessToken: secret.New(token)}, workspace.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c.Me(t.Context())
}

func TestMeIsAskedWithTheTokenAlone(t *testing.T) {
	for name, value := range map[string]string{
		"DATABRICKS_HOST": "https://evil.example.com", "DATABRICKS_TOKEN": "another", "DATABRICKS_AUTH_TYPE": "pat",
		"DATABRICKS_CONFIG_PROFILE": "nowhere", "DATABRICKS_WORKSPACE_ID": "1", "DATABRICKS_SDK_UPSTREAM": "evil", "DATABRICKS_SDK_UPSTREAM_VERSION": "6.6.6",
	} {
		t.Setenv(name, value)
	}
	me, err := ask(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/2.0/preview/scim/v2/Me" || r.Header.Get("Authorization") != "Bearer "+token ||
			r.Header.Get("User-Agent") != "dbxaccess/1.2.3" || r.Header.Get("X-Databricks-Workspace-Id") != "" {
			t.Errorf("%s %v", r.URL.Path, r.Header)
		}
		_, _ = w.Write([]byte(`{"id":"1","userName":"alice@example.com","displayName":"\u001b[31mAlice","groups":[{"display":"b"},{"display":"a"},{"display":"a"}]}`))
	})
	if err != nil || me.UserName != "alice@example.com" || strings.Contains(me.DisplayName, "\x1b") || !me.Active || !slices.Equal(me.Groups, []string{"a", "b"}) {
		t.Errorf("%+v, %v", me, err)
	}
	if me, err = ask(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"id":"1","userName":"alice@example.com","active":false}`))
	}); err != nil || me.Active {
		t.Errorf("inactive: %+v, %v", me, err)
	}
}

func TestWhatAWorkspaceRefusesDoesNotRepeatTheToken(t *testing.T) {
	t.Parallel()
	for status, code := range map[int]ui.Code{
		http.StatusUnauthorized: ui.Refused, http.StatusForbidden: ui.Refused, http.StatusNotFound: ui.Failed, http.StatusBadRequest: ui.Failed,
	} {
		_, err := ask(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"message":"` + token + ` is no token: Bearer ` + token + `"}`))
		})
		if ui.CodeOf(err) != code || strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "<nil>") ||
			!strings.Contains(err.Error(), "is no token") {
			t.Errorf("%d: %d %v", status, ui.CodeOf(err), err)
		}
	}
}

func TestTheTokenFollowsNoRedirect(t *testing.T) {
	t.Parallel()
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	_, err := ask(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) })
	if err == nil || elsewhere.Load() != 0 {
		t.Errorf("%v after %d requests elsewhere", err, elsewhere.Load())
	}
}

func TestAnAccountConsoleHasNoMe(t *testing.T) {
	t.Parallel()
	_, err := workspace.New(httpclient.New(httpclient.Options{}), &databricks.Token{Host: "https://accounts.cloud.databricks.com", AccountID: "a"}, workspace.Options{})
	if ui.CodeOf(err) != ui.Failed || !strings.Contains(err.Error(), "account console") {
		t.Errorf("%v", err)
	}
}
