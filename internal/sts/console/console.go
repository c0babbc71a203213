// Package console signs a browser in to the AWS console.
//
// In go credentials of a role; out comes the address of a page, which is a secret. The credentials go to AWS's sign-in
// service, to loopback or to a host the person trusts, in the body of a request, and nowhere else.
package console

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Page is a page of the AWS console.
type Page struct {
	Credentials *sts.Credentials
	RoleARN     string // its partition decides which console; "" for a permission set, where the region does
	Region      string // the role's
	Target      Target // what is no target is SignInURL's error
	// Endpoint is AWS_ENDPOINT_URL_SIGNIN: loopback or a trusted host, which gets the credentials; "" for AWS's own.
	Endpoint     string
	TrustedHosts []string
	Hosts        iam.Hosts // which of AWS's own
}

// Check is an error for a role of a partition, or an S3-compatible server, that has no console. roleARN and region are
// as in Page.
func Check(roleARN, region string) error {
	in, about := iam.PartitionOfRole(roleARN, region), ""
	switch {
	case !in.HasConsole():
		about = "the partition " + in.Name + " of " + cmp.Or(roleARN, region)
	case !iam.OfAWS(roleARN):
		about = roleARN + ", which is in no account of AWS"
	default:
		return nil
	}
	return ui.Errorf("console-absent", ui.Failed, "there is no AWS console for %s", ui.Clean(about)).
		With(ui.Advice("dbxaccess env gives its credentials to programs"))
}

// SignInURL trades credentials for the address of a page that signs a browser in to the AWS console as their role.
// Anyone who has the address within fifteen minutes is signed in, so it is a secret; the session there ends with the
// credentials. The credentials travel in the body of a POST request, never in an address. client is from httpclient.
func SignInURL(ctx context.Context, client *http.Client, in Page) (secret.String, error) {
	if err := Check(in.RoleARN, in.Region); err != nil {
		return secret.String{}, err
	}
	if err := in.Target.Check(in.RoleARN, in.Region); err != nil {
		return secret.String{}, err
	}
	region := cmp.Or(in.Target.Region, in.Region)
	home, signIn := iam.PartitionOfRole(in.RoleARN, in.Region).ConsoleHosts(region, in.Hosts)
	if signIn == "" {
		return secret.String{}, ui.Errorf("console-without-fips", ui.Failed, "AWS_USE_FIPS_ENDPOINT is set, and AWS's console has no such sign-in here").
			With(ui.Advice("without it: AWS_USE_FIPS_ENDPOINT=false"))
	}
	federation := "https://" + signIn + "/federation"
	if in.Endpoint != "" {
		own, err := httpclient.CheckEndpoint(endpointVariable, in.Endpoint, in.TrustedHosts, iam.IsSignInHost)
		if err != nil {
			return secret.String{}, err
		}
		federation = strings.TrimSuffix(own, "/") + "/federation"
	}
	token, err := signInToken(ctx, client, federation, in.Endpoint != "", in.Credentials)
	if err != nil {
		return secret.String{}, err
	}
	page := federation + "?" + url.Values{
		"Action": {"login"}, "Issuer": {"dbxaccess"}, "SigninToken": {token.Reveal()},
		"Destination": {in.Target.address(home, region)},
	}.Encode()
	return secret.New(page), nil
}

// endpointVariable moves AWS's sign-in.
const endpointVariable = "AWS_ENDPOINT_URL_SIGNIN"

func signInToken(
	ctx context.Context, client *http.Client, federation string, moved bool, credentials *sts.Credentials,
) (secret.String, error) {
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
	asked := httpclient.Asked{Doing: "asking " + host + " to sign the browser in", Of: "AWS's sign-in"}
	if moved {
		asked.Named = endpointVariable
	}
	a, err := httpclient.Do(client, asked, r, credentials.SecretAccessKey, credentials.SessionToken)
	if err != nil {
		return secret.String{}, err
	}
	token := secret.New(a.Text("SigninToken"))
	switch {
	case httpclient.Busy(a.Status), a.OK() && token.IsZero():
		err = a.NoAnswer()
	case a.Status != http.StatusOK:
		err = ui.Errorf("console-refuses", ui.Refused, "%s refuses to sign the browser in (%d)", host, a.Status).
			With(ui.Advice("the credentials may have ended: dbxaccess login; or the role's session policy or trust keeps it from the console"))
	}
	return token, err
}
