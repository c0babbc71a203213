package accessmap

import (
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
	var large []*Role
	for name, size := range m.policySizes() {
		if size > iam.MaxSessionPolicy {
			large = append(large, m.Roles[name])
		}
	}
	slices.SortFunc(large, func(a, b *Role) int { return a.at.compare(b.at) })
	ends := m.ends()
	for i, role := range large {
		size := tooLarge{role: role.Name, size: m.policySizes()[role.Name]}
		if i < maxExplained {
			size = m.explainSize(m.effective(role), ends[role.Name], size.size)
		}
		r.add(role.at, "%s; %s", size, size.split())
	}
}

// policySizes are how many characters the whole policy of each role takes that can be taken at AWS, however many, where it is
// longest: with the end that some rule gives the role until. 0 is a role that gets none. They are worked out once.
func (m *Map) policySizes() map[string]int {
	m.sizing.Do(func() {
		m.sizes = make(map[string]int, len(m.Roles))
		ends := m.ends()
		for name, role := range m.Roles {
			if role.AWS != nil {
				m.sizes[name] = m.size(m.effective(role), ends[name])
			}
		}
	})
	return m.sizes
}
