package sts

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// WebIdentity asks for credentials of a role that trusts an identity provider.
type WebIdentity struct {
	Token       secret.String
	RoleARN     string
	Region      string        // of the STS endpoint
	SessionName string        // see SessionName
	Policy      string        // session policy as JSON; "" leaves the role's own permissions
	Managed     []string      // ARNs of managed policies beside it: what either allows is allowed
	Duration    time.Duration // 0 leaves it to the provider: one hour at AWS

	// What the token presents, for the message when AWS refuses it.
	Issuer, Audience, Subject string

	// Renewal says what gives a newer token; nil for dbxaccess login.
	Renewal ui.Fix
	// Trust is the command that shows the trust policy which the role should have; nil for a role that no map knows.
	Trust ui.Fix
}

// AssumeRoleWithWebIdentity returns credentials for the role. Every refusal is a sentence with a remedy; for those that
// a newer ID token may fix, TokenRefused reports true. Throttling, a provider that AWS can't reach at the moment and
// server errors are tried again, three times in all.
func (c *Client) AssumeRoleWithWebIdentity(ctx context.Context, in WebIdentity) (*Credentials, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	about := askingSTS("role "+in.RoleARN, in.Region)
	about.own, about.fix = in.explain, in.presented()
	client, err := c.client(about, nil, in.Token)
	if err != nil {
		return nil, err
	}
	out, err := ask(ctx, about, func(ctx context.Context) (*sts.AssumeRoleWithWebIdentityOutput, error) {
		return client.AssumeRoleWithWebIdentity(ctx, &sts.AssumeRoleWithWebIdentityInput{
			RoleArn: aws.String(in.RoleARN), RoleSessionName: aws.String(in.SessionName), WebIdentityToken: aws.String(in.Token.Reveal()),
			Policy: optional(in.Policy), PolicyArns: managed(in.Managed), DurationSeconds: seconds(in.Duration),
		})
	})
	if err != nil {
		return nil, err
	}
	return issued(about, ofSTS(out.Credentials, in.RoleARN, out.SessionTokenUtilization, out.PackedPolicySize, out.SourceIdentity, out.ResultMetadata), c.Now()) //nolint:staticcheck // older servers say this one alone
}

// check refuses what AWS would refuse, with a better message and without sending the token.
func (in WebIdentity) check() error {
	if token := len(in.Token.Reveal()); token < minToken || token > maxToken {
		return ui.Errorf("id-token-size", ui.Failed, "the ID token for role %s has %d characters", in.RoleARN, token).
			With(ui.ForAdmin("AWS takes 4 to 20,000 characters; let the identity provider put fewer groups or claims into the token"))
	}
	return session{in.RoleARN, in.SessionName, in.Policy, in.Managed, in.Duration}.check()
}

// explain knows the refusals that only this call has.
func (in WebIdentity) explain(code, said string) error {
	newer := renewal(in.Renewal, "dbxaccess login")
	switch code {
	case "ExpiredToken":
		return tokenRefusal("token-ended", ui.LoginNeeded, "AWS says that the ID token has expired: %s", said).With(newer)
	case "InvalidIdentityToken":
		return tokenRefusal("token-refused", ui.Refused, "AWS does not accept the ID token: %s", said).
			With(in.presented(), ui.ForAdmin("an IAM OIDC identity provider with this issuer and audience must exist in the account of "+in.RoleARN))
	case "IDPRejectedClaim":
		return ui.Errorf("token-revoked", ui.Refused, "the identity provider told AWS that the ID token is no longer good: %s", said).
			With(renewal(in.Renewal, "dbxaccess login --force"), in.presented())
	case "IDPCommunicationError":
		return ui.Errorf("provider-unreachable", ui.Failed, "AWS can't reach the identity provider: %s", said).
			With(ui.Advice("try again in a minute"), ui.ForAdmin("AWS must reach "+in.Issuer+"/.well-known/openid-configuration and its keys from the internet"))
	case "AccessDenied":
		return ui.Errorf("role-refused", ui.Refused, "AWS refuses role %s: %s", in.RoleARN, said).With(in.trust().ForAdmin())
	case "ValidationError":
		return ui.Errorf("role-request-invalid", ui.Failed, "AWS finds the request for %s invalid: %s", in.RoleARN, said).
			With(ui.ForAdmin("compare `duration` with the role's maximum session duration and check role_arn: dbxaccess map check"))
	}
	if words := strings.ToLower(said); strings.Contains(words, "token") && strings.Contains(words, "expired") {
		// S3-compatible servers have one code for everything; a fresh token is worth one try.
		return tokenRefusal("token-ended", ui.LoginNeeded, "STS says: %s", said).With(newer)
	}
	return nil
}

func (in WebIdentity) presented() ui.Fix {
	return ui.ForAdmin(fmt.Sprintf("presented: issuer %s, audience %s, subject %s", ui.Clean(in.Issuer), ui.Clean(in.Audience), ui.Clean(in.Subject)))
}

// trust says what the role's trust policy should be: a refusal here is nearly always its conditions. Of a role that no map knows, that is
// one for this subject alone.
func (in WebIdentity) trust() ui.Fix {
	if in.Trust != nil {
		return slices.Concat(in.presented(), ui.Advice("the trust policy that the role must have by the access map:"), in.Trust)
	}
	principal, keys := iam.Provider(in.RoleARN, in.Issuer)
	statement := iam.WebIdentityTrust(principal, false, false, iam.Conditions{
		"StringEquals": {keys + ":aud": {in.Audience}, keys + ":sub": {in.Subject}},
	}).JSON()
	return slices.Concat(in.presented(), ui.Advice("the role's trust policy must hold a statement like:"),
		ui.Command(strings.Split(strings.Replace(statement, `,"Action"`, ",\n \"Action\"", 1), "\n")...), // two shorter lines
		ui.Advice("a token that carries session tags or a source identity also needs sts:TagSession, sts:SetSourceIdentity there"))
}

// renewal is the command where nothing else gives a newer token.
func renewal(otherwise ui.Fix, command string) ui.Fix {
	if otherwise != nil {
		return otherwise
	}
	return ui.Command(command)
}
