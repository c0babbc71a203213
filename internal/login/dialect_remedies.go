package login

// What each kind of provider says when it refuses, and what an administrator or the person does about it. The
// generic ones hold for every kind that has none of its own.

const grantsHint = "enable the authorization code, device code and refresh token grants for the application {client} at the identity provider"

const publicHint = "check client_id in the access map; the application must be a public (native) client, which needs no secret"

var genericRemedies = []remedy{
	{code: "invalid_client", hint: publicHint},
	{code: "unauthorized_client", hint: grantsHint},
	{code: "unsupported_grant_type", hint: grantsHint},
	{code: "invalid_scope", hint: "name the scopes the provider knows as scopes of the identity in the access map"},
}

// https://developer.okta.com/docs/api/openapi/okta-oauth/guides/overview/
var oktaRemedies = []remedy{
	{code: "access_denied", says: "policy evaluation failed", hint: "in Okta, open the authorization server under Security > API, " +
		"Access Policies: a rule must let the application {client} use the grant and every scope that is asked for"},
	{code: "access_denied", says: "not assigned", hint: "have the application {client} assigned to you in Okta (Applications, Assignments)"},
	{code: "invalid_scope", hint: "in Okta, add the scope to the authorization server (Security > API > Scopes), or name those it has as " +
		"scopes of the identity in the access map"},
	{code: "unauthorized_client", hint: "in Okta, open the application {client}, General, and tick the grant types Authorization Code, " +
		"Device Authorization and Refresh Token"},
	{code: "invalid_client", hint: "check client_id in the access map; in Okta, the application must be of the type Native and authenticate " +
		"itself with nothing (client authentication: None)"},
}

// https://learn.microsoft.com/entra/identity-platform/reference-error-codes
var entraRemedies = []remedy{
	{number: 7000218, hint: "in Entra ID, open the application's Authentication page and set \"Allow public client flows\" to Yes (AADSTS7000218)"},
	{number: 50011, hint: "in Entra ID, open the application's Authentication page and add http://localhost/callback as a redirect address of " +
		"the platform \"Mobile and desktop applications\" (AADSTS50011)"},
	{number: 9002327, hint: "in Entra ID, open the application's Authentication page and move the redirect address from the platform " +
		"\"Single-page application\" to \"Mobile and desktop applications\" (AADSTS9002327)"},
	{number: 50105, hint: "have the application {client} assigned to you or one of your groups (Entra ID: Enterprise applications, " +
		"Users and groups; AADSTS50105)"},
	{number: 53000, hint: conditionalAccess},
	{number: 53001, hint: conditionalAccess},
	{number: 53003, hint: conditionalAccess},
	{number: 65001, hint: consentHint},
	{number: 90094, hint: consentHint},
	{number: 700016, hint: "check client_id, and the tenant in issuer, of the identity in the access map (AADSTS700016)"},
	{number: 90002, hint: "check the tenant in issuer of the identity in the access map (AADSTS90002)"},
	{number: 50020, hint: "sign in with an account of the tenant in issuer, or be invited to it as a guest (AADSTS50020)"},
	{number: 50074, hint: byBrowser},
	{number: 50076, hint: byBrowser},
	{number: 50078, hint: byBrowser},
	{number: 50079, hint: byBrowser},
	{number: 50173, hint: "{login}"},
	{number: 70043, hint: "{login}"},
	{number: 700082, hint: "{login}"},
	{number: 700084, hint: "{login}"},
	{code: "invalid_client", hint: publicHint + " (in Entra ID: \"Allow public client flows\", AADSTS7000218)"},
}

const (
	byBrowser         = "{login} --flow browser"
	conditionalAccess = byBrowser + "\nConditional Access of Entra ID blocks this sign-in; many tenants block device codes alone, and take the browser"
	consentHint       = "an administrator has to consent to the application {client} for the tenant (Entra ID: Enterprise applications, Permissions)"
)

// https://github.com/keycloak/keycloak/tree/main/services/src/main/java/org/keycloak/protocol/oidc
var keycloakRemedies = []remedy{
	{code: "unauthorized_client", says: "device authorization grant",
		hint: "in Keycloak, open the client {client}, Capability config, and turn on OAuth 2.0 Device Authorization Grant"},
	{code: "unauthorized_client", says: "standard flow",
		hint: "in Keycloak, open the client {client}, Capability config, and turn on Standard flow"},
	{code: "unauthorized_client", hint: keycloakClient},
	{code: "invalid_client", hint: keycloakClient},
	{code: "not_allowed", says: "offline", hint: "in Keycloak, give people the realm role offline_access, or name the scopes without " +
		"offline_access as scopes of the identity in the access map"},
	{code: "invalid_scope", hint: "in Keycloak, open the client {client}, Client scopes, and add the scope that is missing; or name those it has " +
		"as scopes of the identity in the access map"},
	{code: "invalid_grant", says: "session not active", hint: keycloakSession}, // also "Offline session not active"
	{code: "invalid_grant", says: "token is not active", hint: keycloakSession},
}

const (
	keycloakClient  = "check client_id in the access map; in Keycloak, the client must be enabled, with Client authentication off"
	keycloakSession = "{login}\nhow long a session lasts is set in Keycloak under Realm settings, Sessions"
)

// https://auth0.com/docs/get-started/applications/update-grant-types
var auth0Remedies = []remedy{
	{code: "unauthorized_client", hint: "in Auth0, open the application {client}, Settings, Advanced Settings, Grant Types, and tick " +
		"Authorization Code, Device Code and Refresh Token; only an application of the type Native can have the second"},
	{code: "access_denied", says: "service not found", hint: "audience of the identity in the access map must be the identifier of an API in Auth0"},
}

// https://developers.google.com/identity/protocols/oauth2/native-app#authorization-errors
var googleRemedies = []remedy{
	{code: "org_internal", hint: "the application is for people of its own organisation at Google: sign in with such an account"},
	{code: "admin_policy_enforced", hint: "an administrator of Google Workspace has to allow the application {client} (Security, API controls)"},
	{code: "disallowed_useragent", hint: "open the address in an ordinary browser: Google takes none that is part of another program"},
	{code: "redirect_uri_mismatch", hint: "create a client of the type Desktop app at Google, and name it as client_id in the access map"},
	{code: "invalid_client", hint: "check client_id and client_secret in the access map; Google wants a client of the type " +
		"\"TVs and Limited Input devices\" for device codes, and a Desktop app for the browser"},
	{code: "invalid_request", says: "client_secret is missing", hint: "Google wants a secret even of a Desktop app: write it into the access map " +
		"as client_secret of the identity; it is not treated as one"},
	{code: "invalid_scope", hint: byBrowser + "\nwith device codes, Google gives few scopes beyond openid, email and profile"},
}

var pingRemedies = []remedy{
	{code: "unauthorized_client", hint: "in PingOne, open the application {client}, Configuration, and tick the grant types Authorization Code, " +
		"Device Authorization and Refresh Token; in PingFederate, these are the client's Allowed Grant Types"},
}

// https://dexidp.io/docs/configuration/oauth2/
var dexRemedies = []remedy{
	{code: "invalid_client", hint: "check client_id in the access map; in Dex's staticClients, the client must have public: true"},
	{code: "unsupported_grant_type", hint: "in Dex's configuration, oauth2.grantTypes must hold the authorization code, device code and refresh " +
		"token grants, or be left out"},
}
