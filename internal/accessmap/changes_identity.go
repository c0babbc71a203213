package accessmap

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/idp"
)

func (c *comparison) identity(name string, before, after *Identity) {
	of := "identity " + name
	if after == nil {
		c.add(Narrows, AboutSignIn, "%s is gone", of)
		return
	}
	if before == nil {
		before = &Identity{Flow: after.Flow, GroupsClaim: after.GroupsClaim, UserInfo: after.UserInfo}
	}
	topic := AboutSignIn
	if after.Token.Is(idp.FromCommand) {
		topic = AboutProgram
	}
	switch was, is := before.where(), after.where(); {
	case was == "":
		c.add(Widens, topic, "%s: %s", of, is)
	case was != is:
		c.add(Widens, topic, "%s: %s; it was %s", of, is, was)
	}
	effect := Differs
	if len(beyond(after.Scopes, before.Scopes)) > 0 {
		effect = Widens
	}
	c.value(effect, AboutSignIn, of, "scopes", strings.Join(before.Scopes, " "), strings.Join(after.Scopes, " "))
	if before.ClientSecret.Reveal() != after.ClientSecret.Reveal() {
		c.add(Differs, AboutSignIn, "%s: another client secret", of)
	}
	effect = Differs
	if before.Flow == FlowBrowser {
		effect = Widens // a code can be had from another person
	}
	c.value(effect, AboutSignIn, of, "flow", before.Flow, after.Flow)
	if before.RedirectPort != after.RedirectPort {
		c.add(Differs, AboutSignIn, "%s: the browser comes back to port %d", of, after.RedirectPort)
	}
	c.value(Widens, AboutRule, of, "groups come from the claim", before.groupsAt(), after.groupsAt())
	c.signedTags(of, before, after)
	c.rules(of, before.rules(), after.rules())
}

// groupsAt is the claim with the groups, and where it is if not in the ID token.
func (i *Identity) groupsAt() string {
	if i.UserInfo {
		return i.GroupsClaim + " of the userinfo endpoint"
	}
	return i.GroupsClaim
}

// where is where people sign in and who gets their tokens, or where a workload's come from; "" for an identity without
// any. Two that differ in one of these are different texts.
func (i *Identity) where() string {
	switch {
	case i.Token != nil:
		return fmt.Sprintf("tokens of %s (%s)", i.Issuer, tokenFrom(i.Token))
	case i.StartURL != "":
		return fmt.Sprintf("sign-in at %s (IAM Identity Center in %s)", i.StartURL, i.SSORegion)
	case i.Issuer == "":
		return ""
	}
	s := fmt.Sprintf("sign-in at %s (client %s", i.Issuer, i.ClientID)
	if i.Kind != idp.Auto { // another one lets further pages ask people for their code
		s += ", taken for " + i.Kind
	}
	if i.DeviceEndpoint != "" {
		s += ", device codes from " + i.DeviceEndpoint
	}
	if len(i.VerificationHosts) > 0 {
		s += ", approved at " + strings.Join(slices.Sorted(slices.Values(i.VerificationHosts)), ", ")
	}
	if i.Audience != "" {
		s += ", tokens for " + i.Audience
	}
	if len(i.Parameters) > 0 {
		s += ", with"
		for _, name := range slices.Sorted(maps.Keys(i.Parameters)) {
			s += fmt.Sprintf(" %s=%q", name, i.Parameters[name])
		}
	}
	return s + ")"
}

// tokenFrom says where a token comes from and who it is for. A command is code that will run here: it is written in
// full, each word in quotes, with everything beyond ASCII as its number, since some letters look like others.
func tokenFrom(t *idp.TokenSource) string {
	s := "from " + t.From
	switch t.From {
	case idp.FromGitHub:
		s = "from GitHub Actions"
	case idp.FromFile:
		s = fmt.Sprintf("from the file %q", t.Path)
	case idp.FromEnv:
		s = "from the environment variable " + t.Name
	case idp.FromCommand:
		words := make([]string, len(t.Argv))
		for i, word := range t.Argv {
			words[i] = fmt.Sprintf("%+q", word)
		}
		s = "printed by the command " + strings.Join(words, " ") + ", which runs on this machine"
	case idp.FromAWS:
		s = "from AWS STS in " + t.Region
	}
	return s + ", for " + t.Audience
}

// ruling is what one rule gives.
type ruling struct {
	who   string // takes it, in words
	all   bool   // the rule asks for nothing in particular
	given []Given
}

// rules are those of an identity, by what they ask for.
func (i *Identity) rules() map[string]ruling {
	rules := make(map[string]ruling)
	for group, roles := range i.Groups {
		g := ruling{"group " + shown(group), everything(group), roles}
		switch {
		case g.all:
			g.who = "everybody with a group"
		case isPattern(group):
			g.who = "groups matching " + shown(group)
		}
		rules["group "+group] = g
	}
	for _, r := range i.Claims {
		key, g := "claims", ruling{all: true}
		var asks []string
		for _, claim := range slices.Sorted(maps.Keys(r.Match)) {
			key += " " + strconv.Quote(claim) + " " + strconv.Quote(r.Match[claim])
			asks = append(asks, claim+" matching "+shown(r.Match[claim]))
			g.all = g.all && everything(r.Match[claim])
		}
		g.who, g.given = "tokens with "+strings.Join(asks, " and "), joined(rules[key].given, r.Roles)
		rules[key] = g
	}
	if len(i.Roles) > 0 {
		rules["assignment"] = ruling{who: "an assignment in IAM Identity Center", given: i.Roles}
	}
	return rules
}
