package identitycenter

import (
	"net/url"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// scope lets a token list a person's assignments, take credentials for them, and be renewed.
const scope = "sso:account:access"

// service is one of the two: the first labels of its host name, and the variable that moves it.
type service struct{ host, variable string }

func oidc() service   { return service{"oidc", "AWS_ENDPOINT_URL_SSO_OIDC"} }
func portal() service { return service{"portal.sso", "AWS_ENDPOINT_URL_SSO"} }

// named is what names the service's address.
func (c *Client) named(s service) string {
	if s == oidc() && c.OIDCEndpoint != "" || s == portal() && c.PortalEndpoint != "" {
		return s.variable
	}
	return "sso_region of the identity in the access map"
}

// endpoint returns where a service is, without a slash at the end.
func (c *Client) endpoint(s service, region string) (string, error) {
	override := c.OIDCEndpoint
	if s == portal() {
		override = c.PortalEndpoint
	}
	if override == "" {
		if !iam.IsRegion(region) {
			return "", ui.Errorf("sso-region-invalid", ui.Failed, "%q is not an AWS region", ui.Clean(region)).
				With(ui.Advice("correct sso_region in the access map, as in us-east-1"))
		}
		return "https://" + iam.ServiceHost(s.host, region, c.Hosts), nil
	}
	checked, err := httpclient.CheckEndpoint(s.variable, override, c.TrustedHosts, s.isAWS)
	return strings.TrimSuffix(checked, "/"), err
}

// isAWS recognises the service's own hosts (https://docs.aws.amazon.com/general/latest/gr/sso.html).
func (s service) isAWS(host string) bool { return iam.IsServiceHost(s.host, host) }

// DevicePageHost is the host of the page on which people type a device code in a region.
func DevicePageHost(region string) string { return iam.ServiceHost("device.sso", region, iam.Hosts{}) }

// AuthorizeURL is the page that a browser opens for the flow of RFC 8252: the person signs in there, and it leads back
// to redirectURI with a code and the same state. challenge is the S256 challenge of RFC 7636 section 4.2. The
// parameters are those of the AWS CLI: this address is in no API reference, and the scope's parameter is called scopes.
func (c *Client) AuthorizeURL(region string, r *Registration, redirectURI, state, challenge string) (string, error) {
	base, err := c.endpoint(oidc(), region)
	if err != nil {
		return "", err
	}
	return base + "/authorize?" + url.Values{
		"response_type": {"code"}, "client_id": {r.ClientID}, "redirect_uri": {redirectURI}, "state": {state},
		"code_challenge_method": {"S256"}, "code_challenge": {challenge}, "scopes": {scope},
	}.Encode(), nil
}
