package login

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Bounds of what is taken from a token. A token that STS accepts stays far below them.
const (
	maxGroups = 5_000
	maxGroup  = 1_024 // characters
	maxName   = 320   // characters of a name or an address; RFC 5321 allows addresses 254
)

// Identity is a verified person (or job).
type Identity struct {
	Issuer   string // as in the access map
	Subject  string // exactly as the provider says; compare, don't show
	Key      string // identifies the person in place of Subject, where a provider has something better; "": Subject does
	Username string // preferred_username, cleaned
	Email    string // cleaned; "" where the provider says, or is known, not to vouch for it
	Name     string // cleaned

	Groups        []string // exactly as the provider says, without empty and double ones
	GroupsPresent bool     // the token has the groups claim, though it may hold none
	GroupsOverage bool     // the provider left the groups out because there are too many

	Expires  time.Time
	IssuedAt time.Time // zero where the token doesn't say
}

func display(names ...string) string {
	for _, name := range names {
		if name = strings.TrimSpace(ui.Clean(name)); name != "" {
			return name
		}
	}
	return ""
}

// newIdentity reads verified claims.
func newIdentity(p Provider, claims httpclient.Object) *Identity {
	claims = believed(p.kind(), claims)
	i := &Identity{
		Issuer:   p.Issuer,
		Subject:  claims.Text("sub"),
		Username: ui.Cut(claims.Text("preferred_username"), maxName),
		Email:    ui.Cut(claims.Text("email"), maxName),
		Name:     ui.Cut(claims.Text("name"), maxName),
	}
	i.Expires, _ = timeOf(claims, "exp")
	i.IssuedAt, _ = timeOf(claims, "iat")
	i.Groups, i.GroupsPresent, i.GroupsOverage = groupsOf(p, claims)
	i.Key = principal(p.kind(), claims)
	return i
}

// disowns reports whether the claims hold an e-mail address that the provider does not vouch for: it says so, or is of a
// kind that does not unless it says so.
func disowns(kind *idp.Kind, claims httpclient.Object) bool {
	if _, there := claims["email"]; !there {
		return false
	}
	return denies(claims, "email_verified") || kind.EmailVerified != "" && !affirms(claims, kind.EmailVerified)
}

// believed are the claims without an address that the provider does not vouch for. Somebody may have typed in another
// person's: it must neither become a session name nor give roles.
func believed(kind *idp.Kind, claims httpclient.Object) httpclient.Object {
	if !disowns(kind, claims) {
		return claims
	}
	claims = maps.Clone(claims)
	delete(claims, "email")
	return claims
}

// denies reports whether a claim says no; providers write it as a boolean or as a text.
func denies(o httpclient.Object, name string) bool {
	return o.Text(name) == "false" || string(bytes.TrimSpace(o[name])) == "false"
}

// affirms reports whether a claim says yes, as Entra ID writes it.
func affirms(o httpclient.Object, name string) bool {
	return slices.Contains([]string{"true", "1", `"1"`}, string(bytes.TrimSpace(o[name])))
}

// principal is what identifies a person in place of the subject, as in oid@tid; "" where that is nothing, or not all there.
func principal(kind *idp.Kind, claims httpclient.Object) string {
	var parts []string
	for _, name := range kind.Principal {
		if claims.Text(name) == "" {
			return ""
		}
		parts = append(parts, claims.Text(name))
	}
	return strings.Join(parts, "@")
}

// timeOf reads a NumericDate (RFC 7519 §2), up to the year 9999.
func timeOf(o httpclient.Object, name string) (time.Time, bool) {
	const year10000 = 253402300800
	n, ok := o.Number(name)
	if !ok || n < 0 || n >= year10000 {
		return time.Time{}, false
	}
	return time.Unix(int64(math.Floor(n)), 0).UTC(), true
}

// groupsOf reads the groups that an identity of the access map looks at: see Identity.
func groupsOf(p Provider, claims httpclient.Object) (found []string, present, tooMany bool) {
	found, present = groups(claims, p.groupsClaim())
	if len(found) == 1 && found[0] == p.kind().Overage {
		return nil, false, true
	}
	return found, present, !present && overage(claims, p.groupsClaim())
}

// groups reads the groups claim: a list, or a single string. It reports false where the claim is missing or of another
// type.
func groups(claims httpclient.Object, claim string) ([]string, bool) {
	raw, ok := lookUp(claims, claim)
	if !ok {
		return nil, false
	}
	all, ok := stringsOf(raw)
	if !ok {
		return nil, false
	}
	found := make([]string, 0, len(all))
	seen := make(map[string]bool, len(all))
	for _, group := range all {
		if group != "" && len(group) <= maxGroup && !seen[group] && len(found) < maxGroups {
			seen[group] = true
			found = append(found, group)
		}
	}
	return found, true
}

// overage recognises the marks that Entra ID leaves in place of more than 200 groups: a reference to Microsoft Graph
// (which is not followed: it would be the token's choice where to go), or a plain flag.
// https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference#groups-overage-claim
func overage(claims httpclient.Object, claim string) bool {
	elsewhere, _ := httpclient.ParseObject(claims["_claim_names"])
	if _, ok := elsewhere[claim]; ok {
		return true
	}
	flag := strings.Trim(string(claims["hasgroups"]), `"`)
	return claim == "groups" && flag == "true"
}

// claimTexts reads a claim of any simple type as texts: rules of the access map compare them.
func claimTexts(claims httpclient.Object, claim string) []string {
	raw, ok := lookUp(claims, claim)
	if !ok {
		return nil
	}
	if all, ok := stringsOf(raw); ok {
		return all
	}
	switch text := string(bytes.TrimSpace(raw)); {
	case text == "true", text == "false":
		return []string{text}
	case text != "" && strings.Trim(text, "-0123456789") == "": // a whole number; others have many spellings
		return []string{text}
	}
	return nil
}

// lookUp finds a claim by its name or JSON pointer.
func lookUp(claims httpclient.Object, claim string) (json.RawMessage, bool) {
	if strings.HasPrefix(claim, "/") {
		return at(claims, claim)
	}
	raw, ok := claims[claim]
	return raw, ok
}

// at follows a JSON pointer (RFC 6901) into the claims.
func at(o httpclient.Object, pointer string) (json.RawMessage, bool) {
	unescape := strings.NewReplacer("~1", "/", "~0", "~")
	tokens := strings.Split(pointer[1:], "/")
	value, ok := o[unescape.Replace(tokens[0])]
	for _, token := range tokens[1:] {
		if !ok {
			return nil, false
		}
		value, ok = child(value, unescape.Replace(token))
	}
	return value, ok
}

// child is a member of an object, or an element of an array by its index.
func child(value json.RawMessage, token string) (json.RawMessage, bool) {
	if o, ok := httpclient.ParseObject(value); ok {
		member, ok := o[token]
		return member, ok
	}
	var elements []json.RawMessage
	index, err := strconv.Atoi(token)
	if err != nil || strconv.Itoa(index) != token || json.Unmarshal(value, &elements) != nil ||
		index < 0 || index >= len(elements) {
		return nil, false
	}
	return elements[index], true
}
