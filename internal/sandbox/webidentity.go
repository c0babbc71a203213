package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// webIdentity is what STS reads in an ID token. Tags and the source identity have claims of AWS's own:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
type webIdentity struct {
	Issuer         string    `json:"iss"`
	Subject        string    `json:"sub"`
	Audience       audience  `json:"aud"`
	Expiry         float64   `json:"exp"`
	IssuedAt       float64   `json:"iat"`
	Tags           tokenTags `json:"https://aws.amazon.com/tags"`
	SourceIdentity string    `json:"https://aws.amazon.com/source_identity"`
}

// tokenTags are the session tags of an ID token.
type tokenTags struct {
	Principal  principalTags `json:"principal_tags"`
	Transitive []string      `json:"transitive_tag_keys"`
}

// principalTags have lists of one value each, though AWS takes a text as well.
type principalTags map[string]audience

func (t principalTags) flat() map[string]string {
	flat := make(map[string]string, len(t))
	for key, values := range t {
		flat[key] = strings.Join(values, " ")
	}
	return flat
}

// text is what the tags take of the space for policies and tags.
func (t tokenTags) text() string { return textOfTags(t.Principal.flat()) }

// textOfTags puts tags one after the other.
func textOfTags(tags map[string]string) string {
	var all strings.Builder
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		all.WriteString(key + tags[key])
	}
	return all.String()
}

// audience is one string or a list (RFC 7519 4.1.3).
type audience []string

func (a *audience) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(a))
}

// readUnverified reads a JWT's claims without a look at its signature: the issuer tells with which keys to verify it.
func readUnverified(token string) (webIdentity, bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return webIdentity{}, false
	}
	var claims webIdentity
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	return claims, err == nil && json.Unmarshal(payload, &claims) == nil
}

// checkWebIdentity verifies an ID token as STS does: provider, signature, required claims, audience, expiry.
func (s *Server) checkWebIdentity(token string) (webIdentity, *stsFault) {
	invalid := func(format string, args ...any) (webIdentity, *stsFault) {
		return webIdentity{}, &stsFault{"InvalidIdentityToken", fmt.Sprintf(format, args...)}
	}
	claims, ok := readUnverified(token)
	if !ok {
		return invalid("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
	}
	// IAM registers no provider of AWS's own.
	verify := s.verifier(claims.Issuer)
	if verify == nil || claims.Issuer == s.AWSIssuer() {
		return invalid("No OpenIDConnect provider found in your account for %s", claims.Issuer)
	}
	if _, err := verify(token); err != nil {
		return invalid("Couldn't retrieve verification key from your identity provider, " +
			"please reference AssumeRoleWithWebIdentity documentation for requirements")
	}
	switch {
	case claims.Subject == "":
		return invalid("Missing a required claim: sub")
	case len(claims.Audience) == 0:
		return invalid("Missing a required claim: aud")
	case claims.Expiry == 0:
		return invalid("Missing a required claim: exp")
	case claims.IssuedAt == 0:
		return invalid("Missing a required claim: iat")
	case !slices.ContainsFunc(claims.Audience, func(name string) bool { return s.knownAudience(claims.Issuer, name) }):
		return invalid("Incorrect token audience")
	}
	if now := s.clock().Unix(); float64(now) >= claims.Expiry {
		return webIdentity{}, &stsFault{"ExpiredTokenException", fmt.Sprintf(
			"Token expired: current date/time %d must be before the expiration date/time %.0f", now, claims.Expiry)}
	}
	return claims, nil
}

// knownAudience reports whether an audience is registered with the account's identity provider: the provider's client, and
// those that a role's trust names.
func (s *Server) knownAudience(issuer, name string) bool {
	named := func(t Trust) bool { return s.url(t.Issuer) == issuer && slices.Contains(t.Audiences, name) }
	return issuer == s.Issuer() && name == clientID || slices.ContainsFunc(s.trust, named)
}
