package access

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// TokenFinding is what an ID token says to AWS or to the map's policy, or what it leaves out. Its texts are clean.
type TokenFinding struct {
	ID      ui.ID
	Refused bool   // there are roles that are not given for it; else it is worth knowing
	What    string // a sentence
	Fix     ui.Fix
}

// TokenFindings holds the sign-in's ID token against what AWS takes and what the map wants of it: session tags and a source identity
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html), and the claims of a step-up. nil where there is no ID token.
func (s *SignIn) TokenFindings() []TokenFinding {
	if !s.Identity.Method().GivesIDTokens() {
		return nil
	}
	return slices.Concat(s.malformed(), s.tagged(), s.sourced(), s.unproved())
}

// malformed is what AWS refuses a token for, whatever the role.
func (s *SignIn) malformed() []TokenFinding {
	wrong := s.Session.ForAWS().Wrong
	if len(wrong) == 0 {
		return nil
	}
	return []TokenFinding{{
		"token-tags-malformed", true, "AWS refuses what the ID token says to it, and with such a token every role: " + strings.Join(wrong, "; "), s.forAWSFix(),
	}}
}

// tagged is about session tags: those that are there, and those of signed_tags that are not. AWS takes each of a person's rules by
// itself, so that a role is refused where all rules that give it want tags that the token lacks.
func (s *SignIn) tagged() (found []TokenFinding) {
	said := s.Session.ForAWS()
	if len(said.Tags) > 0 {
		what := "the ID token has the session tags " + strings.Join(said.Tags, ", ") + ", for which the trust policies of all its roles must allow sts:TagSession"
		if len(s.Identity.SignedTags) == 0 {
			what += "; identity " + s.Identity.Name + " names none under signed_tags, so those of map trust do not"
		}
		found = append(found, TokenFinding{ID: "token-tags-signed", What: what})
	}
	lacking := make(map[string][]string) // a tag that is not there, in words, to roles
	for _, grant := range s.Grants {
		if len(s.hops(grant.Role)) == 0 {
			continue
		}
		var lacks []string
		for _, reason := range grant.Because {
			without := s.without(reason.Rule)
			if reason.Claim != s.Identity.GroupsClaim || len(without) == 0 {
				lacks = nil // this rule is enough
				break
			}
			lacks = append(lacks, without...)
		}
		for _, tag := range slices.Compact(slices.Sorted(slices.Values(lacks))) {
			lacking[tag] = append(lacking[tag], grant.Role)
		}
	}
	for _, tag := range slices.Sorted(maps.Keys(lacking)) {
		found = append(found, TokenFinding{
			"token-tags-missing", true, fmt.Sprintf("the ID token lacks %s; by the trust policies of map trust AWS refuses %s",
				tag, strings.Join(lacking[tag], ", ")), s.forAWSFix(),
		})
	}
	return found
}

// without are the session tags of a group's signed_tags that the token does not have, in words.
func (s *SignIn) without(group string) (lacks []string) {
	said := s.Session.ForAWS()
	for key, want := range s.Identity.SignedTags[group] {
		switch value, ok := said.Tag(key); {
		case !ok:
			lacks = append(lacks, fmt.Sprintf("the session tag %s: %q of group %s (signed_tags)", ui.Clean(key), want, ui.Clean(group)))
		case value != want:
			lacks = append(lacks, fmt.Sprintf("the session tag %s: %q of group %s (signed_tags), and has %q", ui.Clean(key), want, ui.Clean(group), ui.Clean(value)))
		}
	}
	return lacks
}

// sourced is about the source identity. Roles with source_identity set one where they are assumed, which must be that of the token
// where it has one: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
func (s *SignIn) sourced() (found []TokenFinding) {
	said := s.Session.ForAWS().SourceIdentity
	if said != "" {
		found = append(found, TokenFinding{
			ID:   "token-source-identity-signed",
			What: "the ID token has the source identity " + said + ", for which the trust policies of all its roles must allow sts:SetSourceIdentity",
		})
	}
	var setting []string
	for _, grant := range s.Grants {
		if slices.ContainsFunc(s.hops(grant.Role), func(h accessmap.Hop) bool { return h.SourceIdentity }) {
			setting = append(setting, grant.Role)
		}
	}
	name := sts.SessionName(s.Session.Email, s.Session.Username, s.Session.Subject)
	switch {
	case len(setting) == 0 || said == name:
	case said == "":
		found = append(found, TokenFinding{
			"token-source-identity-absent", false, fmt.Sprintf("the ID token has no source identity: AWS knows the person by one from the role on that the map "+
				"gives source_identity, in what leads to %s, and not before", strings.Join(setting, ", ")), s.forAWSFix(),
		})
	default:
		found = append(found, TokenFinding{
			"token-source-identity-differs", true, fmt.Sprintf("the ID token has the source identity %s, and source_identity in the map sets %s, "+
				"which AWS does not take in its place: it refuses %s", said, name, strings.Join(setting, ", ")),
			ui.ForAdmin("have the provider sign " + name + ", or leave source_identity out of the map: what the token says goes on by itself"),
		})
	}
	return found
}

// unproved are the claims that the map's policy asks of anyone who takes a role of the identity, and that the token does not have.
func (s *SignIn) unproved() (found []TokenFinding) {
	if !s.Identity.Method().SignsIn() {
		return nil
	}
	proved := s.Session.Authentication
	asking := make(map[string][]string) // a claim to the roles that ask for it
	var timed []string                  // roles that ask for a time, where that of the token can't be
	for _, role := range s.m.GivenBy(s.Identity.Name, s.at) {
		data, err := s.m.Sensitive(role, nil)
		if err != nil {
			continue // the map says elsewhere what is wrong with it
		}
		if proved.Unbelieved != 0 && data.Handling.StepUp.MaxAge > 0 {
			timed = append(timed, role)
		}
		for _, claim := range untold(data.Handling.StepUp, proved, s.Provider.Quirks()) {
			asking[claim] = append(asking[claim], role)
		}
	}
	if len(timed) > 0 {
		found = append(found, TokenFinding{
			"token-auth-time-wrong", true, fmt.Sprintf("the ID token says that the sign-in was at %s; the map's policy asks how old it is, of who takes %s",
				unbelieved(proved.Unbelieved), strings.Join(timed, ", ")), unbelievedFix(),
		})
	}
	for _, claim := range slices.Sorted(maps.Keys(asking)) {
		found = append(found, TokenFinding{
			"token-step-up-missing", true, fmt.Sprintf("the ID token has no %s, which the map's policy asks for of who takes %s", claim, strings.Join(asking[claim], ", ")),
			s.Provider.FillIn(s.Provider.Quirks().HowStepUp(), ""),
		})
	}
	return found
}

// hops are the roles that lead to one, where the first is taken by the ID token; nil for others.
func (s *SignIn) hops(role string) []accessmap.Hop {
	if s.Identity.Token.Is(idp.FromAWS) {
		return nil
	}
	hops, err := s.m.Chain(role, s.Identity.Method())
	if err != nil {
		return nil
	}
	return hops
}

// forAWSFix says how the provider comes to sign what AWS reads.
func (s *SignIn) forAWSFix() ui.Fix {
	if !s.Identity.Method().SignsIn() {
		return ui.Advice("whoever issues the tokens of jobs puts these claims there: docs/providers/README.md, what AWS can check")
	}
	return s.Provider.FillIn(s.Provider.Quirks().HowForAWS(), "")
}
