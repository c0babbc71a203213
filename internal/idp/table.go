package idp

// generic is a provider that does as the standards say, as far as anybody knows. They leave open what a renewed ID token
// holds (OpenID Connect Core 1.0 §12.2).
var generic = Kind{
	Name:         "generic",
	GroupsVanish: true,
	Example:      "https://login.example.com",
	Redirects: "register http://127.0.0.1/callback as a redirect address of the application or, where the port is compared, {redirect} with " +
		"that port as redirect_port of the identity",
	Groups: "have the provider put people's groups into the ID token, as a list, in the claim that groups_claim of the identity names " +
		"(\"groups\" if it names none)",
	StepUp: "have the provider put auth_time into the ID token (OpenID Connect Core 1.0 §2), and acr or amr with the values that the access map " +
		"asks for",
	ForAWS: "have the provider put each session tag into the ID token, as the text of the claim https://aws.amazon.com/tags/principal_tags/KEY, " +
		"and a source identity as https://aws.amazon.com/source_identity: docs/providers/README.md",
	Remedies: genericRemedies,
}

// kinds are all others. The table holds nothing that would have to be computed when the program starts.
var kinds = [...]Kind{
	{
		Name:         "okta",
		Domains:      []string{"okta.com", "oktapreview.com", "okta-emea.com", "okta-gov.com", "okta.mil"},
		GroupsVanish: true, // where the scope of the groups does not get through with the renewal
		Example:      "https://acme.okta.com/oauth2/default",
		Keys:         [][2]string{{"redirect_port", "8400"}},
		Redirects: "Okta compares the whole address: set redirect_port of the identity, and add {redirect} to the application's " +
			"sign-in redirect URIs",
		Groups: "in Okta, add a claim named groups, of type Groups with a filter, to the ID token: at a custom authorization server " +
			"under Security > API > Claims, else on the application's Sign On page under Group claims filter",
		// https://developer.okta.com/docs/guides/step-up-authentication/main/
		StepUp: "Okta always tells auth_time and amr; acr comes back as it was asked for, where the application's sign-in policy can meet it " +
			"(urn:okta:loa:2fa:any, phr, phrh)",
		// https://developer.okta.com/docs/guides/customize-tokens-returned-from-okta/main/
		ForAWS: "in Okta, at a custom authorization server under Security > API > Claims, add a claim for the ID token, Always, for each session tag, " +
			"named https://aws.amazon.com/tags/principal_tags/KEY, and https://aws.amazon.com/source_identity: docs/providers/okta.md",
		Sessions: "{host}/enduser/settings",
		Remedies: oktaRemedies,
	},
	{
		// https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code
		Name: "entra",
		Domains: []string{"login.microsoftonline.com", "login.microsoftonline.us", "partner.microsoftonline.cn", "sts.windows.net",
			"sts.chinacloudapi.cn", "ciamlogin.com"},
		Pages: []string{"microsoft.com", "www.microsoft.com", "login.microsoftonline.com", "login.microsoft.com"},
		// The port of a registered redirect address is not compared for this name, but is for 127.0.0.1.
		// https://learn.microsoft.com/entra/identity-platform/reply-url#localhost-exceptions
		Localhost: true,
		Tenants:   true,
		// The subject differs from application to application; these two don't, and neither is given to someone else.
		// https://learn.microsoft.com/entra/identity-platform/claims-validation
		Principal: []string{"oid", "tid"},
		// Whoever runs a tenant types in any address. The optional claim xms_edov says that the domain's owner proved it.
		// https://learn.microsoft.com/entra/identity-platform/migrate-off-email-claim-authorization
		EmailVerified: "xms_edov",
		Example:       "https://login.microsoftonline.com/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0/v2.0",
		Keys:          [][2]string{{"groups_claim", "roles"}},
		Redirects: "in Entra ID, open the application's Authentication page and add http://localhost/callback as a redirect address " +
			"of the platform \"Mobile and desktop applications\"; any port will do",
		Groups: "in Entra ID, open the application's Token configuration and add a groups claim to the ID token, for the groups that " +
			"are assigned to the application; or define app roles, assign them to groups, and set groups_claim: roles, " +
			"which has no limit of 200",
		// https://learn.microsoft.com/entra/identity-platform/developer-guide-conditional-access-authentication-context
		Optional: []string{"auth_time", "acr"},
		ACR:      "acrs",
		ByClaims: true,
		StepUp: "in Entra ID, open the application's Token configuration and add the optional claims auth_time and acrs to the ID token; " +
			"acr in the access map names authentication contexts of Conditional Access, as c1, each with a policy that asks for more",
		// https://learn.microsoft.com/entra/identity-platform/jwt-claims-customization
		ForAWS: "in Entra ID, open the enterprise application's Single sign-on, Attributes & Claims, and add a claim for each session tag, named " +
			"https://aws.amazon.com/tags/principal_tags/KEY, and https://aws.amazon.com/source_identity: docs/providers/entra.md",
		Sessions: "https://myaccount.microsoft.com/",
		Remedies: entraRemedies,
	},
	{
		Name:       "keycloak",
		Path:       `/realms/`,
		DevicePKCE: true,
		Example:    "https://sso.example.com/realms/acme",
		Redirects: "in Keycloak, open the client {client} and add http://127.0.0.1/callback to its valid redirect URIs; without a port, it " +
			"stands for every port",
		Groups: "in Keycloak, open the client {client}, Client scopes, its dedicated scope, and add a mapper Group Membership with the " +
			"token claim name groups, for the ID token; with Full group path on, groups begin with a slash, and so they must in the access map",
		// https://www.keycloak.org/docs/latest/server_admin/#_step-up-flow
		StepUp: "in Keycloak, auth_time is there by itself with the client scope basic; map ACR to levels of authentication in the realm or the " +
			"client {client}, have the browser flow ask by Conditions, Level of Authentication, and add the mapper Authentication Method " +
			"Reference (AMR) for amr",
		// A dot begins an object within the claim, unless a backslash stands before it.
		ForAWS: "in Keycloak, add to the client {client} a mapper of a user attribute for each session tag, with the token claim name " +
			`https://aws\.amazon\.com/tags.principal_tags.KEY, and https://aws\.amazon\.com/source_identity: docs/providers/keycloak.md`,
		// https://www.keycloak.org/docs/latest/server_admin/#_account-service
		Sessions: "{issuer}/account/",
		Remedies: keycloakRemedies,
	},
	{
		Name:    "auth0",
		Domains: []string{"auth0.com"},
		Example: "https://acme.us.auth0.com/",
		Keys:    [][2]string{{"redirect_port", "8400"}, {"groups_claim", "https://example.com/groups"}},
		Redirects: "Auth0 compares the whole address: set redirect_port of the identity, and add {redirect} to the application's " +
			"allowed callback URLs",
		Groups: "in Auth0, add an Action to the login flow that calls api.idToken.setCustomClaim with a name like " +
			"https://acme.example/groups, and set groups_claim to that name",
		// https://auth0.com/docs/authenticate/login/max-age-reauthentication
		StepUp: "Auth0 tells auth_time where max_age is asked for, which `dbxaccess login --for` does in the browser; amr holds mfa where an Action " +
			"asked for it, by api.multifactor.enable or, for acr_values, api.authentication.challengeWith",
		// https://auth0.com/docs/secure/tokens/json-web-tokens/create-custom-claims
		ForAWS: "in Auth0, have an Action of the login flow call api.idToken.setCustomClaim for https://aws.amazon.com/tags and " +
			"https://aws.amazon.com/source_identity: docs/providers/auth0.md",
		Remedies: auth0Remedies,
	},
	{
		// https://developers.google.com/identity/protocols/oauth2/native-app
		Name:      "google",
		Host:      `^accounts\.google\.com$`,
		Pages:     []string{"google.com", "www.google.com"},
		NoOffline: true,
		// Without both, a second sign-in brings no refresh token.
		Authorize: [][2]string{{"access_type", "offline"}, {"prompt", "consent"}},
		Example:   "https://accounts.google.com",
		Keys:      [][2]string{{"flow", "browser"}},
		NoGroups:  true,
		Redirects: "Google takes any port for a client of the type Desktop app; one for TVs and limited input devices can use device " +
			"codes only",
		Groups: "Google puts no groups into its tokens: write rules under claims of the identity, on hd (the organisation's domain) or " +
			"email, or let people sign in at a provider that knows their groups",
		// https://developers.google.com/identity/siwg/security-bundle. prompt=login is not among the values that it documents.
		Unproven: []string{"acr"},
		Optional: []string{"auth_time", "amr"},
		ByClaims: true,
		Afresh:   "select_account consent",
		StepUp: "at Google, verify the application, open Google Auth Platform, Settings, Advanced Settings, and select Session age claims for " +
			"auth_time; it tells when somebody last signed in at Google with this browser, so sign out there first",
		Sessions: "https://myaccount.google.com/connections",
		Remedies: googleRemedies,
	},
	{
		Name:    "ping",
		Domains: []string{"pingone.com", "pingone.eu", "pingone.asia", "pingone.ca", "pingone.com.au", "pingone.sg"},
		// https://docs.pingidentity.com/pingone/applications/p1_edit_oidc_resource.html
		Overage: "[SIZE_LIMIT_EXCEEDED]",
		Example: "https://auth.pingone.eu/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0/as",
		Keys:    [][2]string{{"redirect_port", "8400"}},
		Redirects: "Ping compares the whole address: set redirect_port of the identity, and add {redirect} to the application's " +
			"redirect URIs",
		Groups: "in PingOne, open the application's Attribute Mappings and map groups to Group Names (25 fit into an ID token); in " +
			"PingFederate, add groups to the attribute contract of the OpenID Connect policy",
		Remedies: pingRemedies,
	},
	{
		Name: "dex",

		Host:    `^dex\.`,
		Path:    `/dex/?$`,
		Example: "https://dex.example.com",
		Redirects: "Dex takes any port for a public client without redirectURIs; where there are some, add {redirect} to them, " +
			"set redirect_port of the identity, and keep /device/callback for device codes",
		Groups: "in Dex, use a connector that knows groups, and let scopes of the identity hold groups if they are written out",
		// https://github.com/dexidp/dex/blob/master/server/tokens/claims.go
		Unproven: []string{"acr", "amr"},
		Optional: []string{"auth_time"},
		StepUp: "Dex tells auth_time only with its sessions, which DEX_SESSIONS_ENABLED=true and sessions in its configuration turn on; it has " +
			"neither acr nor amr",
		Remedies: dexRemedies,
	},
	{
		// https://zitadel.com/docs/guides/integrate/retrieve-user-roles
		Name:    "zitadel",
		Domains: []string{"zitadel.cloud"},
		Host:    `^zitadel\.`,
		Example: "https://acme.zitadel.cloud",
		Keys:    [][2]string{{"groups_claim", "urn:zitadel:iam:org:project:roles"}},
		Redirects: "in Zitadel, open the application {client}, of the type Native, and add http://127.0.0.1/callback to its redirect URIs; " +
			"any port will do",
		Groups: "in Zitadel, tick Assert Roles on Authentication in the project and User roles inside ID Token in the application's token " +
			"settings, and set groups_claim: urn:zitadel:iam:org:project:roles, an object whose names count",
		Remedies: zitadelRemedies,
	},
	{
		// https://lemonldap-ng.org/documentation/latest/idpopenidconnect.html
		Name:     "lemonldap",
		Host:     `^(lemonldap|llng)[.-]`,
		Unlisted: true, // the list in the metadata is fixed, and every scope is granted, unless a scope rule says no
		// Without it, offline_access is ignored where a consent is asked for at all.
		Authorize: [][2]string{{"prompt", "consent"}},
		Example:   "https://lemonldap.example.com/",
		Keys:      [][2]string{{"redirect_port", "8400"}},
		Redirects: "in LemonLDAP::NG's Manager, set redirect_port of the identity, and add {redirect} to the relying party's allowed " +
			"redirection addresses for login",
		Groups: "in LemonLDAP::NG's Manager, open the relying party {client}, export the attribute groups (Array: Always), give it to the " +
			"scope value groups, and turn on Force claims to be returned in ID Token; or set groups_from: userinfo",
		Afresh:   "login consent", // see Authorize
		Remedies: lemonRemedies,
	},
	{
		// https://www.authelia.com/integration/openid-connect/openid-connect-1.0-claims/
		Name:    "authelia",
		Host:    `^authelia\.`,
		Example: "https://authelia.example.com",
		Keys:    [][2]string{{"redirect_port", "8400"}, {"groups_from", "userinfo"}},
		Redirects: "in Authelia's configuration, set redirect_port of the identity, and add {redirect} to redirect_uris of the client " +
			"{client}",
		Groups: "Authelia tells groups at its userinfo endpoint: set groups_from: userinfo; or give the client {client} a claims_policy " +
			"whose id_token holds groups, and email for Databricks",
		Remedies: autheliaRemedies,
	},
	{
		// https://github.com/ory/hydra/blob/master/fosite/authorize_helper.go and https://github.com/ory/hydra-login-consent-node
		Name:      "hydra",
		Domains:   []string{"oryapis.com"},
		Host:      `^hydra\.`,
		Example:   "https://hydra.example.com/",
		Keys:      [][2]string{{"scopes", "[openid, profile, email, groups, offline_access]"}},
		Redirects: "add http://127.0.0.1/callback to redirect_uris of Ory Hydra's client {client}; any port will do",
		Groups: "Ory Hydra puts into the ID token what your consent app accepts the request with: have it set session.id_token.groups " +
			"for the scope groups, and name the scopes of the client as scopes of the identity",
		Remedies: hydraRemedies,
	},
}
