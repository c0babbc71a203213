package sandbox

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

var tagForm = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$`)

// sameTag compares keys, in which case does not count.
func sameTag(a, b string) bool { return strings.EqualFold(a, b) }

// readTags reads Tags.member.N.Key, .Value and TransitiveTagKeys.member.N, counted from 1, into the call.
func readTags(r *http.Request, call *STSCall) *stsFault {
	for n := 1; ; n++ {
		member := fmt.Sprintf("Tags.member.%d.", n)
		if !r.PostForm.Has(member + "Key") {
			break
		}
		key, value := r.PostForm.Get(member+"Key"), r.PostForm.Get(member+"Value")
		if failed := checkTag(call.Tags, key, value); failed != nil {
			return failed
		}
		if call.Tags == nil {
			call.Tags = map[string]string{}
		}
		call.Tags[key] = value
	}
	call.TransitiveTagKeys = members(r, "TransitiveTagKeys")
	if slices.ContainsFunc(call.TransitiveTagKeys, func(key string) bool { return !hasTag(call.Tags, key) }) {
		return &stsFault{"InvalidParameterValue", "The specified transitive tag key must be included in the requested tags."}
	}
	if len(call.Tags) > maxTags {
		return violated("tags", fmt.Sprintf("have length less than or equal to %d", maxTags))
	}
	return nil
}

func checkTag(before map[string]string, key, value string) *stsFault {
	if failed := constrain("tags.key", key, 1, maxTagKey, tagForm); failed != nil {
		return failed
	}
	if value != "" {
		if failed := constrain("tags.value", value, 0, maxTagValue, tagForm); failed != nil {
			return failed
		}
	}
	switch {
	case strings.HasPrefix(strings.ToLower(key), "aws:"):
		return &stsFault{"InvalidParameterValue", "Tag keys that begin with aws: are reserved."}
	case hasTag(before, key):
		return &stsFault{"InvalidParameterValue", "Duplicate tag keys found. Please note that Tag keys are case insensitive."}
	}
	return nil
}

func hasTag(tags map[string]string, key string) bool {
	for known := range tags {
		if sameTag(known, key) {
			return true
		}
	}
	return false
}

// handOn returns the tags of the next session: those given to it, and this one's transitive ones.
func (c credentials) handOn(given map[string]string) map[string]string {
	tags := maps.Clone(given)
	if tags == nil {
		tags = map[string]string{}
	}
	for key, value := range c.tags {
		if slices.ContainsFunc(c.transitive, func(t string) bool { return sameTag(t, key) }) {
			tags[key] = value
		}
	}
	return tags
}
