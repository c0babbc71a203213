package desired

import (
	"fmt"
	"maps"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// Bounds of IAM's, in characters without white space: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const (
	MaxManagedPolicy = 6144
	MaxInline        = 10240 // of all inline policies of a role together
	MaxTrust         = 4096  // of a trust policy; 2,048 until the account asks for more
	usualTrust       = 2048
)

// permit writes the permissions of every role and permission set, and finishes its trust.
func (b *builder) permit() error {
	for _, key := range slices.Sorted(maps.Keys(b.roles)) {
		r := b.roles[key]
		unused := len(r.taken)+len(r.through) == 0 // those that nobody gets, too: they are made before they are given
		for _, name := range r.For {
			if byDatabricks := b.m.Roles[name]; unused || byDatabricks.InstanceProfile != "" || byDatabricks.StorageCredential != nil {
				r.taken = with(r.taken, name)
			}
		}
		for _, name := range r.taken {
			r.tell(name, b.sharing.Holds(r.ARN, name))
		}
		statements, managed, err := b.permissions(r.ARN, r.taken, r.next)
		if err != nil {
			return err
		}
		for _, name := range r.taken {
			if b.m.Unbounded(name) {
				r.Unnarrowed = append(r.Unnarrowed, name)
			}
		}
		trust, own := b.credential(r)
		r.Permissions, r.Managed = split(append(statements, own...)), managed
		r.Trust = iam.Document{Version: "2012-10-17", Statement: append(append(merged(r.trust), b.instance(r)...), trust...)}
		if r.Nobody = len(r.Trust.Statement) == 0; r.Nobody {
			r.Trust.Statement = r.nobody()
		}
		b.finish(r)
	}
	for _, key := range slices.Sorted(maps.Keys(b.sets)) {
		s := b.sets[key]
		statements, managed, err := b.permissions(key, s.taken, s.next)
		if err != nil {
			return err
		}
		if s.Managed = managed; len(statements) > 0 {
			s.Permissions = []iam.Document{iam.Policy(statements...)}
		}
	}
	return nil
}

// permissions are the least that roles of the map, which all stand on one IAM role or permission set, and the roles behind them need:
// what the session policy of any of them allows, without its end. Where others come there too, it is allowed to those alone who have
// the role, as far as session tags tell them. What it denies is denied where that takes nothing from another role.
func (b *builder) permissions(place string, taken []string, next []iam.Statement) (statements []iam.Statement, managed []string, err error) {
	narrowed := false
	for _, name := range taken {
		g, err := b.m.Granted(name)
		if err != nil {
			return nil, nil, err
		}
		held, own := b.sharing.On(place, name, taken)
		if held.Open != "" {
			b.gap(Gap{
				ID: "role-arn-shared", Role: name, What: fmt.Sprintf("%s: %s, so a session that dbxaccess did not make may do more there than the map gives", place, held.Open),
				Fix: "give each an IAM role of its own",
			})
		}
		if b.m.Unbounded(name) {
			b.gap(Gap{
				ID: "permissions-not-in-map", Role: name, What: "nothing in the map narrows the role, so what it may do at AWS is written there alone",
				Fix: "name its datasets",
			})
			continue
		}
		narrowed = narrowed || len(g.Places) > 0
		for _, s := range own {
			statements = append(statements, under(s, held)...)
		}
		managed = slices.Concat(managed, b.m.Roles[name].AWS.ManagedPolicies)
	}
	if narrowed { // by STS itself, whose documents leave open whether it has to be allowed
		statements = append(statements, iam.Statement{Effect: "Allow", Action: iam.Words{"sts:GetScopedCredentials"}, Resource: iam.Words{"*"}})
	}
	slices.Sort(managed)
	return distinct(append(statements, next...)), slices.Compact(managed), nil
}

// finish says how long sessions may be, and what the map has to say of the role besides.
func (b *builder) finish(r *role) {
	for _, name := range r.taken {
		if e, err := b.m.Effective(name); err == nil {
			r.MaxSession = max(r.MaxSession, e.Duration)
		}
	}
	size := 0
	for _, d := range r.Permissions {
		size += len(d.JSON())
	}
	trust := len(r.Trust.JSON())
	for _, name := range r.For {
		switch {
		case r.Nobody:
			b.gap(Gap{ID: "role-for-nobody", Role: name, What: "no rule of the map lets anybody in to " + r.ARN, Fix: "give it to a group, or drop it"})
		case trust > MaxTrust:
			b.gap(Gap{ID: "trust-too-long", Role: name, What: fmt.Sprintf("the trust policy of %s has %d characters, and IAM takes %d", r.ARN, trust, MaxTrust), Fix: "let fewer rules lead to one IAM role"})
		case trust > usualTrust:
			b.gap(Gap{
				ID: "trust-beyond-quota", Role: name, What: fmt.Sprintf("the trust policy of %s has %d characters: more than the %d that an account has at first", r.ARN, trust, usualTrust),
				Fix: fmt.Sprintf("have the quota \"Role trust policy length\" raised, up to %d", MaxTrust),
			})
		}
		if size > MaxInline {
			b.gap(Gap{
				ID: "permissions-not-inline", Role: name, What: fmt.Sprintf("the permissions of %s have %d characters, and inline policies %d in all", r.ARN, size, MaxInline),
				Fix: "attach them as managed policies",
			})
		}
	}
}

// split puts statements into as few documents as their order allows, none longer than a managed policy may be.
func split(statements []iam.Statement) (documents []iam.Document) {
	var here []iam.Statement
	size := 0 // of a document with those
	for _, s := range slices.Concat(mapped(statements, cut)...) {
		alone := len(iam.Policy(s).JSON())
		if more := size + alone - len(iam.Policy().JSON()) + len(","); len(here) == 0 {
			here, size = []iam.Statement{s}, alone
		} else if more <= MaxManagedPolicy {
			here, size = append(here, s), more
		} else {
			documents, here, size = append(documents, iam.Policy(here...)), []iam.Statement{s}, alone
		}
	}
	if len(here) > 0 {
		documents = append(documents, iam.Policy(here...))
	}
	return documents
}

func mapped[A, B any](list []A, f func(A) B) []B {
	out := make([]B, len(list))
	for i, one := range list {
		out[i] = f(one)
	}
	return out
}

// cut divides a statement that is too long for a document of its own, by its resources: what allows or denies several does so with each.
func cut(s iam.Statement) []iam.Statement {
	if len(iam.Policy(s).JSON()) <= MaxManagedPolicy || len(s.Resource) < 2 {
		return []iam.Statement{s}
	}
	first, second := s, s
	half := len(s.Resource) / 2
	first.Resource, second.Resource = s.Resource[:half], s.Resource[half:]
	return append(cut(first), cut(second)...)
}
