package login

import (
	"encoding/base64"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/login/idtoken"
	"github.com/dbxaccess/dbxaccess/internal/secret"
)

// Supposed is a session that nobody has: what a sign-in would be if a token held these claims, a JSON object or an ID token, and these
// groups in place of those that the claims hold, where there are any. It is for questions about the access map. Nothing is proved by
// it: no signature is looked at, it has no refresh token, and is never stored. ok is false where claims are neither.
func Supposed(p Provider, claims []byte, groups []string, now time.Time) (s *Session, ok bool) {
	token, said, ok := supposed(claims)
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

// IssuerIn is the issuer that a text of claims names, as Supposed takes it; "" where it names none.
func IssuerIn(claims []byte) string {
	_, said, _ := supposed(claims)
	return said.Text("iss")
}

// supposed makes a token of claims, and reads it.
func supposed(claims []byte) (secret.String, idtoken.Claims, bool) {
	text := strings.TrimSpace(string(claims))
	if token := secret.New(text); strings.Count(text, ".") == 2 {
		if said, ok := idtoken.Parse(token); ok {
			return token, said, true
		}
	}
	if text == "" && claims == nil {
		text = "{}"
	}
	encode := base64.RawURLEncoding.EncodeToString
	token := secret.New(encode([]byte("{}")) + "." + encode([]byte(text)) + ".")
	said, ok := idtoken.Parse(token)
	return token, said, ok
}
