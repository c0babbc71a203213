package desired

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// trust writes down who is let in along a way: at its first role by whom the rule means, at each further one by the role before.
func (b *builder) trust(w way) {
	carried := inherited{signed: w.byToken() && len(w.identity.SignedTags) > 0, source: w.byToken() && w.identity.Method().SignsIn() && !shared(w.identity), tags: make(map[string]bool)}
	first, from := w.hops[0], ""
	switch {
	case w.byToken():
		b.door(w)
		from = first.RoleARN
	case ambient(w.identity):
		b.machine(w)
		from = first.RoleARN
	}
	carried.take(first)
	for n, hop := range w.hops[1:] {
		actions := iam.AssumeActions(len(hop.Tags) > 0 || len(carried.tags) > 0 || carried.signed, hop.SourceIdentity || carried.source)
		statement := iam.RoleTrust(from, actions, hop.ExternalID)
		next := iam.HopPolicy(hop.RoleARN).Statement
		if b.over {
			next = nil
		}
		if from == "" {
			statement = iam.RolesTrust(partitionOf(hop.RoleARN), first.AccountID, iam.PermissionSetRole(first.RoleName), actions, hop.ExternalID)
			b.set(first.AccountID, first.RoleName).next = append(b.set(first.AccountID, first.RoleName).next, next...)
		} else {
			b.role(from).next = append(b.role(from).next, next...)
		}
		carried.demand(statement.Condition, hop)
		until(statement.Condition, w.given.Until)
		b.let(w, hop.RoleARN, b.steps(w, n+1, statement)...)
		carried.take(hop)
		from = hop.RoleARN
	}
}

// inherited is what a session brings along from the roles before it.
type inherited struct {
	tags   map[string]bool // keys
	signed bool            // tags that the provider signed, perhaps
	source bool            // a source identity, perhaps
}

func (i *inherited) take(h accessmap.Hop) {
	for _, key := range h.TransitiveTags {
		i.tags[key] = true
	}
	i.source = i.source || h.SourceIdentity
}

// demand has a statement want the tags that are set where the role is assumed. Those that go on by themselves are not set again.
func (i *inherited) demand(on iam.Conditions, h accessmap.Hop) {
	for key, value := range h.Tags {
		if !i.tags[key] {
			exactly(on, "aws:RequestTag/"+key, value)
		}
	}
}

func shared(i *accessmap.Identity) bool {
	is, _ := i.Shared(nil)
	return is
}

// door lets in tokens by a rule.
func (b *builder) door(w way) {
	door := w.hops[0]
	p := b.provider(w)
	o := newOf(w.identity, door.RoleARN, partitionOf(door.RoleARN))
	o.context = p.names
	h := o.hold(o.match(w.rule))
	if shared, pinned := w.identity.Shared(h.match); shared && !pinned {
		b.gap(Gap{
			ID: "owner-not-held", Role: w.given.Role,
			What: fmt.Sprintf("identity %s: %s: IAM can see none of the claims that tell the owner from everybody else at %s, so no statement lets this rule in",
				w.identity.Name, w.rule.Who(), w.identity.Host()),
			Fix: "name a claim that AWS looks at, or sub, in the rule",
		})
		return
	}
	if shared(w.identity) && !o.builtIn() && !h.subjects && h.match["sub"] == "" {
		b.gap(Gap{
			ID: "subject-demanded", Role: w.given.Role,
			What: fmt.Sprintf("identity %s: %s: IAM takes no trust policy for %s without a condition on sub, and the rule leads to none", w.identity.Name, w.rule.Who(), w.identity.Host()),
			Fix:  "name sub in the rule",
		})
	}
	people := w.identity.Method().SignsIn()
	tags := w.identity.SignedTags[w.rule.Group] // of none, where the rule is on claims
	for key, value := range tags {
		exactly(h.conditions, "aws:RequestTag/"+key, value)
	}
	if alike := w.identity.SignedAlike(w.rule.Group, w.given); alike != "" {
		b.gap(Gap{
			ID: "signed-tags-alike", Role: w.given.Role,
			What: fmt.Sprintf("identity %s: %s: the provider signs the same tags for the group %s, so its members can take %s", w.identity.Name, w.rule.Who(), named(alike), door.RoleARN),
			Fix:  "sign a tag for each group that no other group has",
		})
	}
	if w.rule.Group != "" && len(h.match)+len(tags) == 0 && !w.rule.Everybody {
		b.byAudience(w, h, o)
	}
	if w.rule.Match != nil {
		b.notHeld(w, h)
	}
	b.unverified(w, h)
	b.proves(w, o, h.conditions)
	until(h.conditions, w.given.Until)
	b.let(w, door.RoleARN, iam.WebIdentityTrust(o.principal, len(w.identity.SignedTags) > 0, people && !shared(w.identity), h.conditions))
}

