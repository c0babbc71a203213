package accessmap

import (
	"iter"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// Check returns what is wrong with a map although every part of it is right: roles whose whole session policy is
// longer than AWS takes, which can be used with a scope, and what is of two partitions of AWS, between which nothing can
// be assumed or reached. The other roles of such a map can be used.
func (m *Map) Check() []Problem {
	var r report
	m.checkSizes(&r)
	m.checkPartitions(&r)
	return r.sorted()
}

// checkSizes finds roles whose whole policy is too long. What makes it so is said of the first of them.
func (m *Map) checkSizes(r *report) {
	var large []tooLarge
	ends := m.ends()
	for role, policy := range m.policies() {
		if size := iam.SessionPolicySize(policy, role.AWS.ManagedPolicies); size > iam.MaxSessionPolicy {
			large = append(large, tooLarge{role: role.Name, size: size})
		}
	}
	slices.SortFunc(large, func(a, b tooLarge) int { return m.Roles[a.role].at.compare(m.Roles[b.role].at) })
	for i, size := range large {
		role := m.Roles[size.role]
		if i < maxExplained {
			size = m.explainSize(m.effective(role), ends[role.Name], size.size)
		}
		r.add(role.at, "%s; %s", size, size.split())
	}
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
