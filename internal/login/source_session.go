package login

import (
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/idp"
)

// Fingerprint is that of Sessions.Fingerprint, of the token that the session was made from instead of what is at hand by
// now: a file may have another job's token in the meantime, and a command can't be told without running it.
func (s *Session) Fingerprint(source idp.TokenSource) string {
	claims, ok := unverified(s.IDToken)
	if !ok {
		return ""
	}
	return digest(slices.Concat([]string{source.From, source.Audience}, lasting(claims))...)
}
