package login

import (
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/login/idtoken"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// maxName bounds a name or an address, in characters; RFC 5321 allows addresses 254.
const maxName = 320

// person is who the verified claims of an ID token are about, as an identity of the access map reads them.
type person struct {
	subject  string // exactly as the provider says; compare, don't show
	key      string // identifies the person in place of the subject, where a provider has something better; "": the subject does
	username string // preferred_username, cleaned
	email    string // cleaned; "" where it does not count, see disowns
	name     string // cleaned

	groups groups

	expires time.Time
}

func personOf(p Provider, claims idtoken.Claims) *person {
	kind := p.Quirks()
	claims = believed(kind, claims)
	who := &person{
		subject:  claims.Text("sub"),
		key:      principal(kind, claims),
		username: ui.Cut(claims.Text("preferred_username"), maxName),
		email:    ui.Cut(claims.Text("email"), maxName),
		name:     ui.Cut(claims.Text("name"), maxName),
	}
	who.expires, _ = claims.Time("exp")
	who.groups = groupsOf(p, claims)
	return who
}

// principal is what identifies a person in place of the subject, as in oid@tid; "" where that is nothing, or not all there.
func principal(kind *idp.Kind, claims idtoken.Claims) string {
	var parts []string
	for _, name := range kind.Principal {
		if claims.Text(name) == "" {
			return ""
		}
		parts = append(parts, claims.Text(name))
	}
	return strings.Join(parts, "@")
}

// disowns reports whether the claims hold an e-mail address that does not count: the provider says that it is not verified,
// or is of a kind whose addresses are verified only where it says so.
func disowns(kind *idp.Kind, claims idtoken.Claims) bool {
	if _, there := claims.Object["email"]; !there {
		return false
	}
	return claims.Denies("email_verified") || kind.EmailVerified != "" && !claims.Affirms(kind.EmailVerified)
}

// believed are the claims without an address that does not count. Somebody may have typed in another person's: it must
// neither become a session name nor give roles.
func believed(kind *idp.Kind, claims idtoken.Claims) idtoken.Claims {
	if !disowns(kind, claims) {
		return claims
	}
	return claims.Without("email")
}

// groups are those that an identity of the access map looks at.
type groups struct {
	names   []string // exactly as the provider says
	present bool     // the claim is there, though it may hold none
	overage bool     // the provider left them out because there are too many
	shape   string   // what the claim holds where no group can be read of it, see idtoken.Claims.Shape
}

func groupsOf(p Provider, claims idtoken.Claims) groups {
	g := groups{}
	g.names, g.present = claims.Groups(p.groupsClaim())
	if len(g.names) == 1 && g.names[0] == p.Quirks().Overage {
		return groups{overage: true}
	}
	g.overage = !g.present && claims.LeftOut(p.groupsClaim())
	if len(g.names) == 0 {
		g.shape = claims.Shape(p.groupsClaim())
	}
	return g
}

func display(names ...string) string {
	for _, name := range names {
		if name = strings.TrimSpace(ui.Clean(name)); name != "" {
			return name
		}
	}
	return ""
}
