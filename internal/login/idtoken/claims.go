package idtoken

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
)

// Bounds of what is taken from a token. A token that STS accepts stays far below them.
const (
	maxGroups = 5_000
	maxGroup  = 1_024 // characters
)

// Claims are what an ID token says.
type Claims struct{ httpclient.Object }

// Parse reads the claims of a token without looking at its signature, and reports false where it is none. They count only
// where the token was verified before, or is verified next.
func Parse(token secret.String) (Claims, bool) {
	parts := strings.Split(token.Reveal(), ".")
	if len(parts) != 3 {
		return Claims{}, false
	}
	o, ok := part(parts[1])
	return Claims{o}, ok
}

// part is one of the parts of a compact JWS (RFC 7515 §7.1).
func part(text string) (httpclient.Object, bool) {
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, false
	}
	return httpclient.ParseObject(data)
}

// Texts reads a claim of any simple type as texts. name is a claim's name or, where it begins with a slash, a JSON pointer
// (RFC 6901). A list gives its texts, an object its names as in Groups; a whole number or truth value gives itself as a text.
// nil where there is no such claim, and where its value is another one.
func (c Claims) Texts(name string) []string {
	raw, ok := c.lookUp(name)
	if !ok {
		return nil
	}
	if all, ok := texts(raw); ok {
		return all
	}
	if all, ok := names(raw); ok {
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

// List returns the strings of a claim that is an array, or a single string as a list of one.
func (c Claims) List(name string) ([]string, bool) { return List(c.Object, name) }

// List is Claims.List for any object.
func List(o httpclient.Object, name string) ([]string, bool) { return texts(o[name]) }

// texts reports false for a value that is missing, null or neither an array nor a string. An array's elements of other types
// are left out.
func texts(raw json.RawMessage) ([]string, bool) {
	var single *string
	if json.Unmarshal(raw, &single) == nil && single != nil {
		return []string{*single}, true
	}
	var elements []json.RawMessage
	if json.Unmarshal(raw, &elements) != nil || elements == nil {
		return nil, false
	}
	found := make([]string, 0, len(elements))
	for _, element := range elements {
		var s *string
		if json.Unmarshal(element, &s) == nil && s != nil {
			found = append(found, *s)
		}
	}
	return found, true
}

// names reports false for anything but an object, whose names count as Zitadel has them, each over where it holds:
// {"ml-trainer": {"2178…": "acme.example"}}. One over nothing, or over a no, does not count. Sorted.
// https://zitadel.com/docs/guides/integrate/retrieve-user-roles
func names(raw json.RawMessage) ([]string, bool) {
	o, ok := httpclient.ParseObject(raw)
	if !ok {
		return nil, false
	}
	found := make([]string, 0, len(o))
	for _, name := range slices.Sorted(maps.Keys(o)) {
		if !slices.Contains([]string{"false", "null", "0", `""`, "{}", "[]"}, string(bytes.TrimSpace(o[name]))) {
			found = append(found, name)
		}
	}
	return found, true
}

// Groups reads a claim as groups, exactly as the provider says, without empty and double ones: the texts of a list, a single
// text, the names of an object. It reports false where the claim is missing or null; of any other value no group can be read.
// See Texts for name.
func (c Claims) Groups(name string) (found []string, present bool) {
	raw, ok := c.lookUp(name)
	if !ok || string(bytes.TrimSpace(raw)) == "null" {
		return nil, false
	}
	all, ok := texts(raw)
	if !ok {
		all, _ = names(raw)
	}
	found = make([]string, 0, len(all))
	seen := make(map[string]bool, len(all))
	for _, group := range all {
		if group != "" && len(group) <= maxGroup && !seen[group] && len(found) < maxGroups {
			seen[group] = true
			found = append(found, group)
		}
	}
	return found, true
}

// Shape names what a claim holds that is no text: "a list of objects". "" for texts, lists of them, and where it is missing.
func (c Claims) Shape(name string) string {
	raw, _ := c.lookUp(name)
	return shape(raw)
}

func shape(raw json.RawMessage) string {
	raw = bytes.TrimSpace(raw)
	var elements []json.RawMessage
	switch {
	case json.Unmarshal(raw, &elements) == nil && len(elements) > 0:
		first := bytes.TrimSpace(elements[0])
		if bytes.HasPrefix(first, []byte("[")) { // not looked into: lists may be nested deeply
			return "a list of lists"
		}
		one := shape(first)
		if one == "" {
			return ""
		}
		return "a list of " + strings.TrimPrefix(strings.TrimPrefix(one, "an "), "a ") + "s"
	case bytes.HasPrefix(raw, []byte("{")):
		return "an object"
	case bytes.HasPrefix(raw, []byte("t")), bytes.HasPrefix(raw, []byte("f")):
		return "a truth value"
	case bytes.ContainsAny(raw[:min(1, len(raw))], "-0123456789"):
		return "a number"
	}
	return ""
}

// LeftOut recognises the marks that Entra ID leaves in place of a claim with more than 200 groups: a reference to Microsoft
// Graph (which is not followed: it would be the token's choice where to go), or a plain flag.
// https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference#groups-overage-claim
func (c Claims) LeftOut(name string) bool {
	elsewhere, _ := httpclient.ParseObject(c.Object["_claim_names"])
	if _, ok := elsewhere[name]; ok {
		return true
	}
	flag := strings.Trim(string(c.Object["hasgroups"]), `"`)
	return name == "groups" && flag == "true"
}

// Denies reports whether a claim says no; providers write it as a boolean or as a text.
func (c Claims) Denies(name string) bool {
	return c.Text(name) == "false" || string(bytes.TrimSpace(c.Object[name])) == "false"
}

// Affirms reports whether a claim says yes, as Entra ID writes it.
func (c Claims) Affirms(name string) bool {
	return slices.Contains([]string{"true", "1", `"1"`}, string(bytes.TrimSpace(c.Object[name])))
}

// Without are the claims but for one.
func (c Claims) Without(name string) Claims {
	o := maps.Clone(c.Object)
	delete(o, name)
	return Claims{o}
}

// Lasting are names and values of the claims but for those of which every new token has its own (RFC 7519 §4.1, OpenID Connect
// Core 1.0 §3.1.3.6, and Entra ID's own). Rules of the access map may look at any of the others.
func (c Claims) Lasting() []string {
	var lasting []string
	for _, name := range slices.Sorted(maps.Keys(c.Object)) {
		if !slices.Contains([]string{"exp", "iat", "nbf", "jti", "at_hash", "c_hash", "uti", "aio", "rh"}, name) {
			lasting = append(lasting, name, string(c.Object[name]))
		}
	}
	return lasting
}

// Time reads a NumericDate (RFC 7519 §2), up to the year 9999.
func (c Claims) Time(name string) (time.Time, bool) {
	const year10000 = 253402300800
	n, ok := c.Number(name)
	if !ok || n < 0 || n >= year10000 {
		return time.Time{}, false
	}
	return time.Unix(int64(math.Floor(n)), 0).UTC(), true
}

// lookUp finds a claim by its name or JSON pointer.
func (c Claims) lookUp(name string) (json.RawMessage, bool) {
	pointer, ok := strings.CutPrefix(name, "/")
	if !ok {
		raw, ok := c.Object[name]
		return raw, ok
	}
	unescape := strings.NewReplacer("~1", "/", "~0", "~")
	tokens := strings.Split(pointer, "/")
	value, ok := c.Object[unescape.Replace(tokens[0])]
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
