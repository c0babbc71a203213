package databricks

import (
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const presented = "presented: issuer https://idp.example.com, audience client-1, subject 00u1"

func TestEveryRefusalHasItsOwnSentenceAndRemedy(t *testing.T) {
	t.Parallel()
	const (
		users      = "databricks account federation-policy create"
		principals = "databricks account service-principal-federation-policy create SERVICE_PRINCIPAL_ID"
		assignment = "service_principal of the role"
		federation = "OAuth token federation"
		network    = "connect to the company's network or VPN"
		later      = "try again in a minute"
		address    = "browser's address bar"
	)
	for _, c := range []struct {
		status   int
		body     string
		clientID string
		code     ui.Code
		id       ui.ID
		text     string
		hints    []string // all of them
		token    bool
	}{
		{400, `{"error":"invalid_grant","error_description":"expired"}`, "", ui.Refused, "workspace-federation-refused", "account-wide federation of users: invalid_grant: expired", []string{presented, users}, true},
		{401, `{"error":"invalid_token"}`, "", ui.Refused, "workspace-federation-refused", "invalid_token", []string{presented, users}, true},
		{400, `{"error":"invalid_request","error_description":"no policy"}`, "app-1", ui.Refused, "workspace-federation-refused", "service principal app-1: invalid_request: no policy", []string{presented, principals}, true},
		{401, `{"error":"invalid_client"}`, "app-1", ui.Refused, "workspace-principal-unknown", "service principal app-1", []string{assignment, presented, principals}, false},
		{401, `{"error":"invalid_client"}`, "", ui.Refused, "workspace-exchange-refused", "invalid_client", []string{presented, users}, false},
		{403, `{"error":"access_denied","error_description":"Policy"}`, "app-1", ui.Refused, "workspace-exchange-refused", "access_denied: Policy", []string{presented, principals}, false},
		{403, `{"error":"unauthorized_client"}`, "", ui.Refused, "workspace-exchange-refused", "unauthorized_client", []string{presented, users}, false},
		{400, `{"error":"invalid_target"}`, "", ui.Refused, "workspace-exchange-refused", "invalid_target", []string{presented, users}, false},
		{400, `{"error":"unsupported_grant_type"}`, "", ui.Refused, "workspace-federation-off", "unsupported_grant_type", []string{federation}, false},
		{200, `{"error":"invalid_grant"}`, "", ui.Refused, "workspace-federation-refused", "invalid_grant", []string{presented, users}, true},
		{400, `{"error_code":"INVALID_PARAMETER_VALUE","message":"odd"}`, "", ui.Refused, "workspace-exchange-refused", "INVALID_PARAMETER_VALUE: odd", []string{presented, users}, false},
		{403, `{"error_code":403,"message":"Source IP address: 192.0.2.1 is blocked by Databricks IP ACL"}`, "", ui.Refused, "workspace-network-refused", "Source IP address: 192.0.2.1", []string{network, presented, users}, false},
		{401, ``, "", ui.Refused, "workspace-refuses-silently", "refused (401) without a reason", []string{network, presented, users}, false},
		{429, `{"error":"invalid_grant","error_description":"slow down"}`, "app-1", ui.Failed, "workspace-throttled", "limits requests (429): invalid_grant: slow down", []string{later}, false},
		{404, `{"error_code":"ENDPOINT_NOT_FOUND","message":"odd"}`, "app-1", ui.Failed, "workspace-not-found", "no such workspace or account (404): ENDPOINT_NOT_FOUND", []string{address}, false},
		{400, `{"error":"server_error"}`, "", ui.Failed, "workspace-unavailable", "answered 400: server_error", []string{later}, false},
	} {
		w := serve(t, says(c.status, c.body))
		e := w.exchange()
		e.ClientID = c.clientID
		_, err := w.Exchange(t.Context(), e)
		t.Log(c.body)
		mustFail(t, err, c.code, c.text, c.hints[0])
		if ui.IDOf(err) != c.id {
			t.Errorf("%d %s: %s", c.status, c.body, ui.IDOf(err))
		}
		for _, hint := range []string{presented, users, principals, assignment, federation, network, later, address} {
			if got, want := strings.Contains(ui.HintOf(err), hint), slices.Contains(c.hints, hint); got != want {
				t.Errorf("%q is in the hint: %v, want %v:\n%s", hint, got, want, ui.HintOf(err))
			}
		}
		if TokenRefused(err) != c.token {
			t.Errorf("token refused: %v", TokenRefused(err))
		}
	}
	if TokenRefused(nil) {
		t.Error("no error is no refusal")
	}
}

// A server that repeats the token it refuses must not put it on the terminal, and what it says is cleaned and bounded.
func TestARefusalRepeatsNoSecret(t *testing.T) {
	t.Parallel()
	for name, echo := range map[string]string{
		"token": idToken(`{"alg":"RS256","kid":"k1"}`).Reveal(), "claims": claims, "signature": "x" + signature + "x",
	} {
		for _, member := range []string{`"error":`, `"error":"invalid_grant","error_description":`, `"error_code":"X","message":`, `"detail":`} {
			w := serve(t, says(400, "{"+member+`"echo `+echo+` \u001b[31m`+strings.Repeat("long ", 10_000)+`"}`))
			_, err := w.Exchange(t.Context(), w.exchange())
			mustFail(t, err, ui.Refused, "echo", presented)
			if len(err.Error()) > 1200 {
				t.Errorf("%s: the message has %d characters", name, len(err.Error()))
			}
		}
	}
}

func TestScopesThatDatabricksDoesNotKnow(t *testing.T) {
	t.Parallel()
	w := serve(t, says(400, `{"error":"invalid_scope","error_description":"the scope sqll is invalid"}`))
	e := w.exchange()
	e.Scopes = []string{"clusters", "sqll"}
	_, err := w.Exchange(t.Context(), e)
	mustFail(t, err, ui.Refused, "gives no token with the scopes clusters sqll: invalid_scope: the scope sqll is invalid", "scopes of the workspace or role")
	if ui.IDOf(err) != "workspace-scopes-refused" || TokenRefused(err) {
		t.Errorf("%v", err)
	}
}

func TestTheCommandOfTheRemedy(t *testing.T) {
	t.Parallel()
	e := Exchange{Issuer: "https://idp.example.com/", Audience: "client-1", Subject: "alice@example.com"}
	if got, want := lastLine(e.remedy().String()), `databricks account federation-policy create --json `+
		`'{"oidc_policy":{"issuer":"https://idp.example.com/","audiences":["client-1"],"subject_claim":"sub"}}'`; got != want {
		t.Errorf("got %s", got)
	}
	e.Subject = "00u1"
	if got := lastLine(e.remedy().String()); !strings.Contains(got, `"subject_claim":"email"`) {
		t.Errorf("a subject that is no e-mail address can't be a user name: %s", got)
	}
	e.ClientID, e.Subject = "app-1", "auth0|alice"
	if got, want := lastLine(e.remedy().String()), `databricks account service-principal-federation-policy create SERVICE_PRINCIPAL_ID --json `+
		`'{"oidc_policy":{"issuer":"https://idp.example.com/","audiences":["client-1"],"subject":"auth0|alice"}}'`; got != want {
		t.Errorf("got %s", got)
	}
	for _, hostile := range []string{"a';touch x;'", `a"b`, "$(x)", "`x`", "a\nb", `a\`, "a;b", "ünï", "", strings.Repeat("a", 301), "%PATH%", "!x"} {
		e.Issuer, e.Audience, e.Subject = hostile, hostile, hostile
		if got := lastLine(e.remedy().String()); !strings.HasSuffix(got, `'{"oidc_policy":{"issuer":"ISSUER","audiences":["AUDIENCE"],"subject":"SUBJECT"}}'`) {
			t.Errorf("%q is in a command that people copy: %s", hostile, got)
		}
	}
}

func lastLine(s string) string { return s[strings.LastIndexByte(s, '\n')+1:] }
