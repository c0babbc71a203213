package login

import "strings"

// Fingerprint tells a machine's session from those of other jobs by all that its token says but its times and its id. It is
// for sources that can only be told apart by asking them: see Sessions.Fingerprint.
func (s *Session) Fingerprint() string {
	parts := strings.Split(s.IDToken.Reveal(), ".")
	if len(parts) != 3 {
		return ""
	}
	claims, ok := jwtPart(parts[1])
	if !ok {
		return ""
	}
	return digest(lasting(claims)...)
}
