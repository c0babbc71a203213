package aws

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// Bounds of session tags.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
const (
	maxTags     = 50
	maxTagKey   = 128 // characters
	maxTagValue = 256
)

var tagForm = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)

// readTags reads Tags.member.N.Key, .Value and TransitiveTagKeys.member.N, counted from 1, into the call.
func readTags(r *http.Request, call *Call) *fault {
	call.TransitiveTagKeys = members(r, "TransitiveTagKeys", "")
	for n, key := range members(r, "Tags", ".Key") {
		value := r.PostForm.Get(fmt.Sprintf("Tags.member.%d.Value", n+1))
		switch {
		case !within(key, 1, maxTagKey) || !tagForm.MatchString(key):
			return violated("tags.key")
		case !within(value, 0, maxTagValue) || !tagForm.MatchString(value):
			return violated("tags.value")
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return &fault{"InvalidParameterValue", "Tag keys that begin with aws: are reserved."}
		case among(slices.Collect(maps.Keys(call.Tags)), key):
			return &fault{"InvalidParameterValue", "Duplicate tag keys found. Please note that Tag keys are case insensitive."}
		}
		if call.Tags == nil {
			call.Tags = map[string]string{}
		}
		call.Tags[key] = value
	}
	keys := slices.Collect(maps.Keys(call.Tags))
	if r.PostForm.Has(fmt.Sprintf("Tags.member.%d.Key", len(keys)+1)) {
		return violated("tags.key") // an empty one
	}
	if slices.ContainsFunc(call.TransitiveTagKeys, func(key string) bool { return !among(keys, key) }) {
		return &fault{"InvalidParameterValue", "The specified transitive tag key must be included in the requested tags."}
	}
	if len(call.Tags) > maxTags {
		return violated("tags")
	}
	return nil
}

// among reports whether a key is one of some, in which case does not count.
func among(keys []string, key string) bool {
	return slices.ContainsFunc(keys, func(known string) bool { return strings.EqualFold(known, key) })
}

func (c Credentials) handsOn(key string) bool { return among(c.transitive, key) }

// handOn returns the tags of the next session: those given to it, and this one's transitive ones.
func (c Credentials) handOn(given map[string]string) map[string]string {
	tags := map[string]string{}
	maps.Copy(tags, given)
	for key, value := range c.tags {
		if c.handsOn(key) {
			tags[key] = value
		}
	}
	return tags
}
