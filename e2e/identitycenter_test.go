package e2e

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/dbxaccess/dbxaccess/internal/sandbox"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/person"
)

// Nobody can run AWS IAM Identity Center. The tests of this file and of identitycenter_faults_test.go have AWS's own
// SDK speak to the sandbox's double of it, so that the double is what the SDK takes it for.

const (
	centerRegion = "us-east-1"
	deviceGrant  = "urn:ietf:params:oauth:grant-type:device_code"
	codeGrant    = "authorization_code"
	refreshGrant = "refresh_token"
	otherAccount = "444455556666"
)

// center is a sandbox as the SDK's clients see it.
type center struct {
	*sandbox.Server
	oidc   *ssooidc.Client
	portal *sso.Client
}

func startCenter(t *testing.T) *center {
	t.Helper()
	server, err := sandbox.Start(t.Context(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	server.Set(func(b *sandbox.Behaviour) {
		b.PollInterval = 0
		b.Assignments = map[string][]string{"alice": {
			sandbox.Account + "/MLAdmin", sandbox.Account + "/MLReader", sandbox.Account + "/MLTrainer", otherAccount + "/Billing",
		}}
	})
	return &center{
		Server: server,
		oidc: ssooidc.New(ssooidc.Options{
			Region: centerRegion, BaseEndpoint: aws.String(server.SSOOIDCURL()), Retryer: aws.NopRetryer{},
		}),
		portal: sso.New(sso.Options{Region: centerRegion, BaseEndpoint: aws.String(server.SSOURL()), Retryer: aws.NopRetryer{}}),
	}
}

// orderly asserts that the SDK asked for nothing that the double did not expect.
func (c *center) orderly(t *testing.T) {
	t.Helper()
	for _, request := range c.Unexpected() {
		t.Errorf("the SDK sent what the double did not expect: %s", request)
	}
}

// register registers a client as the AWS CLI does. redirect is "" for one that signs in by device code.
func (c *center) register(t *testing.T, redirect string) *ssooidc.RegisterClientOutput {
	t.Helper()
	in := &ssooidc.RegisterClientInput{
		ClientName: aws.String("the tests"), ClientType: aws.String("public"), Scopes: []string{"sso:account:access"},
		GrantTypes: []string{deviceGrant, refreshGrant},
	}
	if redirect != "" {
		in.GrantTypes = []string{codeGrant, refreshGrant}
		in.RedirectUris, in.IssuerUrl = []string{redirect}, aws.String(c.StartURL())
	}
	client, err := c.oidc.RegisterClient(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func (c *center) startDevice(t *testing.T, client *ssooidc.RegisterClientOutput) *ssooidc.StartDeviceAuthorizationOutput {
	t.Helper()
	device, err := c.oidc.StartDeviceAuthorization(t.Context(), &ssooidc.StartDeviceAuthorizationInput{
		ClientId: client.ClientId, ClientSecret: client.ClientSecret, StartUrl: aws.String(c.StartURL()),
	})
	if err != nil {
		t.Fatal(err)
	}
	return device
}

// token asks for one. in needs no client.
func (c *center) token(t *testing.T, client *ssooidc.RegisterClientOutput, in ssooidc.CreateTokenInput) (*ssooidc.CreateTokenOutput, error) {
	t.Helper()
	in.ClientId, in.ClientSecret = client.ClientId, client.ClientSecret
	return c.oidc.CreateToken(t.Context(), &in)
}

func (c *center) redeemDevice(t *testing.T, client *ssooidc.RegisterClientOutput, device *ssooidc.StartDeviceAuthorizationOutput) (*ssooidc.CreateTokenOutput, error) {
	t.Helper()
	return c.token(t, client, ssooidc.CreateTokenInput{GrantType: aws.String(deviceGrant), DeviceCode: device.DeviceCode})
}

// signIn signs Alice in by device code.
func (c *center) signIn(t *testing.T) (*ssooidc.RegisterClientOutput, *ssooidc.CreateTokenOutput) {
	t.Helper()
	client := c.register(t, "")
	device := c.startDevice(t, client)
	if err := c.Approve(aws.ToString(device.UserCode), "alice"); err != nil {
		t.Fatal(err)
	}
	token, err := c.redeemDevice(t, client, device)
	if err != nil {
		t.Fatal(err)
	}
	return client, token
}

// A sign-in by device code, every page of what Alice is assigned, credentials that AWS's STS takes, a renewal and the
// end.
func TestIdentityCenterByTheSDK(t *testing.T) {
	t.Parallel()
	c := startCenter(t)
	client := c.register(t, "")
	if life := time.Until(time.Unix(client.ClientSecretExpiresAt, 0)); aws.ToString(client.ClientId) == "" || life < 24*time.Hour {
		t.Errorf("the client %q is registered for %v", aws.ToString(client.ClientId), life)
	}
	device := c.startDevice(t, client)
	if device.ExpiresIn < 60 || !strings.Contains(aws.ToString(device.VerificationUriComplete), aws.ToString(device.UserCode)) {
		t.Errorf("a code for %d s, to be entered at %s", device.ExpiresIn, aws.ToString(device.VerificationUriComplete))
	}
	approves := map[string]string{"user": "alice", "decision": "approve"}
	err := person.Walk(t.Context(), aws.ToString(device.VerificationUriComplete), approves, "approved")
	if err != nil {
		t.Fatal(err)
	}
	token, err := c.redeemDevice(t, client, device)
	if err != nil {
		t.Fatal(err)
	}
	if aws.ToString(token.TokenType) != "Bearer" || token.ExpiresIn != 3600 || aws.ToString(token.RefreshToken) == "" {
		t.Errorf("a token of type %q for %d s, with %d bytes to renew it",
			aws.ToString(token.TokenType), token.ExpiresIn, len(aws.ToString(token.RefreshToken)))
	}

	if got, want := c.accounts(t, token), []string{sandbox.Account, otherAccount}; !slices.Equal(got, want) {
		t.Errorf("the accounts are %v, want %v", got, want)
	}
	if got, want := c.roles(t, token, sandbox.Account), []string{"MLAdmin", "MLReader", "MLTrainer"}; !slices.Equal(got, want) {
		t.Errorf("the roles are %v, want %v", got, want)
	}
	if who := c.callerIdentity(t, token, sandbox.Account, "MLAdmin"); !strings.Contains(who, "AWSReservedSSO_MLAdmin_") ||
		!strings.HasPrefix(who, "arn:aws:sts::"+sandbox.Account+":assumed-role/") || !strings.HasSuffix(who, "/alice@example.com") {
		t.Errorf("STS takes the credentials for those of %s", who)
	}

	renewed, err := c.token(t, client, ssooidc.CreateTokenInput{GrantType: aws.String(refreshGrant), RefreshToken: token.RefreshToken})
	if err != nil {
		t.Fatal(err)
	}
	if aws.ToString(renewed.RefreshToken) == aws.ToString(token.RefreshToken) || aws.ToString(renewed.AccessToken) == aws.ToString(token.AccessToken) {
		t.Error("the renewal brought nothing new")
	}
	c.accounts(t, renewed)
	if _, err := c.portal.Logout(t.Context(), &sso.LogoutInput{AccessToken: renewed.AccessToken}); err != nil {
		t.Fatal(err)
	}
	c.orderly(t)
}

// accounts are those that the paginator finds.
func (c *center) accounts(t *testing.T, token *ssooidc.CreateTokenOutput) []string {
	t.Helper()
	var accounts []string
	pages := sso.NewListAccountsPaginator(c.portal, &sso.ListAccountsInput{AccessToken: token.AccessToken})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, account := range page.AccountList {
			if aws.ToString(account.AccountName) == "" || !strings.Contains(aws.ToString(account.EmailAddress), "@") {
				t.Errorf("the account %s has no name or address", aws.ToString(account.AccountId))
			}
			accounts = append(accounts, aws.ToString(account.AccountId))
		}
	}
	return accounts
}

func (c *center) roles(t *testing.T, token *ssooidc.CreateTokenOutput, account string) []string {
	t.Helper()
	var roles []string
	pages := sso.NewListAccountRolesPaginator(c.portal, &sso.ListAccountRolesInput{
		AccessToken: token.AccessToken, AccountId: aws.String(account),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, role := range page.RoleList {
			if aws.ToString(role.AccountId) != account {
				t.Errorf("the role %s is one of %s", aws.ToString(role.RoleName), aws.ToString(role.AccountId))
			}
			roles = append(roles, aws.ToString(role.RoleName))
		}
	}
	return roles
}

// callerIdentity is who STS knows the holder of a role's credentials as.
func (c *center) callerIdentity(t *testing.T, token *ssooidc.CreateTokenOutput, account, role string) string {
	t.Helper()
	out, err := c.portal.GetRoleCredentials(t.Context(), &sso.GetRoleCredentialsInput{
		AccessToken: token.AccessToken, AccountId: aws.String(account), RoleName: aws.String(role),
	})
	if err != nil {
		t.Fatal(err)
	}
	keys := out.RoleCredentials
	if life := time.Until(time.UnixMilli(keys.Expiration)); life < 50*time.Minute || life > 61*time.Minute {
		t.Errorf("the credentials live for %v, want an hour", life)
	}
	client := sts.New(sts.Options{
		Region: centerRegion, BaseEndpoint: aws.String(c.STSURL()), Retryer: aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{
				AccessKeyID: aws.ToString(keys.AccessKeyId), SecretAccessKey: aws.ToString(keys.SecretAccessKey),
				SessionToken: aws.ToString(keys.SessionToken),
			}, nil
		}),
	})
	who, err := client.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil {
		t.Fatal(err)
	}
	if aws.ToString(who.Account) != account {
		t.Errorf("the credentials are of the account %s", aws.ToString(who.Account))
	}
	return aws.ToString(who.Arn)
}

// A sign-in by browser: Alice's comes back to this machine with a code that is bound to a verifier.
func TestIdentityCenterByTheSDKInABrowser(t *testing.T) {
	t.Parallel()
	c := startCenter(t)
	came := make(chan url.Values, 1)
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		came <- r.URL.Query()
		_, _ = io.WriteString(w, "done")
	}))
	t.Cleanup(listener.Close)
	// The port is no part of what is registered.
	client := c.register(t, "http://127.0.0.1/callback")
	redirect := listener.URL + "/callback"
	// The pair of RFC 7636, appendix B.
	const verifier, challenge = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
	err := person.Walk(t.Context(), c.SSOOIDCURL()+"/authorize?"+url.Values{
		"response_type": {"code"}, "client_id": {aws.ToString(client.ClientId)}, "redirect_uri": {redirect}, "state": {"a state"},
		"scopes": {"sso:account:access"}, "code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}.Encode(), map[string]string{"user": "alice", "decision": "approve"}, "")
	if err != nil {
		t.Fatal(err)
	}
	back := <-came
	if back.Get("state") != "a state" {
		t.Errorf("the browser came back with the state %q", back.Get("state"))
	}
	in := ssooidc.CreateTokenInput{
		GrantType: aws.String(codeGrant), Code: aws.String(back.Get("code")), RedirectUri: aws.String(redirect), CodeVerifier: aws.String(verifier),
	}
	token, err := c.token(t, client, in)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.accounts(t, token); len(got) != 2 {
		t.Errorf("the accounts are %v, want two", got)
	}
	c.orderly(t)
}
