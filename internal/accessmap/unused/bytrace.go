package unused

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
)

// byTrace judges grants by a trace.
type byTrace struct {
	*world
	trace   *Trace
	uses    map[string][]*Use   // by role
	doubts  map[pair]Stays      // pairs of which nobody can say whether they were used
	inside  map[string][]string // dataset to itself and those that lie in it
	goes    map[Line]Stays      // of each list of a role with a dataset that nobody used
	taken   map[Rule]bool       // rules that go
	logged  map[string][2]bool  // bucket to whether reads are in the log, and whether writes or deletions are
	spread  map[string][]string // dataset to its buckets
	foreign map[string]bool     // names of the trace that the map does not have
	roles   map[string][]Rule   // role to the groups that are given it
	others  map[string]bool     // roles that something else than a rule on groups gives
}

// ByTrace judges the grants of a map by a trace.
func ByTrace(m *accessmap.Map, t *Trace, now time.Time) (Answer, []Unseen) {
	j := &byTrace{
		world: worldOf(m, now), trace: t, doubts: map[pair]Stays{}, inside: map[string][]string{}, uses: map[string][]*Use{},
		goes: map[Line]Stays{}, taken: map[Rule]bool{}, logged: map[string][2]bool{}, spread: map[string][]string{},
		foreign: map[string]bool{}, roles: map[string][]Rule{}, others: map[string]bool{},
	}
	j.places()
	j.doubt()
	for i := range t.Grants {
		u := &t.Grants[i]
		if m.Roles[u.Role] == nil || m.Datasets[u.Dataset] == nil {
			j.foreign[u.Role+" "+u.Dataset] = true
		}
		j.uses[u.Role] = append(j.uses[u.Role], u)
	}
	j.decideRules()
	j.decideLines()
	return j.answer(), j.unseen()
}

// places works out which datasets lie in which, and what kinds of events are in the log for each bucket: what belongs to a dataset in one
// bucket alone proves that they are.
func (j *byTrace) places() {
	at := map[accessmap.Location][]string{}
	for name, d := range j.Datasets {
		var buckets []string
		for _, l := range d.Locations {
			buckets = append(buckets, l.Bucket)
			at[l] = append(at[l], name)
		}
		slices.Sort(buckets)
		j.spread[name] = slices.Compact(buckets)
	}
	for name, d := range j.Datasets {
		for _, l := range d.Locations {
			for above := l; ; above.Prefix = above.Prefix[:strings.LastIndexByte(strings.TrimSuffix(above.Prefix, "/"), '/')+1] {
				for _, holds := range at[above] {
					j.inside[holds] = append(j.inside[holds], name)
				}
				if above.Prefix == "" {
					break
				}
			}
		}
	}
	for _, d := range j.trace.Datasets {
		if buckets := j.spread[d.Dataset]; len(buckets) == 1 {
			had := j.logged[buckets[0]]
			j.logged[buckets[0]] = [2]bool{had[0] || d.Reads > 0, had[1] || d.Writes+d.Deletes > 0}
		}
	}
}

// doubt works out for which datasets and verbs a use may not have been seen.
func (j *byTrace) doubt() {
	for name := range j.Datasets {
		for _, verb := range accessmap.Verbs() {
			var why Stays
			for _, bucket := range j.spread[name] {
				kinds := j.logged[bucket]
				if verb == accessmap.Read && !kinds[0] || verb != accessmap.Read && !kinds[1] {
					why = NoEvents
				}
			}
			for _, in := range j.inside[name] {
				if j.trace.unknown[pair{in, verb}] > 0 {
					why = Unjoined
				}
			}
			if why != Goes {
				j.doubts[pair{name, verb}] = why
			}
		}
	}
}

// used reports whether a role was used for a verb on a dataset, or on one that lies in it.
func (j *byTrace) used(role, dataset, verb string) bool {
	return slices.ContainsFunc(j.uses[role], func(u *Use) bool { return u.Verb == verb && slices.Contains(j.inside[dataset], u.Dataset) })
}

// usedBy is used, for the members of a group.
func (j *byTrace) usedBy(of Rule, dataset, verb string) bool {
	return slices.ContainsFunc(j.uses[of.Role], func(u *Use) bool {
		return u.Identity == of.Identity && (u.Group == "" || same(u.Group, of.Group)) &&
			(verb == "" || u.Verb == verb && slices.Contains(j.inside[dataset], u.Dataset))
	})
}

// decideRules finds the rules that can go.
func (j *byTrace) decideRules() {
	for _, rule := range j.rules {
		for _, g := range rule.Gives {
			if rule.Group == "" && !g.Ended(j.now) {
				j.others[g.Role] = true
			}
		}
	}
	for rule, of := range j.given {
		j.roles[of.Role] = append(j.roles[of.Role], of)
		if j.ruleStays(rule, of) == Goes && !j.usedBy(of, "", "") {
			j.taken[of] = true
		}
	}
}

