package databricks

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func (w *workspace) token() *Token {
	return &Token{Host: w.url, AccessToken: secret.New(accessToken), Expires: now}
}

func TestWhoWeAre(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]*Principal{
		`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"7","userName":"alice@example.com","displayName":"Alice","active":true,
		  "groups":[{"display":"users","value":"2"},{"display":"admins"},{"display":"users"},{"value":"9"},null,"x",{"display":17}],
		  "entitlements":[{"value":"workspace-access"},{"value":"databricks-sql-access"}],
		  "roles":[{"value":"arn:aws:iam::111122223333:instance-profile/ml"}]}`: {
			ID: "7", UserName: "alice@example.com", DisplayName: "Alice", Active: true, Groups: []string{"admins", "users"},
			Entitlements: []string{"databricks-sql-access", "workspace-access"}, Roles: []string{"arn:aws:iam::111122223333:instance-profile/ml"},
		},
		`{"userName":"app-1"}`: {UserName: "app-1", Active: true},
		`{"id":"7","active":false,"groups":null,"roles":{},"entitlements":"x"}`: {ID: "7"},
		`{"id":"7","active":"no","displayName":["x"]}`:                          {ID: "7", Active: true},
		`{"id":"7","userName":"a\u001b[31m\u202eb\nc","groups":[{"display":" g\u0000 "},{"display":"\u0007"}]}`: {
			ID: "7", UserName: "a[31mb c", Active: true, Groups: []string{"g"},
		},
	} {
		w := serve(t, says(200, body))
		got, err := w.Me(t.Context(), w.token())
		if err != nil {
			t.Errorf("%s: %v", body, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", body, diff)
		}
		r := w.requests[0]
		if r.Method != http.MethodGet || r.URL.String() != "/api/2.0/preview/scim/v2/Me" || r.Header.Get("Authorization") != "Bearer "+accessToken {
			t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
		}
	}
}

func TestWhyAWorkspaceDoesNotSay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status     int
		body       string
		code       ui.Code
		id         ui.ID
		text, hint string
	}{
		{401, `{"error_code":401,"message":"Credential was not sent or was of an unsupported type"}`, ui.Refused, "workspace-token-refused", "does not accept its token: Credential was", "login --force"},
		{401, "", ui.Refused, "workspace-token-refused", "no reason given", "login --force"},
		{403, `{"error_code":"PERMISSION_DENIED","message":"` + accessToken + ` lacks access"}`, ui.Refused, "workspace-access-refused", "PERMISSION_DENIED: [redacted] lacks access", "workspace-access"},
		{403, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"detail":"Forbidden","status":"403"}`, ui.Refused, "workspace-access-refused", "refuses access: Forbidden", "VPN"},
		{403, `{"error_code":403,"message":"Source IP address: 192.0.2.1 is blocked"}`, ui.Refused, "workspace-access-refused", "Source IP address", "IP access list"},
		{404, "<html>", ui.Failed, "workspace-not-found", "no such workspace", "address bar"},
		{429, `{"error_code":"REQUEST_LIMIT_EXCEEDED","message":"slow down"}`, ui.Failed, "workspace-throttled", "REQUEST_LIMIT_EXCEEDED: slow down", "in a minute"},
		{502, "<html>", ui.Failed, "service-down", "answered 502", "has an outage"},
		{400, `{"message":"odd"}`, ui.Failed, "workspace-refuses", "answered 400: odd", "proxy"},
		{200, "", ui.Failed, "another-server", "no answer of a Databricks workspace", "proxy"},
		{200, "null", ui.Failed, "another-server", "no answer of a Databricks workspace", "proxy"},
		{200, `{"active":true}`, ui.Failed, "another-server", "no answer of a Databricks workspace", "proxy"},
		{200, `{"id":"7","groups":["` + strings.Repeat("x", 10<<20) + `"]}`, ui.Failed, "answer-too-large", "larger than the bound", "the host of the workspace"},
		{400, `{"id":"7"}`, ui.Failed, "another-server", "no answer of a Databricks workspace", "proxy"},
	} {
		w := serve(t, says(c.status, c.body))
		got, err := w.Me(t.Context(), w.token())
		if got != nil {
			t.Errorf("%+v", got)
		}
		mustFail(t, err, c.code, c.text, c.hint)
		if ui.IDOf(err) != c.id {
			t.Errorf("%d %.100s: %s", c.status, c.body, ui.IDOf(err))
		}
	}
}

func TestAWorkspaceTokenGoesToItsWorkspaceOnly(t *testing.T) {
	t.Parallel()
	w := serve(t, says(200, `{"id":"7"}`))
	_, err := w.Me(t.Context(), &Token{Host: "https://evil.example", AccessToken: secret.New(accessToken)})
	mustFail(t, err, ui.Refused, "evil.example is neither", "trusted_hosts")
	_, err = w.Me(t.Context(), &Token{Host: w.url})
	mustFail(t, err, ui.LoginNeeded, "no workspace token", "dbxaccess login")
	if ui.IDOf(err) != "workspace-token-missing" {
		t.Errorf("%s: %v", ui.IDOf(err), err)
	}
	_, err = w.Me(t.Context(), &Token{Host: w.url, AccessToken: secret.New(accessToken + "\r\nX-Evil: 1")})
	if err == nil || strings.Contains(fmt.Sprintf("%v %s", err, ui.HintOf(err)), accessToken) {
		t.Errorf("%v", err)
	}
	_, err = w.Me(t.Context(), &Token{Host: w.url, AccountID: "a1", AccessToken: secret.New(accessToken)})
	mustFail(t, err, ui.Failed, "an account console has no answer", "a workspace")
	if len(w.requests) != 0 {
		t.Errorf("%d requests", len(w.requests))
	}
}
