package accessmap

import (
	"maps"
	"slices"
	"strings"
)

// pinned checks that every rule at a public issuer names an owner at the issuer.
func (d *decoder) pinned(i *Identity, groups position) {
	for _, p := range publicIssuers {
		if !p.at(i) {
			continue
		}
		for _, rule := range i.Claims {
			if len(rule.Match) > 0 && !p.pins(rule.Match) {
				d.add(rule.at, "this rule of identity %s would match any account at %s; pin one of %s, without * and ? in the owner's part",
					i.Name, p.name, p.pinnable())
			}
		}
		if i.Method().SignsIn() && i.GroupsClaim == "groups" { // which its tokens for people don't have, so the rule matches no one
			continue
		}
		for _, group := range slices.Sorted(maps.Keys(i.Groups)) {
			if !p.pins(map[string]string{i.GroupsClaim: group}) {
				d.add(groups, "group %s of identity %s would match any account at %s; its roles need a rule in claims that pins one of %s",
					shown(group), i.Name, p.name, p.pinnable())
			}
		}
	}
}

// Shared reports whether an identity's issuer signs tokens for everyone who has an account there, and whether a rule on
// claims tells the owner's from others' all the same. Every rule of a map does; a part of one may not.
func (i *Identity) Shared(match map[string]string) (shared, pinned bool) {
	for _, p := range publicIssuers {
		if p.at(i) {
			return true, p.pins(match)
		}
	}
	return false, false
}

// at reports whether an identity has its tokens from the issuer.
func (p publicIssuer) at(i *Identity) bool {
	return strings.TrimRight(strings.ToLower(i.Issuer), "/") == p.issuer && (p.people || !i.Method().SignsIn())
}

func (p publicIssuer) pinnable() string {
	claims := slices.Concat(p.owned, p.ids)
	if p.emails {
		claims = append(claims, emailClaim)
	}
	if len(p.subjects) > 0 {
		claims = append(claims, "sub")
	}
	return strings.Join(claims, ", ")
}

// pins reports whether at least one claim names the owner.
func (p publicIssuer) pins(match map[string]string) bool {
	for claim, rule := range match {
		start, whole := literalStart(rule)
		switch {
		case slices.Contains(p.ids, claim) && whole:
			return true
		case slices.Contains(p.owned, claim) && (whole || strings.Index(start, "/") > 0):
			return true
		case claim == "sub" && p.pinsSubject(start, whole):
			return true
		case claim == emailClaim && p.emails && (whole || pinsDomain(rule)):
			return true
		}
	}
	return false
}

func (p publicIssuer) pinsSubject(start string, whole bool) bool {
	for _, s := range p.subjects {
		if value, ok := strings.CutPrefix(start, s.start); ok {
			if s.owned {
				return strings.Index(value, "/") > 0
			}
			return whole && value != "" || strings.Index(value, ":") > 0
		}
	}
	return false
}

// pinsDomain reports whether the addresses that a pattern matches are all of one domain which has one owner.
func pinsDomain(pattern string) bool {
	at := strings.LastIndexByte(pattern, '@')
	domain := strings.ToLower(pattern[at+1:])
	if at < 0 || domain == "" || strings.ContainsAny(domain, `*?\`) {
		return false
	}
	// Service accounts are in PROJECT.iam.gserviceaccount.com, but those that Google makes itself share a domain.
	// https://docs.cloud.google.com/iam/docs/service-account-types
	if project, found := strings.CutSuffix(domain, ".gserviceaccount.com"); found {
		project, found = strings.CutSuffix(project, ".iam")
		return found && project != "" && !strings.HasPrefix(project, "gcp-sa-")
	}
	return domain != "gmail.com" && domain != "googlemail.com"
}
