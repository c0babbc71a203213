package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// webIdentity is what STS reads in an ID token. The source identity has a claim of AWS's own:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
type webIdentity struct {
	Issuer         string   `json:"iss"`
	Subject        string   `json:"sub"`
	Audience       audience `json:"aud"`
	Expiry         float64  `json:"exp"`
	IssuedAt       float64  `json:"iat"`
	SourceIdentity string   `json:"https://aws.amazon.com/source_identity"`
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

// checkWebIdentity verifies an ID token as STS does: provider, signature, required claims, audience, expiry.
func (s *Server) checkWebIdentity(token string) (webIdentity, *stsFault) {
	invalid := func(format string, args ...any) (webIdentity, *stsFault) {
		return webIdentity{}, &stsFault{"InvalidIdentityToken", fmt.Sprintf(format, args...)}
	}
	// The issuer is looked up before there is a key to verify with.
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return invalid("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
	}
	var claims webIdentity
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		return invalid("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
	}
	if claims.Issuer != s.Issuer() {
		return invalid("No OpenIDConnect provider found in your account for %s", claims.Issuer)
	}
	if _, err := s.keys.verify(token); err != nil {
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
	case !slices.ContainsFunc(claims.Audience, s.knownAudience):
		return invalid("Incorrect token audience")
	}
	if now := s.clock().Unix(); float64(now) >= claims.Expiry {
		return webIdentity{}, &stsFault{"ExpiredTokenException", fmt.Sprintf(
			"Token expired: current date/time %d must be before the expiration date/time %.0f", now, claims.Expiry)}
	}
	return claims, nil
}

// knownAudience reports whether an audience is registered with the account's identity provider: the client, and those
// that a role's trust names.
func (s *Server) knownAudience(name string) bool {
	return name == s.clientID ||
		slices.ContainsFunc(s.trust, func(t Trust) bool { return slices.Contains(t.Audiences, name) })
}
