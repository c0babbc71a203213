// Package scope is what a Databricks token can be made for: the scopes of its OAuth tokens, and which of them lies within
// another.
//
// In come scopes as the access map or an answer writes them; out come whether they are any, and their one way to be
// written. A scope must never pass for narrower than it is: what is not known to lie within another does not.
package scope

import (
	"errors"
	"slices"
	"strings"
)

// All is the scope of a token for everything that its bearer may do, which Databricks gives where none is asked for.
const All = "all-apis"

// The modifiers that Databricks documents: reading alone (GET and HEAD), and queries that change nothing, which only the
// scope sql has. https://docs.databricks.com/aws/en/dev-tools/auth/scope-modifiers
const (
	Read            = "read"
	RestrictedQuery = "restricted-query"
)

// MaxLength bounds one scope, in characters.
const MaxLength = 100

// Pattern is the form of a scope: the name of an API, dots in it, and modifiers behind colons. It is narrower than RFC
// 6749 section 3.3, since scopes are written into config files that several programs split at commas and spaces.
const Pattern = `^[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)*(:[a-z][a-z0-9-]*)*$`

// Canonical returns a scope that matches Pattern with its modifiers in one order, each once. The scopes of OpenID Connect
// are refused, and so is the one that asks for a refresh token: they are no scopes of an API.
func Canonical(s string) (string, error) {
	api, modifiers := split(s)
	switch api {
	case "offline_access":
		return "", errors.New("offline_access asks for a refresh token, and is no scope of a workspace token")
	case "openid", "profile", "email", "address", "phone":
		return "", errors.New(api + " is a scope of an ID token, and none of a workspace token")
	}
	return strings.Join(append([]string{api}, modifiers...), ":"), nil
}

// Modifiers are those of a scope, sorted.
func Modifiers(s string) []string {
	_, modifiers := split(s)
	return modifiers
}

// Within reports whether a token with the scope s can do nothing that one with the scope of can't: the same API, or any
// API within All, and all modifiers of the other. Names of APIs are compared whole.
func Within(s, of string) bool {
	api, modifiers := split(s)
	outer, needed := split(of)
	return (outer == All || api == outer) &&
		!slices.ContainsFunc(needed, func(m string) bool { return !slices.Contains(modifiers, m) })
}

// WithinAny reports whether a scope lies within one of several.
func WithinAny(s string, of []string) bool {
	return slices.ContainsFunc(of, func(outer string) bool { return Within(s, outer) })
}

// Common are the scopes of a token that can do nothing that one with the scopes a can't, or one with the scopes b: of each two
// of one API, what both allow. Sorted, and none within another; empty where nothing is left.
func Common(a, b []string) []string {
	var both []string
	for _, one := range a {
		for _, other := range b {
			if s, ok := common(one, other); ok {
				both = append(both, s)
			}
		}
	}
	slices.Sort(both)
	both = slices.Compact(both)
	return slices.DeleteFunc(slices.Clone(both), func(s string) bool {
		return slices.ContainsFunc(both, func(other string) bool { return s != other && Within(s, other) })
	})
}

// common is the scope within both of two that has all that lies within both: the modifiers add up.
func common(a, b string) (string, bool) {
	api, modifiers := split(a)
	other, more := split(b)
	switch {
	case api == All:
		api = other
	case other != All && api != other:
		return "", false
	}
	return strings.Join(append([]string{api}, set(modifiers, more)...), ":"), true
}

// set is what either list has, sorted.
func set(a, b []string) []string {
	both := slices.Concat(a, b)
	slices.Sort(both)
	return slices.Compact(both)
}

func split(s string) (api string, modifiers []string) {
	parts := strings.Split(s, ":")
	slices.Sort(parts[1:])
	return parts[0], slices.Compact(parts[1:])
}
