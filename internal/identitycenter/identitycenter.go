// Package identitycenter speaks the two services of AWS IAM Identity Center that a client needs: OpenID Connect
// (register a client, sign a person in, make and renew tokens) and the access portal (what the person is assigned,
// credentials for it).
//
// In go a region, a registration or a token; out come tokens, names and credentials as the services sent them, with
// numbers clamped and errors cleaned. The wire is that of AWS's API references
// (https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/, …/PortalAPIReference/). It is spoken here and not
// by the SDK's clients because their package initialisers would slow every start of the program. The package decides
// nothing: it keeps nothing, polls nothing, shows nothing. It must never send a token or a client's secret to anything
// but AWS, loopback or a host the person trusts, and never put one into an error.
package identitycenter

import (
	"net/http"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/secret"
)

// Client calls IAM Identity Center. HTTP and Now are needed.
type Client struct {
	HTTP *http.Client // from httpclient: no redirects, bounded bodies
	// OIDCEndpoint and PortalEndpoint are AWS_ENDPOINT_URL_SSO_OIDC and AWS_ENDPOINT_URL_SSO, checked before anything
	// is sent; "" for AWS's own in the region.
	OIDCEndpoint, PortalEndpoint string
	// TrustedHosts may be those endpoints besides AWS and this machine.
	TrustedHosts []string
	Hosts        iam.Hosts // which of AWS's own
	Now          func() time.Time
}

// Registration is this program as a client of one Identity Center. It belongs to no person: it may be kept and used
// again until it ends.
type Registration struct {
	ClientID     string
	ClientSecret secret.String
	Expires      time.Time // UTC; at AWS 90 days ahead
}

// DeviceCode is a sign-in that waits for a person. The texts are as they came, neither checked nor cleaned.
type DeviceCode struct {
	Code                                               secret.String
	UserCode, VerificationURI, VerificationURIComplete string
	ExpiresIn                                          time.Duration // 1 to 30 minutes
	Interval                                           time.Duration // 1 to 60 seconds
}

// Grant is what a token is made from: exactly one of DeviceCode, RefreshToken and AuthorizationCode. The last goes with
// the RedirectURI that was opened, its port included, and the verifier of its challenge (RFC 7636 section 4.5).
type Grant struct {
	DeviceCode, RefreshToken, AuthorizationCode, CodeVerifier secret.String
	RedirectURI                                               string
}

// Token opens the access portal. RefreshToken is empty where the service sent none.
type Token struct {
	AccessToken, RefreshToken secret.String
	Expires                   time.Time // UTC, of the access token: one minute to 90 days ahead
}

// RoleCredentials are AWS credentials of a permission set's role.
type RoleCredentials struct {
	AccessKeyID                   string
	SecretAccessKey, SessionToken secret.String
	Expires                       time.Time // UTC, as it came: it may be past or far away
	RequestID                     string    // of the answer, as CloudTrail shows it; "" where it has none
}
