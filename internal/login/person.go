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

	groups        []string // exactly as the provider says
	groupsPresent bool     // the token has the groups claim, though it may hold none
	groupsOverage bool     // the provider left the groups out because there are too many

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
	who.groups, who.groupsPresent, who.groupsOverage = groupsOf(p, claims)
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

// groupsOf reads the groups that an identity of the access map looks at: see person.
func groupsOf(p Provider, claims idtoken.Claims) (found []string, present, tooMany bool) {
	found, present = claims.Groups(p.groupsClaim())
	if len(found) == 1 && found[0] == p.Quirks().Overage {
		return nil, false, true
	}
	return found, present, !present && claims.LeftOut(p.groupsClaim())
}

func display(names ...string) string {
	for _, name := range names {
		if name = strings.TrimSpace(ui.Clean(name)); name != "" {
			return name
		}
	}
	return ""
}
