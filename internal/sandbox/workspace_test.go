package sandbox

import (
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/workspace"
)

// meAt asks a workspace who a token's owner is.
func meAt(t *testing.T, host, token string) answer {
	t.Helper()
	r := request(t, http.MethodGet, host+mePath+"?excludedAttributes=entitlements", "", "")
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("X-Databricks-Workspace-Id", workspace.ID)
	a, err := do(t, r)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// otherHost is the server by its other name.
func otherHost(t *testing.T, s *Server) string {
	t.Helper()
	_, port, err := net.SplitHostPort(s.Address())
	if err != nil {
		t.Fatal(err)
	}
	return "http://" + net.JoinHostPort("localhost", port)
}

func TestMeIsThePersonWhoSignedIn(t *testing.T) {
	s, _ := start(t)
	s.Set(func(b *Behaviour) { b.AutoApprove = "alice" })
	exchanged := exchangeAt(t, s.WorkspaceHost()+exchangePath, deviceLogin(t, s).text("id_token"))
	a := meAt(t, s.WorkspaceHost(), exchanged.text("access_token"))
	want := map[string]any{
		"schemas":      []any{"urn:ietf:params:scim:schemas:core:2.0:User"},
		"id":           a.text("id"),
		"userName":     "alice@example.com",
		"displayName":  "Alice Martin",
		"active":       true,
		"emails":       []any{map[string]any{"type": "work", "value": "alice@example.com", "primary": true}},
		"entitlements": []any{map[string]any{"value": "workspace-access"}, map[string]any{"value": "databricks-sql-access"}},
		"roles":        []any{map[string]any{"value": "arn:aws:iam::111122223333:instance-profile/ml-trainer"}},
		"groups": []any{
			map[string]any{
				"display": "ml-scientists", "type": "direct", "value": "1819149029561024", "$ref": "Groups/1819149029561024",
			},
			map[string]any{"display": "analysts", "type": "direct", "value": "1325016136940077", "$ref": "Groups/1325016136940077"},
		},
	}
	if diff := cmp.Diff(want, a.fields); diff != "" || a.status != http.StatusOK || a.text("id") == "" {
		t.Errorf("%d\n%s", a.status, diff)
	}
	if a.header.Get("Content-Type") != "application/scim+json" || a.header.Get("X-Databricks-Org-Id") != workspace.ID {
		t.Errorf("header %v", a.header)
	}
}

func TestMeIsTheServicePrincipal(t *testing.T) {
	s, _ := start(t)
	exchanged := exchangeAt(t, s.WorkspaceHost()+exchangePath, mint(t, s, nil), "client_id", ServicePrincipal)
	a := meAt(t, s.WorkspaceHost(), exchanged.text("access_token"))
	if a.text("userName") != ServicePrincipal || a.text("displayName") != "ml-batch" || a.fields["active"] != true ||
		a.fields["roles"] != nil {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestATokenIsGoodForItsHostOnly(t *testing.T) {
	s := startWith(t, Options{})
	other := otherHost(t, s)
	for here, there := range map[string]string{s.WorkspaceHost(): other, other: s.WorkspaceHost()} {
		token := exchangeAt(t, here+exchangePath, mint(t, s, nil)).text("access_token")
		if a := meAt(t, here, token); a.status != http.StatusOK {
			t.Errorf("at %s: %d %s", here, a.status, a.body)
		}
		if a := meAt(t, there, token); a.status != http.StatusUnauthorized || a.fields["error_code"] != 401.0 {
			t.Errorf("of %s at %s: %d %s", here, there, a.status, a.body)
		}
	}
	if u := strings.Join(s.Unexpected(), "\n"); strings.Count(u, "the token of another workspace") != 2 {
		t.Errorf("recorded %q", u)
	}
	if calls := s.ExchangeCalls(); calls[0].Host == calls[1].Host {
		t.Errorf("both exchanges at %s", calls[0].Host)
	}
}

func TestOtherTokensAreRefused(t *testing.T) {
	s, c := start(t)
	token := exchangeAt(t, s.WorkspaceHost()+exchangePath, mint(t, s, nil)).text("access_token")
	c.advance(time.Hour)
	if a := meAt(t, s.WorkspaceHost(), token); a.status != http.StatusUnauthorized || a.text("message") == "" {
		t.Errorf("expired: %d %s", a.status, a.body)
	}
	if u := s.Unexpected(); len(u) != 0 {
		t.Errorf("that a token expired was unexpected: %q", u)
	}

	strict := startWith(t, Options{})
	if a := meAt(t, strict.WorkspaceHost(), mint(t, strict, nil)); a.status != http.StatusUnauthorized {
		t.Errorf("an ID token: %d %s", a.status, a.body)
	}
	if u := strict.Unexpected(); len(u) != 1 || !strings.Contains(u[0], "no workspace issued") {
		t.Errorf("recorded %q", u)
	}
}

func TestTheWorkspaceTellsTheSDKsWhatItIs(t *testing.T) {
	s, _ := start(t)
	for _, host := range []string{s.WorkspaceHost(), otherHost(t, s)} {
		want := map[string]any{
			"oidc_endpoint": host + "/oidc", "account_id": DatabricksAccount, "workspace_id": workspace.ID, "cloud": "AWS",
			"host_type": "workspace", "token_federation_default_oidc_audiences": []any{host + "/oidc/v1/token"},
		}
		if diff := cmp.Diff(want, get(t, host+workspaceConfigPath).fields); diff != "" {
			t.Error(diff)
		}
	}
}

func TestTheWorkspaceFailsAsTold(t *testing.T) {
	s, _ := start(t)
	for code, status := range map[string]int{
		"UNAUTHENTICATED": 401, "PERMISSION_DENIED": 403, "NOT_FOUND": 404, "REQUEST_LIMIT_EXCEEDED": 429, "INTERNAL_ERROR": 500,
		"TEMPORARILY_UNAVAILABLE": 503, "INVALID_PARAMETER_VALUE": 400,
	} {
		s.Inject(Fault{Endpoint: Me, Error: code, Message: "so"})
		if a := meAt(t, s.WorkspaceHost(), "x"); a.status != status || a.text("error_code") != code || a.text("message") != "so" {
			t.Errorf("%s: %d %s", code, a.status, a.body)
		}
	}
}
