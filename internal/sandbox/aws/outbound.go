package aws

import (
	"cmp"
	"net/http"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/issuer"
)

// Bounds of GetWebIdentityToken.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html
const (
	minTokenDuration     = time.Minute
	maxTokenDuration     = time.Hour
	defaultTokenDuration = 5 * time.Minute
	maxTokenAudiences    = 10
)

// getWebIdentityToken gives the principal that signed a token that tells other services who they are.
func (a *Account) getWebIdentityToken(r *http.Request, call *Call, caller Credentials) (*harness.Reply, *fault) {
	audiences := members(r, "Audience", "")
	algorithm := r.PostForm.Get("SigningAlgorithm")
	life, failed := readDuration(r, minTokenDuration, maxTokenDuration)
	switch {
	case len(audiences) == 0 || len(audiences) > maxTokenAudiences:
		failed = violated("audience")
	case algorithm != issuer.RS256 && algorithm != issuer.ES384:
		failed = violated("signingAlgorithm")
	case failed == nil:
		failed = readTags(r, call)
	}
	if failed != nil {
		return a.unexpected(call, failed)
	}
	life = cmp.Or(life, defaultTokenDuration)
	call.Audience, call.Duration = audiences[0], life
	expires := a.h.Clock().Add(life)
	switch {
	case !caller.may(a.h.Clock(), "sts:"+call.Action, "*"):
		return nil, notAuthorized(caller, call.Action, "*", true)
	case a.h.Behaviour.OutboundFederationDisabled:
		return nil, &fault{"OutboundWebIdentityFederationDisabledException",
			"Outbound web identity federation is not enabled for this account."}
	case expires.After(caller.Expires):
		return nil, &fault{"SessionDurationEscalationException",
			"The requested token duration would extend the session beyond its original expiration time."}
	}
	call.Subject = caller.roleARN
	token, err := a.token(caller, call, audiences, algorithm, expires)
	if err != nil {
		return a.h.Failure(err), nil
	}
	fields := map[string]any{"WebIdentityToken": a.h.HandOut(token), "Expiration": expires.UTC().Format(time.RFC3339)}
	return stsReply(call.Action, fields, "WebIdentityToken", "Expiration"), nil
}

// token signs for a session what AWS would say of it.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_token_claims.html
func (a *Account) token(caller Credentials, call *Call, audiences []string, algorithm string, expires time.Time) (string, error) {
	about := map[string]any{
		"aws_account": caller.account(), "source_region": call.Region, "principal_id": caller.userID(), "org_id": "o-acme123456",
	}
	if len(caller.tags) > 0 {
		about["principal_tags"] = caller.tags
	}
	if len(call.Tags) > 0 {
		about["request_tags"] = call.Tags
	}
	claims := map[string]any{
		"iss": a.issuers.AWSIssuer(), "sub": caller.roleARN, "aud": audiences, "jti": harness.UUID(),
		"iat": a.h.Clock().Unix(), "exp": expires.Unix(), "https://sts.amazonaws.com/": about,
	}
	if len(audiences) == 1 {
		claims["aud"] = audiences[0]
	}
	keys, err := a.issuers.Of(a.issuers.AWSIssuer())
	if err != nil {
		return "", err
	}
	return keys.Sign(claims, algorithm)
}
