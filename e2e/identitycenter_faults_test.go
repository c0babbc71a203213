package e2e

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	portaltypes "github.com/aws/aws-sdk-go-v2/service/sso/types"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"
	oidctypes "github.com/aws/aws-sdk-go-v2/service/ssooidc/types"
	"github.com/aws/smithy-go"

	"github.com/dbxaccess/dbxaccess/internal/sandbox"
)

// refusedAs asserts that the SDK knows an error by its type.
func refusedAs[T error](t *testing.T, err error) {
	t.Helper()
	if _, ok := errors.AsType[T](err); !ok {
		var want T
		t.Errorf("the SDK made %T of it (%v), want %T", errors.Unwrap(err), err, want)
	}
}

// While a device code waits for a person, the SDK is told so by the types that it knows: too early, not yet, denied,
// too late.
func TestIdentityCenterPollsByTheSDK(t *testing.T) {
	t.Parallel()
	c := startCenter(t)
	client := c.register(t, "")

	device := c.startDevice(t, client)
	_, err := c.redeemDevice(t, client, device)
	refusedAs[*oidctypes.AuthorizationPendingException](t, err)
	if pending, ok := errors.AsType[*oidctypes.AuthorizationPendingException](err); ok && aws.ToString(pending.Error_) != "authorization_pending" {
		t.Errorf("the error of OAuth is %q", aws.ToString(pending.Error_))
	}
	if err := c.Deny(aws.ToString(device.UserCode)); err != nil {
		t.Fatal(err)
	}
	_, err = c.redeemDevice(t, client, device)
	refusedAs[*oidctypes.AccessDeniedException](t, err)

	c.Set(func(b *sandbox.Behaviour) { b.PollInterval = time.Hour })
	device = c.startDevice(t, client)
	if device.Interval != 3600 {
		t.Errorf("the SDK is to poll every %d s", device.Interval)
	}
	_, err = c.redeemDevice(t, client, device)
	refusedAs[*oidctypes.AuthorizationPendingException](t, err)
	_, err = c.redeemDevice(t, client, device)
	refusedAs[*oidctypes.SlowDownException](t, err)

	c.Set(func(b *sandbox.Behaviour) { b.Skew = time.Hour })
	_, err = c.redeemDevice(t, client, device)
	refusedAs[*oidctypes.ExpiredTokenException](t, err)
	c.orderly(t)
}

// What ends: registrations, access tokens, sessions. The SDK is told by types as well.
func TestIdentityCenterEndsByTheSDK(t *testing.T) {
	t.Parallel()
	t.Run("registration", func(t *testing.T) {
		t.Parallel()
		c := startCenter(t)
		client, token := c.signIn(t)
		c.Set(func(b *sandbox.Behaviour) { b.Skew = 100 * 24 * time.Hour })
		_, err := c.token(t, client, ssooidc.CreateTokenInput{GrantType: aws.String(refreshGrant), RefreshToken: token.RefreshToken})
		refusedAs[*oidctypes.InvalidClientException](t, err)
		c.orderly(t)
	})
	t.Run("access token", func(t *testing.T) {
		t.Parallel()
		c := startCenter(t)
		_, token := c.signIn(t)
		c.Set(func(b *sandbox.Behaviour) { b.Skew = 2 * time.Hour })
		_, err := c.portal.ListAccounts(t.Context(), &sso.ListAccountsInput{AccessToken: token.AccessToken})
		refusedAs[*portaltypes.UnauthorizedException](t, err)
		c.orderly(t)
	})
	t.Run("session", func(t *testing.T) {
		t.Parallel()
		c := startCenter(t)
		client, token := c.signIn(t)
		if _, err := c.portal.Logout(t.Context(), &sso.LogoutInput{AccessToken: token.AccessToken}); err != nil {
			t.Fatal(err)
		}
		_, err := c.portal.ListAccounts(t.Context(), &sso.ListAccountsInput{AccessToken: token.AccessToken})
		refusedAs[*portaltypes.UnauthorizedException](t, err)
		_, err = c.token(t, client, ssooidc.CreateTokenInput{GrantType: aws.String(refreshGrant), RefreshToken: token.RefreshToken})
		refusedAs[*oidctypes.InvalidGrantException](t, err)
		c.orderly(t)
	})
	t.Run("refresh token used again", func(t *testing.T) {
		t.Parallel()
		c := startCenter(t)
		client, token := c.signIn(t)
		refresh := ssooidc.CreateTokenInput{GrantType: aws.String(refreshGrant), RefreshToken: token.RefreshToken}
		if _, err := c.token(t, client, refresh); err != nil {
			t.Fatal(err)
		}
		_, err := c.token(t, client, refresh)
		refusedAs[*oidctypes.InvalidGrantException](t, err)
		_, err = c.portal.ListAccounts(t.Context(), &sso.ListAccountsInput{AccessToken: token.AccessToken})
		refusedAs[*portaltypes.UnauthorizedException](t, err)
		if got := c.Calls()[sandbox.SSOReuses]; got != 1 {
			t.Errorf("%d reuses are recorded, want 1", got)
		}
	})
}

