package login

import (
	"encoding/base64"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/login/idtoken"
	"github.com/dbxaccess/dbxaccess/internal/secret"
)

// Supposed is a session that nobody has: what a sign-in would be if a token held these claims, a JSON object, and these groups in
// place of those that the claims hold, where there are any. It is for questions about the access map. Nothing is proved by it: it
// has no signature and no refresh token, and is never stored. ok is false where claims are no JSON object.
func Supposed(p Provider, claims []byte, groups []string, now time.Time) (s *Session, ok bool) {
	if claims == nil {
		claims = []byte("{}")
	}
	encode := base64.RawURLEncoding.EncodeToString
	token := secret.New(encode([]byte("{}")) + "." + encode(claims) + ".")
	said, ok := idtoken.Parse(token)
	if !ok {
		return nil, false
	}
	s = &Session{Issuer: p.Issuer, ClientID: p.ClientID, Token: p.Token, SignedIn: now}
	s.Update(p, said, token, now)
	if p.UserInfo {
		s.Inform(p, &said, now)
	}
	if groups != nil {
		s.Groups, s.GroupsPresent, s.GroupsOverage, s.GroupsShape = groups, true, false, ""
	}
	return s, true
}
