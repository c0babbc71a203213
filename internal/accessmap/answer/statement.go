package answer

import (
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
)

// stated are the verbs that come nearest to what statements allow in some places.
func stated(statements []accessmap.Statement, places []accessmap.Location) []string {
	found := make(map[string]bool)
	for _, s := range statements {
		if !slices.ContainsFunc(s.Resources, func(resource string) bool {
			return slices.ContainsFunc(places, func(place accessmap.Location) bool { return touches(resource, place) })
		}) {
			continue
		}
		for _, action := range s.Actions {
			if verb := verbOf(action); verb != "" {
				found[verb] = true
			}
		}
	}
	return slices.DeleteFunc(verbs(), func(verb string) bool { return !found[verb] })
}

// verbOf is the verb that comes nearest to an action of S3: what neither reads nor deletes counts as writing. "" for other services.
func verbOf(action string) string {
	service, name, _ := strings.Cut(action, ":")
	switch name = strings.ToLower(name); {
	case !strings.EqualFold(service, "s3"):
		return ""
	case strings.HasPrefix(name, "get"), strings.HasPrefix(name, "list"), strings.HasPrefix(name, "head"):
		return Read
	case strings.HasPrefix(name, "delete"):
		return Delete
	}
	return Write
}

// touches reports whether the pattern of a resource, an ARN or *, takes the bucket of a place or anything in the place.
func touches(pattern string, place accessmap.Location) bool {
	if pattern == "*" {
		return true
	}
	parts := strings.SplitN(pattern, ":", 6) // arn:aws:s3:::bucket/key
	if len(parts) < 6 || parts[2] != "s3" {
		return false
	}
	return begins(parts[5], place.Bucket+"/"+place.Prefix, true) || begins(parts[5], place.Bucket, false)
}

// begins reports whether a pattern, in which * stands for any characters and ? for one, takes a text; or with more, any text that begins
// with it. It keeps all places at which the pattern may stand, so that its time is the product of the lengths.
func begins(pattern, text string, more bool) bool {
	at := make([]bool, len(pattern)+1)
	at[0] = true
	pass := func() {
		for i := range pattern {
			if at[i] && pattern[i] == '*' {
				at[i+1] = true
			}
		}
	}
	pass()
	for n := range len(text) {
		next := make([]bool, len(pattern)+1)
		for i := range pattern {
			switch {
			case !at[i]:
			case pattern[i] == '*':
				next[i] = true
			case pattern[i] == '?' || pattern[i] == text[n]:
				next[i+1] = true
			}
		}
		at = next
		pass()
	}
	if more { // the rest of the pattern takes whatever comes
		return slices.Contains(at, true)
	}
	return at[len(pattern)]
}
