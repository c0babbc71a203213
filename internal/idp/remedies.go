package idp

// What each kind of provider says when it refuses, and what an administrator or the person does about it.

// Yours begins a line that is the person's own to follow; all others but commands are an administrator's.
const Yours = "you: "

const grantsHint = "enable the authorization code, device code and refresh token grants for the application {client} at the identity provider"

const scopesHint = "name the scopes the provider knows as scopes of the identity in the access map"

// https://www.rfc-editor.org/rfc/rfc9449#section-5
const dpopHint = "let the application {client} have plain bearer tokens: the provider demands a proof of possession (DPoP, RFC 9449), which " +
	"dbxaccess does not give, since neither AWS nor Databricks asks for one"

const publicHint = "check client_id in the access map; the application must be a public (native) client, which needs no secret"

var genericRemedies = []Remedy{
	{Code: "invalid_client", Hint: publicHint},
	{Code: "unauthorized_client", Hint: grantsHint},
	{Code: "unsupported_grant_type", Hint: grantsHint},
	{Code: "invalid_scope", Hint: scopesHint},
	{Code: "invalid_dpop_proof", Hint: dpopHint},
	{Code: "use_dpop_nonce", Hint: dpopHint},
}

// https://developer.okta.com/docs/api/openapi/okta-oauth/guides/overview/
var oktaRemedies = []Remedy{
	{Code: "access_denied", Says: "policy evaluation failed", Hint: "in Okta, open the authorization server under Security > API, " +
		"Access Policies: a rule must let the application {client} use the grant and every scope that is asked for"},
	{Code: "access_denied", Says: "not assigned", Hint: "assign the application {client} to the person in Okta (Applications, Assignments)"},
	{Code: "invalid_scope", Hint: "in Okta, add the scope to the authorization server (Security > API > Scopes), or name those it has as " +
		"scopes of the identity in the access map"},
	{Code: "invalid_dpop_proof", Hint: oktaDPoP},
	{Code: "use_dpop_nonce", Hint: oktaDPoP},
	{Code: "unauthorized_client", Hint: "in Okta, open the application {client}, General, and tick the grant types Authorization Code, " +
		"Device Authorization and Refresh Token"},
	{Code: "invalid_client", Hint: "check client_id in the access map; in Okta, the application must be of the type Native and authenticate " +
		"itself with nothing (client authentication: None)"},
}

// https://developer.okta.com/docs/guides/dpop/oktaresourceserver/main/
const oktaDPoP = "in Okta, open the application {client}, General, Proof of possession, and clear \"Require Demonstrating Proof of " +
	"Possession (DPoP) header in token requests\": dbxaccess has plain bearer tokens"

// https://learn.microsoft.com/entra/identity-platform/reference-error-codes
var entraRemedies = []Remedy{
	{Number: 7000218, Hint: "in Entra ID, open the application's Authentication page and set \"Allow public client flows\" to Yes (AADSTS7000218)"},
	{Number: 50011, Hint: "in Entra ID, open the application's Authentication page and add http://localhost/callback as a redirect address of " +
		"the platform \"Mobile and desktop applications\" (AADSTS50011)"},
	{Number: 9002327, Hint: "in Entra ID, open the application's Authentication page and move the redirect address from the platform " +
		"\"Single-page application\" to \"Mobile and desktop applications\" (AADSTS9002327)"},
	{Number: 50105, Hint: "assign the application {client} to the person or one of their groups (Entra ID: Enterprise applications, " +
		"Users and groups; AADSTS50105)"},
	{Number: 53000, Hint: conditionalAccess, Browser: blockedDevice},
	{Number: 53001, Hint: conditionalAccess, Browser: blockedDevice},
	{Number: 53003, Hint: conditionalAccess, Browser: blockedEverywhere},
	{Number: 65001, Hint: consentHint},
	{Number: 90094, Hint: consentHint},
	{Number: 700016, Hint: "check client_id, and the tenant in issuer, of the identity in the access map (AADSTS700016)"},
	{Number: 90002, Hint: "check the tenant in issuer of the identity in the access map (AADSTS90002)"},
	{Number: 50020, Hint: Yours + "sign in with an account of the tenant in issuer, or be invited to it as a guest (AADSTS50020)"},
	{Number: 50074, Hint: byBrowser, Browser: "{login}"},
	{Number: 50076, Hint: byBrowser, Browser: "{login}"},
	{Number: 50078, Hint: byBrowser, Browser: "{login}"},
	{Number: 50079, Hint: byBrowser, Browser: "{login}"},
	{Number: 50173, Hint: "{login}"},
	{Number: 70043, Hint: "{login}"},
	{Number: 700082, Hint: "{login}"},
	{Number: 700084, Hint: "{login}"},
	{Code: "invalid_client", Hint: publicHint + " (in Entra ID: \"Allow public client flows\", AADSTS7000218)"},
}

const (
	byBrowser         = "{login} --flow browser"
	conditionalAccess = byBrowser + "\n" + Yours + "Conditional Access of Entra ID blocks this sign-in; many tenants block device codes alone, and take the browser"
	blockedDevice     = Yours + "sign in on a machine that your organisation manages: Conditional Access of Entra ID takes no other for the application {client}"
	blockedEverywhere = "an administrator has to let the sign-in through: Conditional Access of Entra ID blocks it; its sign-in log names the policy"
	consentHint       = "an administrator has to consent to the application {client} for the tenant (Entra ID: Enterprise applications, Permissions)"
)

