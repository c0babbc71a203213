package oidc

import (
	"net/url"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/login/oauth"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Every refusal that a kind of provider documents, as it comes over the wire, and what mends it.
func TestRefusalsHaveTheRemedyOfTheirKind(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ kind, code, description, want string }{
		{"okta", "access_denied", "Policy evaluation failed for this request, please check the policy configuration.", "Access Policies"},
		{"okta", "access_denied", "User is not assigned to the client application.", "to the person"},
		{"okta", "access_denied", "The resource owner denied the request.", ""},
		{"okta", "invalid_scope", "One or more scopes are not configured for the authorization server resource.", "Scopes"},
		{"okta", "unauthorized_client", "The client is not authorized to use the provided grant type.", "Device Authorization"},
		{"okta", "invalid_client", "Client authentication failed.", "Native"},
		{"entra", "invalid_client", "AADSTS7000218: The request body must contain 'client_assertion' or 'client_secret'.", "Allow public client flows"},
		{"entra", "invalid_client", "", "Allow public client flows"},
		{"entra", "invalid_request", "AADSTS50011: The redirect URI does not match.", "http://localhost/callback"},
		{"entra", "invalid_request", "AADSTS9002327: Tokens issued for the 'Single-Page Application' client-type", "Mobile and desktop"},
		{"entra", "interaction_required", "AADSTS50105: The signed in user is not assigned to a role.", "to the person"},
		{"entra", "access_denied", "AADSTS53003: Access has been blocked by Conditional Access policies.", "--flow browser\nConditional Access"},
		{"entra", "interaction_required", "AADSTS53000: Device is not in required device state.", "Conditional Access"},
		{"entra", "invalid_grant", "AADSTS65001: The user or administrator has not consented.", "consent"},
		{"entra", "unauthorized_client", "AADSTS700016: Application with identifier was not found.", "client_id"},
		{"entra", "invalid_request", "AADSTS90002: Tenant not found.", "tenant"},
		{"entra", "access_denied", "AADSTS50020: User account from identity provider does not exist in tenant.", "guest"},
		{"entra", "invalid_grant", "AADSTS70043: The refresh token has expired due to sign-in frequency checks.", "dbxaccess login --identity acme"},
		{"entra", "invalid_grant", "AADSTS700082: The refresh token has expired due to inactivity.", "dbxaccess login --identity acme"},
		{"entra", "invalid_grant", "AADSTS50076: You must use multi-factor authentication.", "dbxaccess login --identity acme --flow browser"},
		{"entra", "interaction_required", "AADSTS50079: You must enroll in multi-factor authentication.", "--flow browser"},
		{"entra", "access_denied", "AADSTS65004: The user declined.", ""},
		{"entra", "access_denied", "AADSTS: no number", ""},
		{"generic", "invalid_client", "AADSTS7000218: as Entra ID says it behind a name of one's own", "Allow public client flows"},
		{"keycloak", "unauthorized_client", "Client is not allowed to initiate OAuth 2.0 Device Authorization Grant. The flow is disabled for the client.", "turn on OAuth 2.0 Device Authorization Grant"},
		{"keycloak", "unauthorized_client", "Client is not allowed to initiate browser login with given response_type. Standard flow is disabled for the client.", "turn on Standard flow"},
		{"keycloak", "unauthorized_client", "Invalid client or Invalid client credentials", "Client authentication off"},
		{"keycloak", "invalid_client", "Invalid client or Invalid client credentials", "Client authentication off"},
		{"keycloak", "not_allowed", "Offline tokens not allowed for the user or client", "offline_access"},
		{"keycloak", "invalid_scope", "Invalid scopes: openid groups", "Client scopes"},
		{"keycloak", "invalid_grant", "Session not active", "Realm settings"},
		{"keycloak", "invalid_grant", "Offline session not active", "Realm settings"},
		{"keycloak", "invalid_grant", "Token is not active", "Realm settings"},
		{"keycloak", "invalid_grant", "Device code not valid", ""},
		{"auth0", "unauthorized_client", "Grant type 'urn:ietf:params:oauth:grant-type:device_code' not allowed for the client.", "Grant Types"},
		{"auth0", "access_denied", "Service not found: api://acme", "audience"},
		{"google", "org_internal", "", "organisation"},
		{"google", "admin_policy_enforced", "", "Google Workspace"},
		{"google", "disallowed_useragent", "", "ordinary browser"},
		{"google", "redirect_uri_mismatch", "Bad Request", "Desktop app"},
		{"google", "invalid_client", "Invalid client type.", "TVs and Limited Input devices"},
		{"google", "invalid_request", "client_secret is missing.", "client_secret"},
		{"google", "invalid_scope", "", "--flow browser"},
		{"ping", "unauthorized_client", "", "PingFederate"},
		{"dex", "invalid_client", "", "public: true"},
		{"dex", "unsupported_grant_type", "", "grantTypes"},
		{"generic", "invalid_client", "", "public (native) client"},
		{"generic", "unauthorized_client", "", "refresh token grants"},
		{"ping", "invalid_scope", "", "scopes the provider knows"},
		{"dex", "teapot", "", ""},
	} {
		p := testProvider()
		p.Kind = c.kind
		hint := ui.HintOf(oauth.NewRefusal(c.code, c.description).Fault(p, "signing in"))
		if c.want == "" && hint != "" || !strings.Contains(hint, c.want) {
			t.Errorf("%s, %s: %s\n\tgot %q, want %q", c.kind, c.code, c.description, hint, c.want)
		}
		if strings.ContainsAny(hint, "{}") {
			t.Errorf("%s: %q", c.code, hint)
		}
	}
}

func TestARenewalThatEndsSaysWhatIsNeeded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ kind, body, want string }{
		{"entra", `{"error":"interaction_required","error_description":"AADSTS50076: MFA","error_codes":[50076]}`, "dbxaccess login --identity acme --flow browser"},
		{"entra", `{"error":"invalid_grant","error_codes":[700082]}`, "dbxaccess login --identity acme"},
		{"entra", `{"error":"invalid_grant","error_codes":[65001]}`, "dbxaccess login --identity acme\nan administrator has to consent"},
		{"keycloak", `{"error":"invalid_grant","error_description":"Session not active"}`, "dbxaccess login --identity acme\nhow long a session lasts"},
		{"dex", `{"error":"invalid_request","error_description":"Refresh token is invalid or has already been claimed by another client."}`, "dbxaccess login --identity acme"},
		{"okta", `{"error":"invalid_grant","error_description":"The refresh token is invalid or expired."}`, "dbxaccess login --identity acme"},
	} {
		i := logintest.NewIDP()
		i.Token = func(url.Values) logintest.Reply { return logintest.Reply{Status: 400, Body: c.body} }
		client, p := clientOf(i), testProvider()
		p.Kind = c.kind
		_, err := client.refresh(t.Context(), p, discover(t, client, p), secret.New("refresh-1"), "")
		logintest.WantFault(t, err, ui.LoginNeeded)
		hint := ui.HintOf(err)
		if first, _, _ := strings.Cut(hint, "\n"); !strings.HasPrefix(hint, c.want) || !strings.HasPrefix(first, "dbxaccess login") {
			t.Errorf("%s: %q, want %q", c.kind, hint, c.want)
		}
	}
}
