package accessmap

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/idp"
)

// Check returns what is wrong with a map although every part of it is right: roles whose whole session policy is
// longer than AWS takes, which can be used with a scope, and what is of two partitions of AWS, between which nothing can
// be assumed or reached. The other roles of such a map can be used.
func (m *Map) Check() []Problem {
	var r report
	for role, policy := range m.policies() {
		if len(policy) > iam.MaxSessionPolicy {
			r.add(role.at, "the session policy of role %s has %d characters, AWS takes %d; split the role or join its datasets",
				role.Name, len(policy), iam.MaxSessionPolicy)
		}
	}
	m.checkPartitions(&r)
	return r.sorted()
}

// Lint returns warnings: what is allowed and probably not meant.
func (m *Map) Lint() []Problem {
	r := report{list: slices.Clone(m.warnings)}
	m.lintRoles(&r)
	m.lintChains(&r)
	m.lintPolicies(&r)
	m.lintScopes(&r)
	m.lintDatasets(&r)
	m.lintOverlaps(&r)
	return r.sorted()
}

// policies compiles the whole policy of every role that can be taken, however long it is, as it is longest: with the end that
// some rule gives the role until.
func (m *Map) policies() iter.Seq2[*Role, string] {
	return func(yield func(*Role, string) bool) {
		ends := m.ends()
		for _, role := range m.Roles {
			if role.AWS != nil && !yield(role, m.compile(m.effective(role), ends[role.Name])) {
				return
			}
		}
	}
}

func (m *Map) lintRoles(r *report) {
	// A role that others are assumed through is of use, even where no rule gives it.
	given, inherited := make(map[string]bool), make(map[string]bool)
	for _, roles := range m.gives {
		maps.Copy(given, roles)
	}
	for _, role := range m.Roles {
		if role.AWS != nil {
			given[role.AWS.Via] = true
		}
		for _, parent := range role.Inherits {
			inherited[parent] = true
		}
	}
	for name, role := range m.Roles {
		switch {
		case role.AWS != nil && !given[name]:
			r.add(role.at, "nobody can take role %s: no rule of any identity gives it", name)
		case role.AWS == nil && !inherited[name] && !given[name]:
			r.add(role.at, "role %s has no aws, and no rule gives it and no role inherits it, so it does nothing", name)
		case role.AWS == nil && given[name] && role.hasDatasets:
			r.add(role.at, "the datasets of role %s do nothing: it has no aws", name)
		}
		if role.AWS == nil {
			continue
		}
		if named, _ := arn.Parse(role.AWS.RoleARN); named.AccountID == "" && strings.HasPrefix(named.Partition, "aws") {
			r.add(role.at, "the role_arn of role %s names no account, which is right for S3-compatible servers only", name)
		}
		e := m.effective(role)
		for _, dataset := range e.Datasets() {
			if m.Datasets[dataset].KMSKey != "" && !iam.OfAWS(role.AWS.RoleARN) {
				r.add(role.at, "role %s is one of an S3-compatible server, so its session policy leaves out the kms_key of dataset %s", name, dataset)
			}
		}
		for _, dataset := range e.Write {
			if !slices.Contains(e.Read, dataset) {
				r.add(role.at, "role %s may write dataset %s and not read it", name, dataset)
			}
		}
	}
}

// lintChains finds what is lost on the way to a role.
func (m *Map) lintChains(r *report) {
	fromCenter, fromRole := make(map[string]bool), make(map[string]bool)
	for name, identity := range m.Identities {
		for role := range m.gives[name] {
			fromCenter[role] = fromCenter[role] || identity.Method() == idp.IdentityCenter
			fromRole[role] = fromRole[role] || identity.Token.Is(idp.FromAWS)
		}
	}
	for name, role := range m.Roles {
		if role.AWS == nil {
			continue
		}
		chained := role.AWS.Via != "" || fromRole[name] || fromCenter[name] && m.follows(role, true)
		switch {
		case chained && role.AWS.Duration > iam.MaxChained:
			r.add(role.at, "the duration of role %s, %s, will be cut to 1 h: AWS limits chained roles", name, role.AWS.Duration)
		case role.AWS.RoleARN == "" && role.AWS.Duration > 0:
			r.add(role.at, "the duration of role %s does nothing: IAM Identity Center decides how long its permission set lasts", name)
		}
		if role.AWS.RoleARN == "" && len(role.effectiveTags) > 0 {
			r.add(role.at, "the tags of role %s do nothing: a permission set takes none; give it a role_arn to chain into", name)
		}
	}
}

func (m *Map) lintPolicies(r *report) {
	const nearlyFull = iam.MaxSessionPolicy * 8 / 10
	for role, policy := range m.policies() {
		switch {
		case policy == "":
			behind := "IAM role"
			if role.AWS.RoleARN == "" {
				behind = "permission set"
			}
			r.add(role.at, "role %s has no datasets, so it gets no session policy and may do all that its %s may", role.Name, behind)
		case len(policy) > nearlyFull && len(policy) <= iam.MaxSessionPolicy:
			r.add(role.at, "the session policy of role %s has %d of the %d characters that AWS takes",
				role.Name, len(policy), iam.MaxSessionPolicy)
		}
	}
}

func (m *Map) lintDatasets(r *report) {
	used := make(map[string]bool)
	for _, role := range m.Roles {
		for _, name := range slices.Concat(role.Read, role.Write, role.Delete) {
			used[name] = true
		}
	}
	for name, dataset := range m.Datasets {
		if !used[name] {
			r.add(dataset.at, "no role reads, writes or deletes dataset %s", name)
		}
	}
}

// lintOverlaps finds datasets inside others. In the order of locations what lies inside a dataset comes right after it.
func (m *Map) lintOverlaps(r *report) {
	ordered := slices.SortedFunc(maps.Values(m.Datasets), func(a, b *Dataset) int {
		return cmp.Or(cmp.Compare(a.Location(), b.Location()), a.at.compare(b.at))
	})
	var around []*Dataset // from the outermost to the innermost
	for _, dataset := range ordered {
		for len(around) > 0 && !strings.HasPrefix(dataset.Location(), around[len(around)-1].Location()) {
			around = around[:len(around)-1]
		}
		if len(around) > 0 {
			outer := around[len(around)-1]
			r.add(dataset.at, "dataset %s (%s) lies inside dataset %s (%s), whose grants reach it too",
				dataset.Name, dataset.Location(), outer.Name, outer.Location())
		}
		around = append(around, dataset)
	}
}
