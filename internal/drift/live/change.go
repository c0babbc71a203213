package live

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/dbxaccess/dbxaccess/internal/drift"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Client is IAM of one account, for what changes it. The SDK's own client goes to no other package: as a type that is handed about, it
// would be linked with all of IAM's calls.
type Client struct{ reading *reading }

// ErrMissing is IAM's word that something is not there.
var ErrMissing = errMissing

// Client is that of an account. That there are no credentials for it is an error, account-closed.
func (a *Accounts) Client(number string) (*Client, error) {
	open := a.open[number]
	if open == nil {
		return nil, ui.Errorf("account-closed", ui.Refused, "account %s: %s", ui.Clean(number), a.shut[number]).
			With(ui.Advice("give credentials of this account: --profile PROFILE of the AWS CLI, --as ROLE of the map, or --role ARN to take one there"))
	}
	r, err := a.reading(open, &drift.Actual{})
	if err != nil {
		return nil, err
	}
	return &Client{r}, nil
}

// RoleARN is the ARN of the role of a name. Errors of this and what follows are ErrMissing; iam-refused, where IAM does not do it; and
// those of a service that can't be reached or is too busy.
func (c *Client) RoleARN(ctx context.Context, name string) (string, error) {
	got, err := ask(ctx, c.reading, "iam:GetRole", func(ctx context.Context) (*awsiam.GetRoleOutput, error) {
		return c.reading.iam.GetRole(ctx, &awsiam.GetRoleInput{RoleName: &name})
	})
	if err != nil {
		return "", c.refused(err)
	}
	if got.Role == nil {
		return "", ErrMissing
	}
	return aws.ToString(got.Role.Arn), nil
}

// Inline is the text of a role's own policy.
func (c *Client) Inline(ctx context.Context, role, policy string) (string, error) {
	got, err := ask(ctx, c.reading, "iam:GetRolePolicy", func(ctx context.Context) (*awsiam.GetRolePolicyOutput, error) {
		return c.reading.iam.GetRolePolicy(ctx, &awsiam.GetRolePolicyInput{RoleName: &role, PolicyName: &policy})
	})
	if err != nil {
		return "", c.refused(err)
	}
	document, err := decoded(got.PolicyDocument)
	return document, c.refused(err)
}

// PutInline writes a role's own policy, in place of one of the name.
func (c *Client) PutInline(ctx context.Context, role, policy, document string) error {
	_, err := ask(ctx, c.reading, "iam:PutRolePolicy", func(ctx context.Context) (*awsiam.PutRolePolicyOutput, error) {
		return c.reading.iam.PutRolePolicy(ctx, &awsiam.PutRolePolicyInput{RoleName: &role, PolicyName: &policy, PolicyDocument: &document})
	})
	return c.refused(err)
}

// DeleteInline removes a role's own policy.
func (c *Client) DeleteInline(ctx context.Context, role, policy string) error {
	_, err := ask(ctx, c.reading, "iam:DeleteRolePolicy", func(ctx context.Context) (*awsiam.DeleteRolePolicyOutput, error) {
		return c.reading.iam.DeleteRolePolicy(ctx, &awsiam.DeleteRolePolicyInput{RoleName: &role, PolicyName: &policy})
	})
	return c.refused(err)
}

// refused makes an error for people of what IAM does not do.
func (c *Client) refused(err error) error {
	unread, ok := errors.AsType[*unreadError](err)
	if !ok {
		return err
	}
	return ui.Errorf("iam-refused", ui.Refused, "IAM of account %s, asked with the credentials of %s: %s", c.reading.account.number, c.reading.account.by, unread.why).
		With(ui.Advice("give credentials that may do this: --as ROLE, --profile PROFILE, --role ARN"))
}