// match is a rule as one on claims. Groups that are at the userinfo endpoint are in no claim.
func (o of) match(rule accessmap.Rule) map[string]string {
	switch {
	case rule.Match != nil:
		return rule.Match
	case o.UserInfo || !strings.Contains(" sub email amr"+claimsOf(o.partition, o.host), " "+o.GroupsClaim+" "):
		return nil
	}
	return map[string]string{o.GroupsClaim: rule.Group}
}

// notHeld is about what a rule on claims asks for and the trust policy does not, or more than the rule does.
func (b *builder) notHeld(w way, h held) {
	for _, claim := range h.open {
		fix := "let sub, or a claim that AWS looks at, say the same"
		if slices.Contains(h.context, claim) {
			fix = fmt.Sprintf("a context provider has room for %d claims, and the map asks for more", MaxContextKeys)
		}
		b.gap(Gap{
			ID: "claim-not-held", Role: w.given.Role,
			What: fmt.Sprintf("identity %s: %s: AWS can't look at the claim %s, so tokens with any value of it can take %s", w.identity.Name, w.rule.Who(), named(claim), w.hops[0].RoleARN),
			Fix:  fix,
		})
	}
	for _, claim := range h.narrowed {
		b.gap(Gap{
			ID: "pattern-narrowed", Role: w.given.Role,
			What: fmt.Sprintf("identity %s: %s: IAM's * takes slashes, so the pattern of %s is written to take nothing more, and may take less", w.identity.Name, w.rule.Who(), named(claim)),
			Fix:  "write * and ** in rules of their own",
		})
	}
	if h.subjects {
		b.gap(Gap{
			ID: "subject-as-by-default", Role: w.given.Role,
			What: fmt.Sprintf("identity %s: %s: the condition on sub is written for subjects as the issuer makes them by default", w.identity.Name, w.rule.Who()),
			Fix:  "where the subject was customised, name sub in the rule",
		})
	}
}

// unverified is about a rule on the e-mail address. The program takes no address that the provider says is not verified, or of some kinds one
// that it does not say is; AWS looks at the address alone, and no key of a context provider is known to hold what is no text.
func (b *builder) unverified(w way, h held) {
	if _, asked := h.match[emailClaim]; !asked {
		return
	}
	b.gap(Gap{
		ID: "verified-email-not-held", Role: w.given.Role,
		What: fmt.Sprintf("identity %s: %s: AWS looks at the address and not at whether %s says that it is verified, so whoever enters another's address there can take %s; dbxaccess refuses such a token",
			w.identity.Name, w.rule.Who(), w.identity.Host(), w.hops[0].RoleARN),
		Fix: "name sub in place of email in the rule",
	})
}

// machine lets in the role of a machine, by whose credentials the first role is assumed.
func (b *builder) machine(w way) {
	hop := w.hops[0]
	s, open := machine(partitionOf(hop.RoleARN), w.rule.Match, iam.AssumeActions(len(hop.Tags) > 0, false))
	if len(open) > 0 || w.rule.Match == nil {
		b.gap(Gap{
			ID: "machine-not-held", Role: w.given.Role,
			What: fmt.Sprintf("identity %s: %s: a role is assumed with the machine's credentials, and IAM can't look at %s there, so no statement lets this rule in",
				w.identity.Name, w.rule.Who(), strings.Join(append(open, w.identity.GroupsClaim)[:max(len(open), 1)], ", ")),
			Fix: "name the ARN of the machine's role as sub in the rule",
		})
		return
	}
	(&inherited{}).demand(s.Condition, hop)
	until(s.Condition, w.given.Until)
	b.let(w, hop.RoleARN, s)
}

// until has conditions end.
func until(on iam.Conditions, end time.Time) {
	if !end.IsZero() {
		on["DateLessThan"] = map[string]iam.Words{"aws:CurrentTime": {end.UTC().Format(time.RFC3339)}}
	}
}

func named(claim string) string {
	const longest = 60
	if r := []rune(claim); len(r) > longest {
		return string(r[:longest]) + "…"
	}
	return claim
}
