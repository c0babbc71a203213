package answer

import (
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
)

// stated are the verbs that come nearest to what statements allow in some places. The budget may be overspent: then some are missing.
func stated(statements []accessmap.Statement, places []accessmap.Location, left *budget) []string {
	found := make(map[string]bool)
	for _, s := range statements {
		if !slices.ContainsFunc(s.Resources, func(resource string) bool {
			return slices.ContainsFunc(places, func(place accessmap.Location) bool { return touches(resource, place, left) })
		}) {
			continue
		}
		for _, action := range s.Actions {
			if verb := verbOf(action); verb != "" {
				found[verb] = true
			}
		}
	}
	return slices.DeleteFunc(accessmap.Verbs(), func(verb string) bool { return !found[verb] })
}

// verbOf is the verb that comes nearest to an action of S3: what neither reads nor deletes counts as writing. "" for other services.
func verbOf(action string) string {
	service, name, _ := strings.Cut(action, ":")
	switch name = strings.ToLower(name); {
	case !strings.EqualFold(service, "s3"):
		return ""
	case strings.HasPrefix(name, "get"), strings.HasPrefix(name, "list"), strings.HasPrefix(name, "head"):
		return accessmap.Read
	case strings.HasPrefix(name, "delete"):
		return accessmap.Delete
	}
	return accessmap.Write
}

// touches reports whether the pattern of a resource, an ARN or *, takes the bucket of a place or anything in the place. The work is
// taken from the budget before it is done; where that is spent, it is not done, and the answer means nothing.
func touches(pattern string, place accessmap.Location, left *budget) bool {
	if !left.spend(textWork(len(pattern) + len(place.Bucket) + len(place.Prefix))) {
		return false
	}
	if pattern == "*" {
		return true
	}
	parts := strings.SplitN(pattern, ":", 6) // arn:aws:s3:::bucket/key
	if len(parts) < 6 || parts[2] != "s3" {
		return false
	}
	return begins(parts[5], place.Bucket+"/"+place.Prefix, len(place.Bucket))
}

// begins reports whether a pattern, in which * stands for any characters and ? for one, takes any text that begins with this one, or just
// so many bytes of this one. The first * decides: some text that goes on from there is taken, whatever follows it in the pattern.
func begins(pattern, text string, alone int) bool {
	for n := range len(text) {
		switch {
		case n == len(pattern):
			return n == alone
		case pattern[n] == '*':
			return true
		case pattern[n] != '?' && pattern[n] != text[n]:
			return false
		}
	}
	return true
}