// https://github.com/keycloak/keycloak/tree/main/services/src/main/java/org/keycloak/protocol/oidc
var keycloakRemedies = []Remedy{
	{Code: "unauthorized_client", Says: "device authorization grant",
		Hint: "in Keycloak, open the client {client}, Capability config, and turn on OAuth 2.0 Device Authorization Grant"},
	{Code: "unauthorized_client", Says: "standard flow",
		Hint: "in Keycloak, open the client {client}, Capability config, and turn on Standard flow"},
	{Code: "unauthorized_client", Hint: keycloakClient},
	{Code: "invalid_client", Hint: keycloakClient},
	{Code: "not_allowed", Says: "offline", Hint: "in Keycloak, give people the realm role offline_access, or name the scopes without " +
		"offline_access as scopes of the identity in the access map"},
	{Code: "invalid_scope", Hint: "in Keycloak, open the client {client}, Client scopes, and add the scope that is missing; or name those it has " +
		"as scopes of the identity in the access map"},
	{Code: "invalid_grant", Says: "session not active", Hint: keycloakSession}, // also "Offline session not active"
	{Code: "invalid_grant", Says: "token is not active", Hint: keycloakSession},
}

const (
	keycloakClient  = "check client_id in the access map; in Keycloak, the client must be enabled, with Client authentication off"
	keycloakSession = "{login}\n" + Yours + "how long a session lasts is set in Keycloak under Realm settings, Sessions"
)

// https://auth0.com/docs/get-started/applications/update-grant-types
var auth0Remedies = []Remedy{
	{Code: "unauthorized_client", Hint: "in Auth0, open the application {client}, Settings, Advanced Settings, Grant Types, and tick " +
		"Authorization Code, Device Code and Refresh Token; only an application of the type Native can have the second"},
	{Code: "access_denied", Says: "service not found", Hint: "audience of the identity in the access map must be the identifier of an API in Auth0"},
}

// https://developers.google.com/identity/protocols/oauth2/native-app#authorization-errors
var googleRemedies = []Remedy{
	{Code: "org_internal", Hint: Yours + "the application is for people of its own organisation at Google: sign in with such an account"},
	{Code: "admin_policy_enforced", Hint: "an administrator of Google Workspace has to allow the application {client} (Security, API controls)"},
	{Code: "disallowed_useragent", Hint: Yours + "open the address in an ordinary browser: Google takes none that is part of another program"},
	{Code: "redirect_uri_mismatch", Hint: "create a client of the type Desktop app at Google, and name it as client_id in the access map"},
	{Code: "invalid_client", Hint: "check client_id and client_secret in the access map; Google wants a client of the type " +
		"\"TVs and Limited Input devices\" for device codes, and a Desktop app for the browser"},
	{Code: "invalid_request", Says: "client_secret is missing", Hint: "Google wants a secret even of a Desktop app: write it into the access map " +
		"as client_secret of the identity; it is not treated as one"},
	{Code: "invalid_scope", Hint: byBrowser + "\n" + Yours + "with device codes, Google gives few scopes beyond openid, email and profile",
		Browser: scopesHint},
}

var pingRemedies = []Remedy{
	{Code: "unauthorized_client", Hint: "in PingOne, open the application {client}, Configuration, and tick the grant types Authorization Code, " +
		"Device Authorization and Refresh Token; in PingFederate, these are the client's Allowed Grant Types"},
}

// https://dexidp.io/docs/configuration/oauth2/
var dexRemedies = []Remedy{
	{Code: "invalid_client", Hint: "check client_id in the access map; in Dex's staticClients, the client must have public: true"},
	{Code: "unsupported_grant_type", Hint: "in Dex's configuration, oauth2.grantTypes must hold the authorization code, device code and refresh " +
		"token grants, or be left out"},
}

// https://github.com/zitadel/oidc/blob/main/pkg/op/device.go
var zitadelRemedies = []Remedy{
	{Code: "unauthorized_client", Hint: "in Zitadel, open the application {client}, OIDC Configuration, and tick the grant types Authorization " +
		"Code, Device Code and Refresh Token"},
	{Code: "invalid_client", Hint: "check client_id in the access map; in Zitadel, the application must be of the type Native, with the " +
		"authentication method None"},
}

// https://lemonldap-ng.org/documentation/latest/idpopenidconnect.html#options
var lemonRemedies = []Remedy{
	{Code: "unauthorized_client", Hint: "in LemonLDAP::NG's Manager, open the relying party {client}, Options, and allow the device " +
		"authorization, which the plugin oidc-device-authorization brings; or sign in with the browser"},
	{Code: "invalid_client", Hint: "check client_id in the access map; in LemonLDAP::NG's Manager, the relying party must be a Public client"},
}

// https://www.authelia.com/configuration/identity-providers/openid-connect/clients/
var autheliaRemedies = []Remedy{
	{Code: "invalid_scope", Hint: "in Authelia's configuration, the client {client} needs scopes: [openid, profile, email, groups, " +
		"offline_access]; or name those it has as scopes of the identity in the access map"},
	{Code: "unauthorized_client", Hint: "in Authelia's configuration, the client {client} needs grant_types: [authorization_code, " +
		"refresh_token, 'urn:ietf:params:oauth:grant-type:device_code']"},
	{Code: "invalid_client", Hint: "check client_id in the access map; in Authelia's configuration, the client needs public: true, no " +
		"client_secret, and token_endpoint_auth_method: none"},
}

// https://github.com/ory/hydra/blob/master/fosite/errors.go
var hydraRemedies = []Remedy{
	{Code: "invalid_scope", Hint: "give Ory Hydra's client {client} the scope that is missing, or name those it has as scopes of the " +
		"identity in the access map"},
	{Code: "unauthorized_client", Hint: "give Ory Hydra's client {client} grant_types authorization_code, refresh_token and " +
		"urn:ietf:params:oauth:grant-type:device_code"},
	{Code: "invalid_client", Hint: "check client_id in the access map; Ory Hydra's client must have token_endpoint_auth_method none"},
}
