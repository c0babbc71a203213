package desired

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/idp"
)

// MaxAudiences of a provider, which IAM calls client IDs: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
const MaxAudiences = 100

// wants makes an entry for every provider that a way begins at, and gives the claims that only a context provider can hold their keys: as
// far as there is room, by the names of the claims. One of rules that have ended stays, with its audiences.
func (b *builder) wants() {
	for i, w := range slices.Concat(b.ways, b.ended) {
		if !w.byToken() {
			continue
		}
		p := b.provider(w)
		o := newOf(w.identity, w.hops[0].RoleARN, partitionOf(w.hops[0].RoleARN))
		if i < len(b.ways) {
			for _, claim := range o.hold(o.match(w.rule)).context {
				p.wanted[claim] = true
			}
			p.wantsProof(w.identity, b.proof(w))
		}
		p.roles = with(p.roles, w.given.Role)
		for _, trusting := range b.role(w.hops[0].RoleARN).For { // on the way to the role that is given, or beside it
			p.roles = with(p.roles, trusting)
		}
		p.Identities = with(p.Identities, w.identity.Name)
		p.Audiences = with(p.Audiences, o.audience())
		if azp := w.rule.Match["azp"]; azp != "" && !strings.ContainsAny(azp, "*?") {
			p.Audiences = with(p.Audiences, azp)
		}
		p.contextOf(o)
	}
	for _, p := range b.providers {
		p.allot()
		if p.Context != nil && p.Context.SubjectType == workload && !p.Context.Needed {
			p.Context = nil // a job's subject is what it is trusted by: nothing would be gained
		}
	}
}

// allot gives claims their keys: those by which sign-ins prove themselves, then the others by name.
func (p *provider) allot() {
	if p.Context == nil {
		return
	}
	claims := slices.Sorted(maps.Keys(p.wanted))
	if p.proof {
		proofs := []string{acrClaim, amrClaim, authTimeClaim}
		if !p.acrIsText {
			proofs = proofs[1:]
		}
		claims = slices.Concat(proofs, slices.DeleteFunc(claims, func(claim string) bool { return slices.Contains(proofs, claim) }))
	}
	for _, claim := range claims[:min(len(claims), MaxContextKeys)] {
		p.names[claim] = contextName(claim)
		p.Context.Keys = append(p.Context.Keys, ContextKey{contextName(claim), claim})
		p.Context.Needed = p.Context.Needed || p.wanted[claim] || claim == acrClaim && p.acr
	}
	slices.SortFunc(p.Context.Keys, func(a, b ContextKey) int { return cmp.Compare(a.Name, b.Name) })
}

// Types of the subject of a context provider.
const (
	user     = "user"
	workload = "workload"
)

func (b *builder) provider(w way) *provider {
	roleARN := w.hops[0].RoleARN
	o := newOf(w.identity, roleARN, partitionOf(roleARN))
	if b.providers[o.principal] == nil {
		p := Provider{ARN: o.principal, URL: w.identity.Issuer}
		b.providers[o.principal] = &provider{Provider: p, wanted: make(map[string]bool), names: make(map[string]string)}
	}
	return b.providers[o.principal]
}

// contextOf has the provider say who signed in. People's word counts where an issuer has both.
func (p *provider) contextOf(o of) {
	people := o.Method().SignsIn()
	if o.builtIn() || o.partition != "aws" || p.Context != nil && (!people || p.says == o.Identity) {
		return
	}
	p.says = o.Identity
	p.Context = &ContextProvider{SubjectSourceKey: subjectClaim, SubjectType: workload}
	if people {
		p.Context.SubjectType = user
	}
}

// The claims by which a token names who it is about. The subject alone is given by the provider and can't be changed by the person: an address
// that is not verified, or a user name, may be another's.
const (
	subjectClaim = "sub"
	emailClaim   = "email"
)

// userClaim is the claim that names a person as Databricks knows users: the e-mail address, where tokens have one that can be believed, else
// the user name; a workload's subject.
func userClaim(i *accessmap.Identity) string {
	switch kind := idp.KindOf(i.Kind, i.Issuer); {
	case !i.Method().SignsIn() || i.Scopes != nil && !slices.Contains(i.Scopes, "email") && !slices.Contains(i.Scopes, "profile"):
		return subjectClaim
	case kind.EmailVerified != "" || i.Scopes != nil && !slices.Contains(i.Scopes, "email"):
		return "preferred_username"
	}
	return emailClaim
}
