package evaluate

import (
	"slices"
	"strings"
)

// arn:partition:service:region:account:resource, the last with colons of its own.
const (
	arnSegments     = 6
	serviceSegment  = 2
	accountSegment  = 4
	resourceSegment = 5
)

// segments takes an ARN, or a pattern of ARNs, apart at its first five colons.
func segments(arn []rune) [][]rune {
	list := make([][]rune, 0, arnSegments)
	for len(list) < arnSegments-1 {
		at := slices.Index(arn, ':')
		if at < 0 {
			break
		}
		list, arn = append(list, arn[:at]), arn[at+1:]
	}
	return append(list, arn)
}

func matchesAction(patterns []pattern, action []rune) bool {
	return slices.ContainsFunc(patterns, func(p pattern) bool { return like(p.fixed, action) })
}

// matchesResource compares segment by segment: a * covers slashes, but no colon of an ARN's first five. What an ARN
// leaves out at its end stands for everything.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
func matchesResource(patterns []pattern, a asked) bool {
	return slices.ContainsFunc(patterns, func(p pattern) bool {
		symbols, ok := p.expand(a)
		if !ok {
			return false
		}
		if slices.Equal(symbols, []rune{star}) {
			return true
		}
		wanted := segments(symbols)
		return len(a.segments) == arnSegments && likeEach(wanted, a.segments[:len(wanted)])
	})
}

// matchesARN is the comparison of ArnLike and ArnEquals, which are the same.
func matchesARN(symbols []rune, value string) bool {
	wanted, has := segments(symbols), segments([]rune(value))
	return len(wanted) == arnSegments && len(has) == arnSegments && likeEach(wanted, has)
}

func likeEach(patterns, texts [][]rune) bool {
	for i := range patterns {
		if !like(patterns[i], texts[i]) {
			return false
		}
	}
	return true
}

// fits reports whether an action of S3, in lower case, is asked of its own kind of resource, since S3 never asks otherwise: what a policy
// allows on arn:aws:s3:::bucket* is no statement about objects in the eyes of GetBucketLocation.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
func fits(action string, arn [][]rune) bool {
	service, name, _ := strings.Cut(action, ":")
	if service != "s3" || len(arn) < arnSegments || string(arn[serviceSegment]) != "s3" || len(arn[accountSegment]) > 0 {
		return true // access points and the like name an account
	}
	object := slices.Contains(arn[resourceSegment], '/')
	switch {
	case strings.Contains(name, "bucket"), strings.HasSuffix(name, "configuration"):
		return !object || name == "objectowneroverridetobucketowner"
	case strings.Contains(name, "object"), name == "abortmultipartupload", name == "listmultipartuploadparts",
		name == "bypassgovernanceretention", name == "initiatereplication", name == "replicatedelete", name == "replicatetags":
		return object
	default:
		return true
	}
}
