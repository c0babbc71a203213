package accessmap

import (
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// Check returns what is wrong with a map although every part of it is right: roles whose whole session policy is
// longer than AWS takes, which can be used with a scope, ARNs that IAM can't have both, and what is of two partitions of AWS,
// between which nothing can be assumed or reached. The other roles of such a map can be used.
func (m *Map) Check() []Problem {
	var r report
	m.checkSizes(&r)
	m.checkPartitions(&r)
	m.checkNames(&r)
	return r.sorted()
}

// checkSizes finds roles whose whole policy is too long. What makes it so is said of the first of them.
func (m *Map) checkSizes(r *report) {
	var large []*Role
	for name, size := range m.policySizes() {
		if size.most > iam.MaxSessionPolicy {
			large = append(large, m.Roles[name])
		}
	}
	slices.SortFunc(large, func(a, b *Role) int { return a.at.compare(b.at) })
	ends := m.ends()
	for i, role := range large {
		size := tooLarge{role: role.Name, size: m.policySizes()[role.Name].most}
		if i < maxExplained {
			size = m.explainSize(m.effective(role), ends[role.Name], size.size)
		}
		r.add(role.at, "%s; %s", size, size.split())
	}
}

// policySize is how many characters AWS counts.
type policySize struct {
	most  int // of the session policy, or of the longer of the two layers that it is
	whole int // of both together
}

// layered reports whether a policy has room only if STS narrows the session once more.
func (s policySize) layered() bool { return s.most < s.whole }

// policySizes are those of the whole policy of each role that can be taken at AWS, however long, where it is
// longest: with the end that some rule gives the role until. 0 is a role that gets none. They are worked out once: it is much of
// what checking a large map takes.
func (m *Map) policySizes() map[string]policySize {
	m.sizing.Do(func() {
		ends := m.ends()
		m.sizes = ofEach(m, func(role *Role) (size policySize) {
			if role.AWS != nil {
				e := m.allEffective()[role.Name]
				p := m.compile(e, ends[role.Name])
				size = policySize{p.size(e), iam.SessionPolicySize(p.Whole, e.ManagedPolicies)}
			}
			return size
		})
	})
	return m.sizes
}

// allEffective are what all roles amount to, worked out once, for what looks at each of them. They are not to be changed.
func (m *Map) allEffective() map[string]*Effective {
	m.resolving.Do(func() { m.resolved = ofEach(m, m.effective) })
	return m.resolved
}

// ofEach is what work makes of each role, by its name. All processors work on it.
func ofEach[T any](m *Map, work func(*Role) T) map[string]T {
	roles := slices.Collect(maps.Values(m.Roles))
	list := make([]T, len(roles))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(roles)) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(roles)); i = next.Add(1) - 1 {
				list[i] = work(roles[i])
			}
		})
	}
	workers.Wait()
	all := make(map[string]T, len(roles))
	for i, role := range roles {
		all[role.Name] = list[i]
	}
	return all
}
