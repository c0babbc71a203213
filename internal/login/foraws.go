package login

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/login/idtoken"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// The claims by which an ID token speaks to AWS; tags stand in an object, or each in a claim of its own:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp
const (
	tagsClaim           = "https://aws.amazon.com/tags"
	sourceIdentityClaim = "https://aws.amazon.com/source_identity"
	principalTags       = "principal_tags"
	transitiveKeys      = "transitive_tag_keys"
)

// ForAWS is what an ID token says to AWS alone: session tags, those of them that go on to further roles, and a source identity, which
// the trust policies of all its roles must allow (sts:TagSession, sts:SetSourceIdentity). All texts are cleaned.
type ForAWS struct {
	Tags           []string // the keys, sorted
	SourceIdentity string   // "" for none
	Wrong          []string // a sentence for each thing that AWS refuses the token for, whatever the role

	values map[string][]string // of each tag, by its key in lower case
}

// Tag is the value of a session tag, whatever the case of its key; false where there is none, or not one.
func (f ForAWS) Tag(key string) (value string, ok bool) {
	values := f.values[strings.ToLower(key)]
	if len(values) != 1 {
		return "", false
	}
	return values[0], true
}

// ForAWS is what the session's ID token says to AWS; nothing where there is no ID token.
func (s *Session) ForAWS() ForAWS {
	claims, _ := idtoken.Parse(s.IDToken)
	return forAWS(claims)
}

// forAWS reads them by AWS's rules: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_know
func forAWS(claims idtoken.Claims) (f ForAWS) {
	var transitive [][]string // each as one claim has it
	tags := map[string][]string{}
	if nested, ok := httpclient.ParseObject(claims.Object[tagsClaim]); ok {
		object, isObject := httpclient.ParseObject(nested[principalTags])
		if _, there := nested[principalTags]; there && !isObject {
			f.Wrong = append(f.Wrong, principalTags+" of "+tagsClaim+" is no object")
		}
		for key := range object {
			tags[key], _ = idtoken.List(object, key)
		}
		f.readTransitive(nested, transitiveKeys, &transitive)
	} else if _, there := claims.Object[tagsClaim]; there {
		f.Wrong = append(f.Wrong, tagsClaim+" is no object")
	}
	for name := range claims.Object {
		if key, flat := strings.CutPrefix(name, tagsClaim+"/"+principalTags+"/"); flat {
			tags[key], _ = claims.List(name)
		}
	}
	f.readTransitive(claims.Object, tagsClaim+"/"+transitiveKeys, &transitive)
	f.tag(tags)
	f.handOn(slices.Concat(transitive...))
	f.name(claims)
	return f
}

// tag looks at session tags.
func (f *ForAWS) tag(tags map[string][]string) {
	f.values = make(map[string][]string)
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		shown := ui.Cut(key, iam.MaxTagKey)
		f.Tags = append(f.Tags, shown)
		if _, twice := f.values[strings.ToLower(key)]; twice {
			f.wrong("the tag %s is there twice, in another case, which is one to AWS", shown)
		}
		f.values[strings.ToLower(key)] = tags[key]
		switch values := tags[key]; {
		case key == "" || !iam.IsTag(key, iam.MaxTagKey):
			f.wrong("%q is no key of a tag: 1 to %d letters, digits, spaces and _ . : / = + - @", shown, iam.MaxTagKey)
		case iam.IsReservedTag(key):
			f.wrong("the tag %s begins with aws:, which AWS keeps for its own", shown)
		case len(values) != 1:
			f.wrong("the tag %s has %s, and a tag has one", shown, ui.Count(len(values), "text as value", "texts as values"))
		case !iam.IsTag(values[0], iam.MaxTagValue):
			f.wrong("the value of the tag %s is none: up to %d letters, digits, spaces and _ . : / = + - @", shown, iam.MaxTagValue)
		case iam.IsReservedTag(values[0]):
			f.wrong("the value of the tag %s begins with aws:, which AWS keeps for its own", shown)
		}
	}
	if len(tags) > iam.MaxTags {
		f.wrong("%d tags, and AWS takes %d", len(tags), iam.MaxTags)
	}
}

// readTransitive reads a list of the keys of tags that go on to further roles.
func (f *ForAWS) readTransitive(o httpclient.Object, name string, all *[][]string) {
	if _, there := o[name]; !there {
		return
	}
	keys, ok := idtoken.List(o, name)
	if !ok {
		f.wrong("%s is no list of keys of tags", transitiveKeys)
	}
	*all = append(*all, keys)
}

// handOn looks at the keys of the tags that go on to further roles: each has to be that of a tag.
func (f *ForAWS) handOn(keys []string) {
	for _, key := range slices.Compact(slices.Sorted(slices.Values(keys))) {
		if _, there := f.values[strings.ToLower(key)]; !there {
			f.wrong("%s names %q, and there is no such tag", transitiveKeys, ui.Cut(key, iam.MaxTagKey))
		}
	}
}

// name looks at the source identity.
func (f *ForAWS) name(claims idtoken.Claims) {
	if _, there := claims.Object[sourceIdentityClaim]; there {
		name := claims.Text(sourceIdentityClaim)
		f.SourceIdentity = ui.Cut(name, iam.MaxTagKey)
		if utf8.RuneCountInString(name) < 2 || !iam.IsName(name) {
			f.wrong("%q is no source identity: 2 to 64 letters, digits and _ + = , . @ -", f.SourceIdentity)
		}
	}
}

// maxWrong bounds what is told: a token may hold thousands of claims.
const maxWrong = 20

func (f *ForAWS) wrong(format string, args ...any) {
	if len(f.Wrong) < maxWrong {
		f.Wrong = append(f.Wrong, fmt.Sprintf(format, args...))
	}
}
