package accessmap

import (
	"strconv"

	"golang.org/x/text/unicode/norm"
)

// lintTexts finds texts that are compared with what a provider sends and are not in Unicode's form NFC, which providers send: "ö" as one
// letter is not equal to an o with a mark behind it, and looks the same in a review. Rules are never normalised by themselves: two
// groups of a provider may differ in that alone.
func (l *linter) lintTexts(i *Identity) {
	about := concern{partIdentity, i.Name}
	for group := range i.Groups {
		l.lintText(about, l.groupAt[groupRule{i.Name, group}], "group", group)
	}
	for _, rule := range i.Claims {
		for claim, text := range rule.Match {
			l.lintText(about, rule.at, "claim "+shown(claim)+" as", text)
		}
	}
	for _, tags := range i.SignedTags {
		for key, text := range tags {
			l.lintText(about, l.identityAt[i.Name], "signed tag "+shown(key)+" as", text)
		}
	}
}

// lintTagTexts does so for a role's own tags, which policies are held against.
func (l *linter) lintTagTexts(r *Role) {
	for key, text := range r.Tags {
		l.lintText(concern{partRole, r.Name}, r.at, "tag "+shown(key)+" as", text)
	}
}

func (l *linter) lintText(about concern, at position, what, text string) {
	const bound = 400 // in characters
	if norm.NFC.IsNormalString(text) {
		return
	}
	write := strconv.QuoteToASCII(norm.NFC.String(text)) // as YAML's double quotes take it: the letters themselves look the same
	if len(write) > bound {
		write = "it in that form"
	}
	l.warn(notNormal, about, at, "%s: %s %s is not in Unicode's form NFC, so it is not equal to what looks the same: write %s", about, what, shown(text), write)
}
