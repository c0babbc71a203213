package sts

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Caller is who the credentials belong to, by AWS's word. The texts are cleaned.
type Caller struct {
	ARN         string // as in arn:aws:sts::111122223333:assumed-role/ml-trainer/alice@example.com
	AccountID   string
	SessionName string // of a role's session, under which Identity Center puts the user name; else ""
	RoleName    string // of a role's session, without the role's path; else ""
}

// Is reports whether the caller is a session of a permission set in an account.
// https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
func (c *Caller) Is(accountID, permissionSet string) bool {
	rest, ok := strings.CutPrefix(c.RoleName, "AWSReservedSSO_"+permissionSet+"_")
	return ok && !strings.Contains(rest, "_") && c.AccountID == accountID
}

// CallerIdentity tells whose credentials these are. No policy can deny the call.
func (c *Client) CallerIdentity(ctx context.Context, credentials *Credentials, region string) (*Caller, error) {
	about := askingSTS("the owner of these credentials", region)
	about.fix = ui.Advice("AWS denies this to nobody: check AWS_ENDPOINT_URL_STS, the region " + region + " and the proxy")
	client, err := c.client(about, credentials)
	if err != nil {
		return nil, err
	}
	out, err := ask(ctx, about, func(ctx context.Context) (*sts.GetCallerIdentityOutput, error) {
		return client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	})
	if err != nil {
		return nil, err
	}
	caller := &Caller{ARN: ui.Clean(aws.ToString(out.Arn)), AccountID: ui.Clean(aws.ToString(out.Account))}
	if caller.ARN == "" {
		return nil, about.noAnswer("STS does not say whose these credentials are")
	}
	parts := strings.SplitN(caller.ARN, ":", 6)
	if resource := strings.Split(parts[len(parts)-1], "/"); len(resource) == 3 && resource[0] == "assumed-role" {
		caller.RoleName, caller.SessionName = resource[1], resource[2]
	}
	return caller, nil
}

const (
	// webTokenLife is what a token of WebIdentityToken lives at most, the longest that AWS gives. What a workspace
	// gives for it lives no longer, so that a shorter one would end programs in the middle of their work.
	webTokenLife = time.Hour
	// minWebTokenLife is the shortest.
	minWebTokenLife = time.Minute
	// webTokenMargin is by how much it ends before the credentials: clocks differ.
	webTokenMargin = time.Minute
	// shortWebToken is asked for where AWS finds that the usual would outlive the credentials: where the environment
	// gives keys it seldom says until when.
	shortWebToken = 10 * time.Minute
)

// WebIdentityToken returns a token with which other services know the role that the credentials are of
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html). It lives for an hour, or almost
// as long as the credentials, which it may not outlive. It is signed with RS256: of the two algorithms that AWS offers,
// the one that Databricks takes.
func (c *Client) WebIdentityToken(ctx context.Context, credentials *Credentials, region, audience string) (secret.String, error) {
	life := webTokenLife
	if !credentials.Expires.IsZero() {
		life = min(max(credentials.Expires.Sub(c.Now()).Truncate(time.Second)-webTokenMargin, minWebTokenLife), webTokenLife)
	}
	about := askingSTS("a token for "+ui.Clean(audience), region)
	about.own = explainWebToken
	client, err := c.client(about, credentials)
	if err != nil {
		return secret.String{}, err
	}
	request := func(life time.Duration) (*sts.GetWebIdentityTokenOutput, error) {
		return ask(ctx, about, func(ctx context.Context) (*sts.GetWebIdentityTokenOutput, error) {
			return client.GetWebIdentityToken(ctx, &sts.GetWebIdentityTokenInput{
				Audience: []string{audience}, SigningAlgorithm: aws.String("RS256"), DurationSeconds: seconds(life),
			})
		})
	}
	out, err := request(life)
	if errors.Is(err, errOutlives) && life > shortWebToken {
		out, err = request(shortWebToken)
	}
	if err != nil {
		return secret.String{}, err
	}
	if token := aws.ToString(out.WebIdentityToken); token != "" && len(token) <= maxToken {
		return secret.New(token), nil
	}
	return secret.String{}, about.noAnswer("STS answered for %s without a token", about.what)
}

var errOutlives = errors.New("the token would outlive the machine's credentials")

// explainWebToken knows the refusals that only GetWebIdentityToken has.
func explainWebToken(code, said string) error {
	switch code {
	case "OutboundWebIdentityFederationDisabled":
		return ui.Errorf("web-identity-off", ui.Refused, "the AWS account gives no tokens to other services: %s", said).
			With(ui.ForAdmin("an administrator of the account must run: aws iam enable-outbound-web-identity-federation"))
	case "JWTPayloadSizeExceeded":
		return ui.Errorf("web-identity-too-large", ui.Failed, "the token would be too large: %s", said).
			With(ui.ForAdmin("give the machine's role fewer tags"))
	case "SessionDurationEscalation":
		return ui.Errorf("web-identity-outlives", ui.Failed, "%w: %s", errOutlives, said).
			With(ui.Advice("try again when the machine has new credentials"))
	case "AccessDenied":
		return ui.Errorf("web-identity-refused", ui.Refused, "AWS gives the machine's role no token: %s", said).
			With(ui.ForAdmin("the permissions of the machine's role must allow sts:GetWebIdentityToken; " +
				"conditions there may bound sts:IdentityTokenAudience, sts:DurationSeconds (up to 3600 is asked for) and sts:SigningAlgorithm (RS256)"))
	case "InvalidAction":
		return ui.Errorf("web-identity-endpoint", ui.Failed, "STS can't make the token here: %s", said).
			With(ui.Advice("name a region's endpoint: the global endpoint of STS gives no tokens"))
	}
	return nil
}
