package login

import (
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
)

// generic is a provider that does as the standards say, as far as anybody knows. They leave open what a renewed ID token
// holds (OpenID Connect Core 1.0 §12.2).
var generic = dialect{
	name:  "generic",
	slips: true,
	redirects: "register http://127.0.0.1/callback as a redirect address of the application or, where the port is compared, {redirect} with " +
		"that port as redirect_port of the identity",
	groups: "have the provider put people's groups into the ID token, as a list, in the claim that groups_claim of the identity names " +
		"(\"groups\" if it names none)",
}

// dialects are all others. The table holds nothing that would have to be computed when the program starts.
var dialects = [...]dialect{
	{
		name: "okta",
		issues: func(host, _ string) bool {
			return under(host, "okta.com", "oktapreview.com", "okta-emea.com", "okta-gov.com", "okta.mil")
		},
		slips: true, // where the scope of the groups does not get through with the renewal
		redirects: "Okta compares the whole address: set redirect_port of the identity, and add {redirect} to the application's " +
			"sign-in redirect URIs",
		groups: "in Okta, add a claim named groups, of type Groups with a filter, to the ID token: at a custom authorization server " +
			"under Security > API > Claims, else on the application's Sign On page under Group claims filter",
		remedies: oktaRemedies,
	},
	{
		// https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code
		name: "entra",
		issues: func(host, _ string) bool {
			return under(host, "login.microsoftonline.com", "login.microsoftonline.us", "partner.microsoftonline.cn", "sts.windows.net",
				"sts.chinacloudapi.cn", "ciamlogin.com")
		},
		pages: []string{"microsoft.com", "www.microsoft.com", "login.microsoftonline.com", "login.microsoft.com"},
		// The port of a registered redirect address is not compared for this name, but is for 127.0.0.1.
		// https://learn.microsoft.com/entra/identity-platform/reply-url#localhost-exceptions
		localhost: true,
		tenant: func(path string) string {
			tenant, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
			return tenant
		},
		// The subject differs from application to application; these two don't, and neither is given to somebody else.
		// https://learn.microsoft.com/entra/identity-platform/claims-validation
		principal: func(claims httpclient.Object) string {
			if claims.Text("oid") == "" || claims.Text("tid") == "" {
				return ""
			}
			return claims.Text("oid") + "@" + claims.Text("tid")
		},
		// Whoever runs a tenant types in any address. The optional claim xms_edov says that the domain's owner proved it.
		// https://learn.microsoft.com/entra/identity-platform/migrate-off-email-claim-authorization
		vouches: func(claims httpclient.Object) bool {
			switch strings.Trim(string(claims["xms_edov"]), " \t\r\n") {
			case `"1"`, "1", "true":
				return true
			}
			return false
		},
		redirects: "in Entra ID, open the application's Authentication page and add http://localhost/callback as a redirect address " +
			"of the platform \"Mobile and desktop applications\"; any port will do",
		groups: "in Entra ID, open the application's Token configuration and add a groups claim to the ID token, for the groups that " +
			"are assigned to the application; or define app roles, assign them to groups, and set groups_claim: roles, " +
			"which has no limit of 200",
		remedies: entraRemedies,
	},
	{
		name:       "keycloak",
		issues:     func(_, path string) bool { return strings.Contains(path, "/realms/") },
		devicePKCE: true,
		redirects: "in Keycloak, open the client {client} and add http://127.0.0.1/callback to its valid redirect URIs; without a port, it " +
			"stands for every port",
		groups: "in Keycloak, open the client {client}, Client scopes, its dedicated scope, and add a mapper Group Membership with the " +
			"token claim name groups, for the ID token; with Full group path on, groups begin with a slash, and so they must in the access map",
		remedies: keycloakRemedies,
	},
	{
		name:   "auth0",
		issues: func(host, _ string) bool { return under(host, "auth0.com") },
		redirects: "Auth0 compares the whole address: set redirect_port of the identity, and add {redirect} to the application's " +
			"allowed callback URLs",
		groups: "in Auth0, add an Action to the login flow that calls api.idToken.setCustomClaim with a name like " +
			"https://acme.example/groups, and set groups_claim to that name",
		remedies: auth0Remedies,
	},
	{
		// https://developers.google.com/identity/protocols/oauth2/native-app
		name:      "google",
		issues:    func(host, _ string) bool { return host == "accounts.google.com" },
		pages:     []string{"google.com", "www.google.com"},
		noOffline: true,
		// Without both, a second sign-in brings no refresh token.
		authorize: [][2]string{{"access_type", "offline"}, {"prompt", "consent"}},
		redirects: "Google takes any port for a client of the type Desktop app; one for TVs and limited input devices can use device " +
			"codes only",
		groups: "Google puts no groups into its tokens: write rules under claims of the identity, on hd (the organisation's domain) or " +
			"email, or let people sign in at a provider that knows their groups",
		remedies: googleRemedies,
	},
	{
		name: "ping",
		issues: func(host, _ string) bool {
			return under(host, "pingone.com", "pingone.eu", "pingone.asia", "pingone.ca", "pingone.com.au", "pingone.sg")
		},
		// https://docs.pingidentity.com/pingone/applications/p1_edit_oidc_resource.html
		overage: "[SIZE_LIMIT_EXCEEDED]",
		redirects: "Ping compares the whole address: set redirect_port of the identity, and add {redirect} to the application's " +
			"redirect URIs",
		groups: "in PingOne, open the application's Attribute Mappings and map groups to Group Names (25 fit into an ID token); in " +
			"PingFederate, add groups to the attribute contract of the OpenID Connect policy",
		remedies: pingRemedies,
	},
	{
		name: "dex",
		issues: func(host, path string) bool {
			return strings.HasPrefix(host, "dex.") || strings.HasSuffix(strings.TrimSuffix(path, "/"), "/dex")
		},
		redirects: "Dex takes any port for a public client without redirectURIs; where there are some, add {redirect} to them, " +
			"set redirect_port of the identity, and keep /device/callback for device codes",
		groups:   "in Dex, use a connector that knows groups, and let scopes of the identity hold groups if they are written out",
		remedies: dexRemedies,
	},
}
