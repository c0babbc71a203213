package access

import (
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Suppose is the sign-in of somebody with these claims, a JSON object as in an ID token, and these groups in their place; either
// may be nil. It answers what the map would give such a person or workload, and proves nothing. Usage where claims are something
// else.
func Suppose(m *accessmap.Map, identity *accessmap.Identity, claims []byte, groups []string, now time.Time) (*SignIn, error) {
	session, ok := login.Supposed(ProviderOf(m, identity), claims, groups, now)
	if !ok {
		return nil, ui.Errorf("claims-invalid", ui.Usage, "these are no claims: they have to be one JSON object").
			With(ui.Advice(`write them as they stand in an ID token, {"email": "ada@acme.com", "groups": ["analysts"]}; never the token itself`))
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
