package accessmap

import (
	"iter"

	"github.com/dbxaccess/dbxaccess/internal/iam"
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
