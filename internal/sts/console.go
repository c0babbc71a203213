package sts

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// site is where a partition's console is and where one signs in to it.
type site struct{ federation, console string }

// sites are those of the partitions that have a public console.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
var sites = map[string]site{
	"aws":        {"https://signin.aws.amazon.com/federation", "https://console.aws.amazon.com/console/home"},
	"aws-cn":     {"https://signin.amazonaws.cn/federation", "https://console.amazonaws.cn/console/home"},
	"aws-us-gov": {"https://signin.amazonaws-us-gov.com/federation", "https://console.amazonaws-us-gov.com/console/home"},
}

// Console asks for a page of the AWS console.
type Console struct {
	Credentials *Credentials
	RoleARN     string // its partition decides which console; "" for a permission set, where the region does
	Region      string // that the console shows first
	// Endpoint is AWS_ENDPOINT_URL_SIGNIN: loopback or a trusted host, which gets the credentials; "" for AWS's own.
	Endpoint string
}

// isSignIn recognises AWS's own sign-in hosts, the regional ones too
// (https://docs.aws.amazon.com/general/latest/gr/signin-service.html).
func isSignIn(host string) bool {
	for _, site := range sites {
		own := strings.TrimSuffix(strings.TrimPrefix(site.federation, "https://"), "/federation")
		if host == own || strings.HasSuffix(host, "."+own) {
			return true
		}
	}
	return false
}

// HasConsole is an error for a role of a partition, or an S3-compatible server, that has no console. roleARN and region are
// as in Console.
func HasConsole(roleARN, region string) error {
	if partition := consoleOf(roleARN, region); sites[partition] == (site{}) {
		return ui.Fault(ui.Failed, "dbxaccess env gives its credentials to programs",
			"there is no AWS console for the partition %s of %s", ui.Clean(partition), ui.Clean(roleARN))
	}
	return nil
}

func consoleOf(roleARN, region string) string {
	switch {
	case roleARN != "":
		return partitionOf(roleARN)
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

func partitionOf(roleARN string) string {
	partition, _, _ := strings.Cut(strings.TrimPrefix(roleARN, "arn:"), ":")
	return partition
}

// SignInURL trades credentials for the address of a page that signs a browser in to the AWS console as their role. Whoever has
// the address within fifteen minutes is signed in, so it is a secret; the session there ends with the credentials. The
// credentials travel in the body of a POST request, never in an address.
func (c *Client) SignInURL(ctx context.Context, in Console) (secret.String, error) {
	if err := HasConsole(in.RoleARN, in.Region); err != nil {
		return secret.String{}, err
	}
	at := sites[consoleOf(in.RoleARN, in.Region)]
	if in.Endpoint != "" {
		own, err := httpclient.CheckEndpoint("AWS_ENDPOINT_URL_SIGNIN", in.Endpoint, c.TrustedHosts, isSignIn)
		if err != nil {
			return secret.String{}, err
		}
		at.federation = strings.TrimSuffix(own, "/") + "/federation"
	}
	token, err := c.signInToken(ctx, at.federation, in.Credentials)
	if err != nil {
		return secret.String{}, err
	}
	page := at.federation + "?" + url.Values{
		"Action": {"login"}, "Issuer": {"dbxaccess"}, "SigninToken": {token.Reveal()},
		"Destination": {at.console + "?region=" + url.QueryEscape(in.Region)},
	}.Encode()
	return secret.New(page), nil
}

func (c *Client) signInToken(ctx context.Context, federation string, credentials *Credentials) (secret.String, error) {
	host := federation[:strings.LastIndex(federation, "/")]
	session, err := json.Marshal(map[string]string{
		"sessionId": credentials.AccessKeyID, "sessionKey": credentials.SecretAccessKey.Reveal(),
		"sessionToken": credentials.SessionToken.Reveal(),
	})
	if err != nil {
		return secret.String{}, err
	}
	form := url.Values{"Action": {"getSigninToken"}, "Session": {string(session)}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, federation, strings.NewReader(form.Encode()))
	if err != nil {
		return secret.String{}, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := c.HTTP.Do(r)
	if err != nil {
		return secret.String{}, httpclient.Explain("asking "+host+" to sign the browser in", err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return secret.String{}, httpclient.Explain("asking "+host+" to sign the browser in", err)
	}
	var answer struct{ SigninToken string }
	if resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests {
		return secret.String{}, ui.Fault(ui.Failed, "try again in a minute", "%s can't sign the browser in now (%d)", host, resp.StatusCode)
	}
	if resp.StatusCode != http.StatusOK {
		return secret.String{}, ui.Fault(ui.Refused,
			"the credentials may have ended: dbxaccess login; or the role's session policy or trust keeps it from the console",
			"%s refuses to sign the browser in (%d)", host, resp.StatusCode)
	}
	if json.Unmarshal(body, &answer) != nil || answer.SigninToken == "" {
		return secret.String{}, ui.Fault(ui.Failed, "try again", "%s sent no sign-in token", host)
	}
	return secret.New(answer.SigninToken), nil
}
