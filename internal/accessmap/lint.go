package accessmap

import (
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/idp"
)

// Lint returns what is allowed and probably not meant at a time, in the order of the file, the acknowledged with their reason
// among the others: see Open.
func (m *Map) Lint(now time.Time) []Warning {
	l := newLinter(m)
	m.lintEnds(&l.warnings, now)
	m.lintHandling(&l.warnings)
	used := make(map[string]bool)
	for _, role := range m.Roles {
		l.lintRole(role, m.allEffective()[role.Name])
		for _, name := range slices.Concat(role.Read, role.Write, role.Delete) {
			used[name] = true
		}
	}
	l.lintGaps()
	l.lintSharing(now)
	l.lintScopes()
	l.lintAgents()
	l.lintDatasets(used)
	places := m.places()
	l.lintOverlaps(places)
	l.lintRoots(places)
	for _, identity := range m.Identities {
		l.lintIdentity(identity)
		l.lintTexts(identity)
	}
	for _, role := range m.Roles { // last: Check may be working the sizes out meanwhile
		if role.AWS != nil {
			l.lintScoping(role)
			l.lintPolicy(role)
			l.lintTags(role)
		}
	}
	m.acknowledged.apply(&l.warnings)
	return l.sorted()
}

// Notes returns what is worth knowing at a time and nothing to change: grants that end soon, and what of the map's policy is
// enforced and what is comfort, with its rules on agents.
func (m *Map) Notes(now time.Time) []Problem {
	var beside warnings
	notes := report{list: slices.Concat(m.lintEnds(&beside, now), m.lintHandling(&beside), m.agentNotes())}
	return notes.sorted()
}

// linter collects the warnings of a map, and what several of its looks go by.
type linter struct {
	*Map
	warnings

	fromCenter, fromRole map[string]bool      // roles that Identity Center gives, that credentials of a machine give
	taken                map[string]bool      // roles that are taken, for themselves or on the way to another
	inherited            map[string]bool      // roles that these inherit
	ends                 map[string]time.Time // of roles that are given for a while
	noRead, noDelete     gaps                 // where one writes without the other
	matched              int                  // groups that were held against patterns, of maxMatched
}

func newLinter(m *Map) *linter {
	l := &linter{
		Map: m, warnings: warnings{list: slices.Clone(m.warnings)},
		fromCenter: make(map[string]bool), fromRole: make(map[string]bool), taken: make(map[string]bool), inherited: make(map[string]bool),
		ends: m.ends(), noRead: make(gaps), noDelete: make(gaps),
	}
	for name, identity := range m.Identities {
		for role := range m.gives[name] {
			if identity.Method() == idp.IdentityCenter {
				l.fromCenter[role] = true
			}
			if identity.Token.Is(idp.FromAWS) {
				l.fromRole[role] = true
			}
			for r := m.Roles[role]; r != nil && !l.taken[r.Name]; {
				l.taken[r.Name] = true
				if r.AWS == nil {
					break
				}
				r = m.Roles[r.AWS.Via]
			}
		}
	}
	for role := range l.taken {
		l.inherit(m.Roles[role])
	}
	return l
}

// inherit marks all that a role inherits. It works through a queue, because the file decides how deep that is.
func (l *linter) inherit(role *Role) {
	for queue := []*Role{role}; len(queue) > 0; queue = queue[1:] {
		for _, parent := range queue[0].Inherits {
			if !l.inherited[parent] {
				l.inherited[parent] = true
				queue = append(queue, l.Roles[parent])
			}
		}
	}
}

func (l *linter) ofRole(id LintID, r *Role, format string, args ...any) {
	l.warn(id, concern{partRole, r.Name}, r.at, format, args...)
}

func (l *linter) ofDataset(id LintID, d *Dataset, format string, args ...any) {
	l.warn(id, concern{partDataset, d.Name}, d.at, format, args...)
}

func (l *linter) ofIdentity(id LintID, i *Identity, at position, format string, args ...any) {
	l.warn(id, concern{partIdentity, i.Name}, at, format, args...)
}
