package accessmap

import (
	"maps"
	"slices"
	"strings"
)

const githubIssuer = "https://token.actions.githubusercontent.com"

// publicIssuer is one that signs tokens for everybody who has an account there. What tells the accounts apart is in the
// claims alone, so each rule must pin one of them.
type publicIssuer struct {
	issuer, name string
	owned        []string // claims that are a path below the owner's name, or that name alone
	ids          []string // claims that are the id of something that has one owner
	subjects     []subject
}

// subject is a form of the claim sub. At GitHub anybody may choose which claims their own repository's sub is made of
// (https://docs.github.com/en/actions/reference/security/oidc), so it has to begin with one that they can't choose.
type subject struct {
	start string
	owned bool // what follows is a path below the owner's name, else an id or name up to the next colon
}

func publicIssuers() []publicIssuer {
	return []publicIssuer{
		{
			issuer: githubIssuer, name: "GitHub",
			owned: []string{"repository", "repository_owner"},
			ids:   []string{"repository_id", "repository_owner_id"},
			subjects: []subject{
				{"repo:", true}, {"repository:", true}, {"repository_owner:", false}, {"repository_owner_id:", false}, {"repository_id:", false},
			},
		},
		{
			// https://docs.gitlab.com/ci/secrets/id_token_authentication: sub begins with the project's path, always.
			issuer: "https://gitlab.com", name: "GitLab",
			owned:    []string{"project_path", "namespace_path"},
			ids:      []string{"project_id", "namespace_id"},
			subjects: []subject{{"project_path:", true}},
		},
	}
}

// pinned checks that every rule of a machine at a public issuer is about somebody in particular.
func (d *decoder) pinned(i *Identity, groups position) {
	if !i.Machine() {
		return
	}
	for _, p := range publicIssuers() {
		if strings.TrimRight(strings.ToLower(i.Issuer), "/") != p.issuer {
			continue
		}
		for _, rule := range i.Claims {
			if len(rule.Match) > 0 && !p.pins(rule.Match) {
				d.add(rule.at, "this rule of identity %s would take any account at %s; pin one of %s, without * and ? in the owner's part",
					i.Name, p.name, p.pinnable())
			}
		}
		for _, group := range slices.Sorted(maps.Keys(i.Groups)) {
			if !p.pins(map[string]string{i.GroupsClaim: group}) {
				d.add(groups, "group %s of identity %s would take any account at %s; its roles need a rule in claims that pins one of %s",
					shown(group), i.Name, p.name, p.pinnable())
			}
		}
	}
}

func (p publicIssuer) pinnable() string {
	return strings.Join(slices.Concat(p.owned, p.ids, []string{"sub"}), ", ")
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
