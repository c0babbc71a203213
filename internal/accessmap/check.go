package accessmap

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"strings"
)

// Check returns what is wrong with a map although every part of it is right: roles whose whole session policy is
// longer than AWS takes. The other roles of such a map can be used, and that one with a scope.
func (m *Map) Check() []Problem {
	var r report
	for role, policy := range m.policies() {
		if len(policy) > MaxPolicy {
			r.add(role.at, "the session policy of role %s has %d characters, AWS takes %d; split the role or join its datasets",
				role.Name, len(policy), MaxPolicy)
		}
	}
	return r.sorted()
}

// Lint returns warnings: what is allowed and probably not meant.
func (m *Map) Lint() []Problem {
	var r report
	m.lintRoles(&r)
	m.lintPolicies(&r)
	m.lintDatasets(&r)
	m.lintOverlaps(&r)
	return r.sorted()
}

// policies compiles the whole policy of every role that can be taken, however long it is.
func (m *Map) policies() iter.Seq2[*Role, string] {
	return func(yield func(*Role, string) bool) {
		for _, role := range m.Roles {
			if role.AWS != nil && !yield(role, m.compile(m.effective(role))) {
				return
			}
		}
	}
}

func (m *Map) lintRoles(r *report) {
	given, inherited := make(map[string]bool), make(map[string]bool)
	for _, identity := range m.Identities {
		for _, roles := range identity.Groups {
			for _, role := range roles {
				given[role] = true
			}
		}
	}
	for _, role := range m.Roles {
		for _, parent := range role.Inherits {
			inherited[parent] = true
		}
	}
	for name, role := range m.Roles {
		switch {
		case role.AWS != nil && !given[name]:
			r.add(role.at, "nobody can take role %s: no group of any identity gives it", name)
		case role.AWS == nil && !inherited[name]:
			r.add(role.at, "role %s has no aws.role_arn and no role inherits it, so it does nothing", name)
		}
		if role.AWS == nil {
			continue
		}
		if partition, account := splitRoleARN(role.AWS.RoleARN); account == "" && strings.HasPrefix(partition, "aws") {
			r.add(role.at, "the role_arn of role %s names no account, which is right for S3-compatible servers only", name)
		}
		e := m.effective(role)
		for _, dataset := range e.Write {
			if !slices.Contains(e.Read, dataset) {
				r.add(role.at, "role %s may write dataset %s and not read it", name, dataset)
			}
		}
	}
}

func (m *Map) lintPolicies(r *report) {
	const nearlyFull = MaxPolicy * 8 / 10
	for role, policy := range m.policies() {
		switch {
		case policy == "":
			r.add(role.at, "role %s has no datasets, so it gets no session policy and may do all that its IAM role may", role.Name)
		case len(policy) > nearlyFull && len(policy) <= MaxPolicy:
			r.add(role.at, "the session policy of role %s has %d of the %d characters that AWS takes",
				role.Name, len(policy), MaxPolicy)
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