// What nobody assigned, servers that ask for patience, and clients that err.
func TestIdentityCenterRefusalsByTheSDK(t *testing.T) {
	t.Parallel()
	c := startCenter(t)
	client, token := c.signIn(t)
	credentialsOf := func(account, role string) error {
		_, err := c.portal.GetRoleCredentials(t.Context(), &sso.GetRoleCredentialsInput{
			AccessToken: token.AccessToken, AccountId: aws.String(account), RoleName: aws.String(role),
		})
		return err
	}
	// The SDK's model has no type for it.
	err := credentialsOf(sandbox.Account, "Owner")
	if refused, ok := errors.AsType[smithy.APIError](err); !ok || refused.ErrorCode() != "ForbiddenException" {
		t.Errorf("a role that is not assigned: %v, want ForbiddenException", err)
	}
	refusedAs[*portaltypes.ResourceNotFoundException](t, credentialsOf("999988887777", "MLAdmin"))

	c.Inject(sandbox.Fault{Endpoint: sandbox.SSOCredentials, Error: "TooManyRequestsException", Message: "slower"})
	refusedAs[*portaltypes.TooManyRequestsException](t, credentialsOf(sandbox.Account, "MLAdmin"))
	if err := credentialsOf(sandbox.Account, "MLAdmin"); err != nil {
		t.Error(err)
	}
	c.Inject(sandbox.Fault{Endpoint: sandbox.SSOToken, Error: "InternalServerException"})
	_, err = c.token(t, client, ssooidc.CreateTokenInput{GrantType: aws.String(refreshGrant), RefreshToken: token.RefreshToken})
	refusedAs[*oidctypes.InternalServerException](t, err)
	c.orderly(t)

	// From here on it is the client that errs.
	_, err = c.portal.ListAccounts(t.Context(), &sso.ListAccountsInput{AccessToken: aws.String("made up")})
	refusedAs[*portaltypes.UnauthorizedException](t, err)
	refusedAs[*portaltypes.InvalidRequestException](t, credentialsOf("12", "MLAdmin"))
	_, err = c.token(t, client, ssooidc.CreateTokenInput{GrantType: aws.String("password")})
	refusedAs[*oidctypes.UnsupportedGrantTypeException](t, err)
	_, err = c.token(t, client, ssooidc.CreateTokenInput{GrantType: aws.String(codeGrant), Code: aws.String("made up")})
	refusedAs[*oidctypes.UnauthorizedClientException](t, err)
	_, err = c.token(t, client, ssooidc.CreateTokenInput{GrantType: aws.String(refreshGrant), RefreshToken: aws.String("made up")})
	refusedAs[*oidctypes.InvalidGrantException](t, err)
	stranger := &ssooidc.RegisterClientOutput{ClientId: client.ClientId, ClientSecret: aws.String("made up")}
	_, err = c.token(t, stranger, ssooidc.CreateTokenInput{GrantType: aws.String(refreshGrant), RefreshToken: token.RefreshToken})
	refusedAs[*oidctypes.InvalidClientException](t, err)
	_, err = c.oidc.StartDeviceAuthorization(t.Context(), &ssooidc.StartDeviceAuthorizationInput{
		ClientId: client.ClientId, ClientSecret: client.ClientSecret, StartUrl: aws.String("https://other.awsapps.com/start"),
	})
	refusedAs[*oidctypes.InvalidRequestException](t, err)
	_, err = c.oidc.RegisterClient(t.Context(), &ssooidc.RegisterClientInput{
		ClientName: aws.String("the tests"), ClientType: aws.String("public"), Scopes: []string{"everything"},
	})
	refusedAs[*oidctypes.InvalidScopeException](t, err)
	_, err = c.oidc.RegisterClient(t.Context(), &ssooidc.RegisterClientInput{
		ClientName: aws.String("the tests"), ClientType: aws.String("public"), IssuerUrl: aws.String(c.StartURL()),
		GrantTypes: []string{codeGrant}, RedirectUris: []string{"https://elsewhere.example/callback"},
	})
	refusedAs[*oidctypes.InvalidRedirectUriException](t, err)
}
