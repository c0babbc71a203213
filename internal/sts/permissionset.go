package sts

import (
	"context"
	"errors"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/identitycenter"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// PermissionSet asks for credentials of a permission set that IAM Identity Center assigned the person in an account.
type PermissionSet struct {
	Region              string // of Identity Center, not of the role
	StartURL            string // for the message
	AccountID, RoleName string
	Token               secret.String // the access token of the sign-in
	Renewal             ui.Fix        // what gives a newer token; nil for dbxaccess login
}

// RoleCredentials returns them. How long they live is set in the permission set; a session policy can't be given. Where
// Identity Center no longer takes the token, TokenRefused reports true.
func (c *Client) RoleCredentials(ctx context.Context, in PermissionSet) (*Credentials, error) {
	about := question{
		service: "IAM Identity Center", what: "permission set " + in.RoleName + " in account " + in.AccountID, moved: "AWS_ENDPOINT_URL_SSO",
	}
	got, err := c.IdentityCenter.RoleCredentials(ctx, in.Region, in.Token, in.AccountID, in.RoleName)
	if refused, ok := errors.AsType[*identitycenter.Error](err); ok {
		return nil, httpclient.Later(in.explain(about, refused), refused.RetryAfter)
	}
	if err != nil {
		return nil, err
	}
	return issued(about, Credentials{
		AccessKeyID: got.AccessKeyID, SecretAccessKey: got.SecretAccessKey, SessionToken: got.SessionToken,
		Expires: got.Expires, AccountID: in.AccountID, RequestID: got.RequestID,
	}, c.Now())
}

// explain gives each error of GetRoleCredentials its sentence
// (https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_GetRoleCredentials.html).
func (in PermissionSet) explain(about question, refused *identitycenter.Error) error {
	switch refused.Code {
	case "ForbiddenException", "ResourceNotFoundException", "AccessDeniedException":
		return ui.Errorf("permission-set-refused", ui.Refused, "IAM Identity Center gives you no credentials for %s: %w", about.what, refused).
			With(ui.Advice("what you are assigned: "+ui.Clean(in.StartURL)), ui.ForAdmin("assign it to the person in IAM Identity Center: "+about.what))
	case "UnauthorizedException":
		return tokenRefusal("center-session-over", ui.LoginNeeded, "the session at IAM Identity Center is over: %w", refused).
			With(renewal(in.Renewal, "dbxaccess login"))
	case "InvalidRequestException":
		return ui.Errorf("permission-set-request-invalid", ui.Failed, "IAM Identity Center finds the request for %s invalid: %w", about.what, refused).
			With(ui.ForAdmin("check account_id and role_name: dbxaccess map check"))
	}
	if refused.Transient() {
		return ui.Errorf("aws-unavailable", ui.Failed, "IAM Identity Center can't give credentials for %s now: %w", about.what, refused).
			With(ui.Advice("try again in a minute"))
	}
	return ui.Errorf("aws-unknown-refusal", ui.Failed, "%s: %w", about.doing(), refused)
}
