package sandbox

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Bounds of GetWebIdentityToken.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html
const (
	minTokenDuration     = time.Minute
	maxTokenDuration     = time.Hour
	defaultTokenDuration = 5 * time.Minute
	maxTokenAudiences    = 10
)

// getWebIdentityToken gives whoever signed a token that tells other services who they are.
func (s *Server) getWebIdentityToken(r *http.Request, call *STSCall, caller credentials) (reply, *stsFault) {
	refuse := func(failed *stsFault) (reply, *stsFault) {
		s.unexpectedf("POST /: %s: %s", failed.code, failed.message)
		return reply{}, failed
	}
	audiences := members(r, "Audience")
	algorithm := r.PostForm.Get("SigningAlgorithm")
	if len(audiences) == 0 || len(audiences) > maxTokenAudiences {
		return refuse(violated("audience", fmt.Sprintf("have length from 1 to %d", maxTokenAudiences)))
	}
	if algorithm != algorithmRS256 && algorithm != algorithmES384 {
		return refuse(violated("signingAlgorithm", "satisfy enum value set: [RS256, ES384]"))
	}
	life, failed := readTokenDuration(r.PostForm.Get("DurationSeconds"))
	if failed == nil {
		failed = readTags(r, call)
	}
	if failed != nil {
		return refuse(failed)
	}
	call.Audience, call.Duration = audiences[0], life
	now := s.clock()
	switch {
	case !caller.may("sts:"+call.Action, "*"):
		return reply{}, notAuthorized(caller, call.Action, "*", true)
	case s.behaviour.OutboundFederationDisabled:
		return reply{}, &stsFault{"OutboundWebIdentityFederationDisabledException",
			"Outbound web identity federation is not enabled for this account."}
	case now.Add(life).After(caller.expires):
		return reply{}, &stsFault{"SessionDurationEscalationException",
			"The requested token duration would extend the session beyond its original expiration time."}
	}
	call.Subject = caller.roleARN
	token, err := s.awsToken(caller, call, audiences, algorithm, now.Add(life))
	if err != nil {
		return s.failure(err), nil
	}
	fields := map[string]any{"WebIdentityToken": s.handOut(token), "Expiration": now.Add(life).UTC().Format(time.RFC3339)}
	return stsReply(call.Action, fields, func(name xml.Name, fields map[string]any) any {
		return struct {
			XMLName    xml.Name
			Token      string `xml:"WebIdentityToken,omitempty"`
			Expiration string `xml:"Expiration,omitempty"`
		}{name, text(fields["WebIdentityToken"]), text(fields["Expiration"])}
	}), nil
}

// awsToken signs for a session what AWS would say of it.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_token_claims.html
func (s *Server) awsToken(caller credentials, call *STSCall, audiences []string, algorithm string, expires time.Time) (string, error) {
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
		"iss": s.AWSIssuer(), "sub": caller.roleARN, "aud": audience(audiences), "jti": requestID(),
		"iat": s.clock().Unix(), "exp": expires.Unix(), "https://sts.amazonaws.com/": about,
	}
	if len(audiences) == 1 {
		claims["aud"] = audiences[0]
	}
	keys, err := awsKeys()
	if err != nil {
		return "", err
	}
	return keys.sign(claims, algorithm)
}

// readTokenDuration reads DurationSeconds; "" is the default.
func readTokenDuration(text string) (time.Duration, *stsFault) {
	if text == "" {
		return defaultTokenDuration, nil
	}
	seconds, err := strconv.Atoi(text)
	life := time.Duration(seconds) * time.Second
	switch {
	case err != nil:
		return 0, &stsFault{"MalformedInput", "DurationSeconds is not a number"}
	case life < minTokenDuration:
		return 0, violated("durationSeconds", "have value greater than or equal to 60")
	case life > maxTokenDuration:
		return 0, violated("durationSeconds", "have value less than or equal to 3600")
	}
	return life, nil
}

// members reads NAME.member.N, counted from 1.
func members(r *http.Request, name string) []string {
	var all []string
	for n := 1; ; n++ {
		value := r.PostForm.Get(fmt.Sprintf("%s.member.%d", name, n))
		if value == "" {
			return all
		}
		all = append(all, value)
	}
}