// ruleStays says why it can't be said of a rule that nobody used it.
func (j *byTrace) ruleStays(rule *accessmap.Rule, of Rule) Stays {
	e, err := j.Effective(of.Role)
	switch {
	case rule.Workload:
		return Jobs
	case rule.IsPattern():
		return Pattern
	case err != nil || len(e.Statements)+len(e.ManagedPolicies)+len(e.Workplaces) > 0 || len(e.Datasets()) == 0 || j.behind[of.Role]:
		return MoreThanData
	}
	for _, verb := range accessmap.Verbs() {
		for _, dataset := range e.On(verb) {
			if why := j.doubts[pair{dataset, verb}]; why != Goes {
				return why
			}
		}
	}
	return Goes
}

// decideLines finds the datasets that can go of roles' lists. A role that nobody would be given any more keeps its own.
func (j *byTrace) decideLines() {
	given := func(role string) bool {
		return j.others[role] || slices.ContainsFunc(j.roles[role], func(of Rule) bool { return !j.taken[of] })
	}
	for name, role := range j.Roles {
		if !slices.ContainsFunc(j.heirs[name], given) {
			continue
		}
		for _, verb := range accessmap.Verbs() {
			for _, dataset := range role.On(verb) {
				if !slices.ContainsFunc(j.heirs[name], func(heir string) bool { return j.used(heir, dataset, verb) }) {
					j.goes[Line{name, dataset, verb}] = j.lineStays(name, pair{dataset, verb})
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(j.Roles)) {
		j.keepNarrow(name)
	}
}

func (j *byTrace) lineStays(role string, p pair) Stays {
	if slices.ContainsFunc(j.heirs[role], func(heir string) bool { return j.jobs[heir] }) {
		return Jobs
	}
	return j.doubts[p]
}

// keepNarrow keeps the lines without which a role would do more than before: nothing would narrow it at AWS, or a dataset that denies
// places would be gone.
func (j *byTrace) keepNarrow(name string) {
	e, err := j.Effective(name)
	if err != nil || !e.AtAWS || e.Unbounded() {
		return
	}
	var lines []Line
	left := map[string]bool{}
	for _, ancestor := range j.Lineage(name) {
		for _, verb := range accessmap.Verbs() {
			for _, dataset := range ancestor.On(verb) {
				line := Line{ancestor.Name, dataset, verb}
				if why, unused := j.goes[line]; unused && why == Goes {
					lines = append(lines, line)
				} else {
					left[dataset] = true
				}
			}
		}
	}
	for _, line := range lines {
		switch {
		case len(left)+len(e.Statements)+len(e.ManagedPolicies) == 0:
			j.goes[line] = OnlyNarrowing
		case !left[line.Dataset] && len(j.Datasets[line.Dataset].Deny) > 0:
			j.goes[line] = Denies
		}
	}
}

// answer lists what groups are given and did not use.
func (j *byTrace) answer() Answer {
	a := Answer{Unused: []Grant{}}
	for rule, of := range j.given {
		e, err := j.Effective(of.Role)
		if err != nil {
			continue
		}
		if j.taken[of] {
			a.Rules = append(a.Rules, of)
		}
		for _, dataset := range e.Datasets() {
			for _, verb := range e.VerbsOn(dataset) {
				if j.usedBy(of, dataset, verb) {
					continue
				}
				g := Grant{Identity: of.Identity, Group: of.Group, Role: of.Role, Dataset: dataset, Verb: verb}
				for _, ancestor := range j.Lineage(of.Role) {
					if slices.Contains(ancestor.On(verb), dataset) {
						g.StandsAt = append(g.StandsAt, ancestor.Name)
					}
				}
				g.Goes, g.Stays = j.fate(rule, of, &g)
				a.Unused = append(a.Unused, g)
			}
		}
	}
	for line, why := range j.goes {
		if why == Goes {
			a.Lines = append(a.Lines, line)
		}
	}
	slices.SortFunc(a.Lines, func(x, y Line) int {
		return cmp.Or(cmp.Compare(x.Role, y.Role), cmp.Compare(x.Dataset, y.Dataset), cmp.Compare(x.Verb, y.Verb))
	})
	return a
}

// fate says whether an unused grant goes, and by what, or why it stays.
func (j *byTrace) fate(rule *accessmap.Rule, of Rule, g *Grant) (goes string, stays Stays) {
	if j.taken[of] {
		return GoesByRule, Goes
	}
	gone := 0
	for _, at := range g.StandsAt {
		why, unused := j.goes[Line{at, g.Dataset, g.Verb}]
		switch {
		case !unused:
			stays = cmp.Or(stays, Shared)
		case why == Goes:
			gone++
		default:
			stays = cmp.Or(stays, why)
		}
	}
	if gone == len(g.StandsAt) {
		return GoesByGrant, Goes
	}
	if stays == Shared || stays == OnlyNarrowing {
		if why := j.ruleStays(rule, of); why != Goes && !j.usedBy(of, "", "") { // nobody used the role by it
			stays = why
		}
	}
	return "", stays
}
