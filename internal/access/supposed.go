package access

import (
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Suppose is the sign-in of someone with these claims, a JSON object or an ID token, and these groups in their place; either
// may be nil. It answers what the map would give such a person or workload, and proves nothing. Usage where claims are something
// else.
func Suppose(m *accessmap.Map, identity *accessmap.Identity, claims []byte, groups []string, now time.Time) (*SignIn, error) {
	session, ok := login.Supposed(ProviderOf(m, identity), claims, groups, now)
	if !ok {
		return nil, ui.Errorf("claims-invalid", ui.Usage, "these are no claims: they have to be one JSON object, or an ID token").
			With(ui.Advice(`write them as they stand in an ID token: {"email": "ada@acme.com", "groups": ["analysts"]}`))
	}
	return NewSignIn(m, identity, session, now), nil
}

// IdentityOf is the identity that a question about groups or claims means: the named one, else the only one that people sign in with,
// else the only one. Errors are those of Identity.
func IdentityOf(m *accessmap.Map, name string) (*accessmap.Identity, error) {
	if people := m.People(); name == "" && len(people) == 1 {
		name = people[0]
	}
	return Identity(m, name)
}

// IdentityOfToken is the identity that a text of claims, as Suppose takes it, is of: the named one, else the only one with its issuer,
// else that of IdentityOf. Usage where the named one has another issuer.
func IdentityOfToken(m *accessmap.Map, name string, claims []byte) (*accessmap.Identity, error) {
	issuer := login.IssuerIn(claims)
	var of []string
	for other, identity := range m.Identities {
		if issuer != "" && identity.Issuer == issuer {
			of = append(of, other)
		}
	}
	if name == "" && len(of) == 1 {
		name = of[0]
	}
	identity, err := IdentityOf(m, name)
	if err == nil && issuer != "" && identity.Issuer != "" && identity.Issuer != issuer {
		return nil, ui.Errorf("claims-of-another", ui.Usage, "these claims are of the issuer %s, and identity %s is of %s", ui.Clean(issuer), identity.Name, ui.Clean(identity.Issuer)).
			With(ui.Advice("name the identity that they are of with --identity, or correct issuer in the map: AWS compares it letter by letter"))
	}
	return identity, err
}
