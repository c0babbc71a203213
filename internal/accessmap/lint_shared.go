package accessmap

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// lintSharing finds IAM roles that several roles of the map come to, and at which AWS can't tell who is given which: a session policy
// is chosen by the one who asks STS, so it holds nobody who asks without dbxaccess. It warns once of each, about the first such role:
// what tells one of them apart (signed tags, an IAM role of its own) mostly does so for all.
func (l *linter) lintSharing(now time.Time) {
	shared := l.sharedARNs()
	if len(shared) == 0 {
		return
	}
	s := l.sharing(now, func(role string) bool {
		for arn := range l.arns(l.Roles[role]) {
			if shared[arn] {
				return true
			}
		}
		return false
	})
	// The work is bounded, so that where many come is last.
	order := func(a, b string) int { return cmp.Or(cmp.Compare(len(s.at[a]), len(s.at[b])), cmp.Compare(a, b)) }
	for _, arn := range slices.SortedFunc(maps.Keys(shared), order) {
		l.lintShared(s, arn)
	}
	told := make(map[string]bool)
	for _, on := range slices.SortedFunc(maps.Keys(s.onto), func(a, b [2]string) int { return cmp.Or(order(a[0], b[0]), cmp.Compare(a[1], b[1])) }) {
		if shared[on[0]] && !told[on[0]] {
			told[on[0]] = l.lintStep(s, on)
		}
	}
}

// sharedARNs are those to which more than one role leads that somebody may take.
func (l *linter) sharedARNs() map[string]bool {
	first, shared := make(map[string]string, len(l.taken)), make(map[string]bool)
	for name := range l.taken {
		for arn := range l.arns(l.Roles[name]) {
			if other, there := first[arn]; there && other != name {
				shared[arn] = true
			}
			first[arn] = name
		}
	}
	return shared
}

// arns are the IAM roles at AWS that a role stands on or is assumed through.
func (l *linter) arns(r *Role) iter.Seq[string] {
	return func(yield func(string) bool) {
		for range maxHops {
			if r == nil || r.AWS == nil {
				return
			}
			if arn := r.AWS.RoleARN; arn != "" && iam.OfAWS(arn) && !yield(arn) {
				return
			}
			r = l.Roles[r.AWS.Via]
		}
	}
}

// lintShared warns of the first role on an ARN that others can take from there.
func (l *linter) lintShared(s *Sharing, arn string) {
	var here, all []string // roles that stand there, and those that are assumed through it as well
	for _, v := range s.at[arn] {
		all = append(all, v.given.Role)
		if v.last {
			here = append(here, v.given.Role)
		}
	}
	all = set(all)
	if len(all) < 2 {
		return
	}
	here = set(here)
	slices.SortFunc(here, func(a, b string) int { return l.Roles[a].at.compare(l.Roles[b].at) })
	for _, name := range here {
		if held := s.Holds(arn, name); held.Open != "" {
			others := slices.DeleteFunc(all, func(other string) bool { return other == name })
			l.ofRole(arnShared, l.Roles[name], "role %s shares %s with %s: %s, so a session that dbxaccess did not make may do what %s gives; "+
				"give it an IAM role of its own, or tell the groups apart by signed_tags", name, arn, firstOf(others), s.why(held.Open), name)
			return
		}
	}
}

// lintStep warns of an ARN from which others than those who are given a role behind it can go on to that, and reports whether it did.
func (l *linter) lintStep(s *Sharing, on [2]string) bool {
	for _, v := range s.onto[on] {
		if held := s.step(on, v.rule, v.given.Role); held.Open != "" {
			l.ofRole(chainOpen, l.Roles[v.at], "role %s is assumed through %s: %s, so a session that dbxaccess did not make may go on from %s to %s; "+
				"let it be taken directly, or tell the groups apart by signed_tags", v.given.Role, v.at, s.why(held.Open+" leads there too"), on[0], on[1])
			return true
		}
	}
	return false
}

// why is the reason for what is open: beyond the bound nobody was told from others.
func (s *Sharing) why(open string) string {
	if s.tried > maxTried {
		return "too many rules lead there to tell who has it"
	}
	return open
}
