package desired

import (
	"maps"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/idp"
)

// A role that the map lets nobody take keeps standing, and so does the provider that it was taken by: what others have attached to the role,
// and who else uses the provider, the map does not know, and what is rendered no more, Terraform destroys. The rules by which the role was
// given stay in its trust policy, with their end in the past, so that the end alone changes nothing; a role that no rule leads to
// has a policy that denies.

// endings writes the rules that have ended, beside those in force.
func (b *builder) endings() {
	b.over = true
	for _, w := range b.ended {
		b.trust(w)
	}
	b.over = false
}

// let adds statements of a way to a role's trust policy, or to those that have ended.
func (b *builder) let(w way, roleARN string, statements ...iam.Statement) {
	r := b.role(roleARN)
	if !b.over {
		r.trust = append(r.trust, statements...)
		return
	}
	for _, s := range statements {
		r.Ended = append(r.Ended, Ended{w.given.Role, w.given.Until, s})
	}
}

// nobody is the trust policy of a role that the map lets nobody take. IAM takes none without a statement.
func (r *role) nobody() []iam.Statement {
	if len(r.Ended) == 0 {
		return []iam.Statement{iam.NobodyTrust()}
	}
	var over []iam.Statement
	for _, e := range r.Ended {
		over = append(over, e.Trust)
	}
	return merged(over)
}

// spare keeps the providers of the account of a role that no rule leads to. By which identity it was taken, the map no longer says, so all of
// them count that sign in by tokens and lead nowhere in that account.
func (b *builder) spare() {
	for _, key := range slices.Sorted(maps.Keys(b.roles)) {
		r := b.roles[key]
		if !r.Nobody || len(r.Ended) > 0 {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(b.m.Identities)) {
			i := b.m.Identities[name]
			o := newOf(i, r.ARN, partitionOf(r.ARN))
			if i.Issuer == "" || i.Method() == idp.IdentityCenter || ambient(i) || o.builtIn() {
				continue
			}
			p := b.providers[o.principal]
			if p == nil {
				p = &provider{Provider: Provider{ARN: o.principal, URL: i.Issuer, Spare: true}}
				b.providers[o.principal] = p
			}
			if !p.Spare {
				continue
			}
			p.Identities, p.Audiences = with(p.Identities, name), with(p.Audiences, o.audience())
			for _, role := range r.For {
				p.roles = with(p.roles, role)
			}
		}
	}
}
