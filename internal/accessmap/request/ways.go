package request

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// rule is one of the map's that gives a role.
type rule struct {
	identity string
	words    string // what it asks for
	group    string // that this is; "" where it is not the name of one
	people   bool   // have the identity, and not jobs
}

// index notes the rules and the heirs of each role.
func (w *worker) index() {
	w.rules, w.heirs = make(map[string][]rule), make(map[string][]string)
	add := func(list []accessmap.Given, r rule) {
		for _, given := range list {
			if !given.Ended(w.Now) {
				w.rules[given.Role] = append(w.rules[given.Role], r)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(w.Identities)) {
		i := w.Identities[name]
		people := i.Method().SignsIn()
		for _, group := range slices.Sorted(maps.Keys(i.Groups)) {
			if accessmap.Exactly(group) == group {
				add(i.Groups[group], rule{name, "the group " + ui.Named(group), group, people})
			} else {
				add(i.Groups[group], rule{name, "a group matching " + ui.Named(group), "", people})
			}
		}
		for _, r := range i.Claims {
			add(r.Roles, rule{name, claimWords(r), "", people})
		}
		for _, given := range i.Roles {
			if hops, err := w.Chain(given.Role, idp.IdentityCenter); err == nil {
				add([]accessmap.Given{given}, rule{name, fmt.Sprintf("the assignment of %s in account %s in IAM Identity Center", hops[0].RoleName, hops[0].AccountID), "", people})
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(w.Roles)) {
		for _, parent := range w.Roles[name].Inherits {
			w.heirs[parent] = append(w.heirs[parent], name)
		}
	}
}

// memberships are the rules that give a role that does what is wanted, as the map is: the first of them, and how many more.
func (w *worker) memberships() (ways []Way, more int) {
	at := w.identities()
	for _, role := range slices.Sorted(maps.Keys(w.Roles)) {
		if len(w.rules[role]) == 0 || !w.does(w.Map, role) {
			continue
		}
		besides := w.besides(role)
		for _, r := range w.rules[role] {
			if len(at) > 0 && !at[r.identity] || !w.fits(r, w.rules[role]) {
				continue
			}
			ways = append(ways, Way{Kind: Membership, Role: role, Identity: r.identity, Needs: r.words, Group: r.group, Besides: besides})
		}
	}
	slices.SortStableFunc(ways, func(a, b Way) int {
		return cmp.Or(a.Besides.compare(b.Besides), boolean(a.Group == "")-boolean(b.Group == ""))
	})
	more = max(len(ways)-maxWays, 0)
	return ways[:len(ways)-more], more
}

// fits reports whether a rule, one of those that give a role, is a way for who asks. Nobody in particular is taken for a person: a
// job's membership is none for them, unless its identity was named, or the role was, and jobs alone are given it.
func (w *worker) fits(r rule, all []rule) bool {
	return len(w.By) > 0 || w.Only != "" || r.people || w.Role != "" && !slices.ContainsFunc(all, func(r rule) bool { return r.people })
}

func claimWords(r accessmap.ClaimRule) string {
	var parts []string
	for _, claim := range slices.Sorted(maps.Keys(r.Match)) {
		parts = append(parts, fmt.Sprintf("%s matching %s", ui.Clean(claim), ui.Named(r.Match[claim])))
	}
	return "a token with " + strings.Join(parts, " and ")
}

// changes are the changes of the map that might do, in no order. They are not worked out yet.
func (w *worker) changes() []Way {
	ways := w.ruleChanges()
	if w.Dataset != "" && w.Until.IsZero() {
		ways = append(ways, w.grantChanges()...)
	}
	return ways
}

// ruleChanges give a role that does what is wanted to a group of who asks, or offer it where Identity Center assigns its permission
// set.
func (w *worker) ruleChanges() []Way {
	var ways []Way
	for _, role := range slices.Sorted(maps.Keys(w.Roles)) {
		if !w.does(w.Map, role) {
			continue
		}
		besides := w.besides(role)
		for _, by := range w.By {
			identity := w.Identities[by.Identity]
			if identity == nil {
				continue
			}
			// What is given at another issuer alone is trusted to that one at AWS: of a job's role, say, people have no use.
			if w.Role == "" && len(w.rules[role]) > 0 && !w.Gives(by.Identity, role) {
				continue
			}
			if identity.Method() == idp.IdentityCenter {
				hops, err := w.Chain(role, idp.IdentityCenter)
				if err == nil && slices.Contains(by.Claims.Groups, hops[0].AccountID+"/"+hops[0].RoleName) {
					way := Way{
						Kind: Rule, Role: role, Identity: by.Identity, Needs: "an assignment that is there already", Besides: besides,
						Others: []string{fmt.Sprintf("all whom IAM Identity Center assigns %s in account %s", hops[0].RoleName, hops[0].AccountID)},
						edits:  []edit{{path: []string{"identities", by.Identity}, key: "roles", item: role, until: w.Until, reason: w.Reason}},
					}
					ways = append(ways, w.extended(way, identity.Roles))
				}
				continue
			}
			for _, group := range w.groups(identity, by.Claims.Groups) {
				rule := accessmap.Exactly(group)
				way := Way{
					Kind: Rule, Role: role, Identity: by.Identity, Needs: "the group " + ui.Named(group), Group: group, Besides: besides,
					Others: []string{"all members of the group " + ui.Named(group)},
					edits:  []edit{{path: []string{"identities", by.Identity, "groups"}, key: rule, item: role, until: w.Until, reason: w.Reason}},
				}
				ways = append(ways, w.extended(way, identity.Groups[rule]))
			}
		}
	}
	return ways
}

// extended is a change to a list that has the role already, and gave it until some day: the end is moved to the one that is asked for,
// else to the one that is proposed.
func (w *worker) extended(way Way, list []accessmap.Given) Way {
	if at := slices.IndexFunc(list, func(g accessmap.Given) bool { return g.Role == way.Role }); at >= 0 {
		way.Ended = list[at].Until
		way.edits[0].extend, way.edits[0].until = true, w.end(w.Map)
	}
	return way
}

// maxUnknown bounds the groups that no rule names: which of many is fit to be given something is the asker's to say.
const maxUnknown = 5

// groups are those of a person that a role might be given to: those that the map knows already, by the fewest roles, else their
// others if there are few.
func (w *worker) groups(identity *accessmap.Identity, of []string) []string {
	known, unknown := []string{}, []string{}
	for _, group := range slices.Compact(slices.Sorted(slices.Values(of))) {
		switch _, ok := identity.Groups[accessmap.Exactly(group)]; {
		case ok:
			known = append(known, group)
		case group != "" && ui.Clean(group) == group:
			unknown = append(unknown, group)
		}
	}
	slices.SortStableFunc(known, func(a, b string) int {
		return len(identity.Groups[accessmap.Exactly(a)]) - len(identity.Groups[accessmap.Exactly(b)])
	})
	if len(known) == 0 && len(unknown) <= maxUnknown {
		return unknown
	}
	return known
}

// grantChanges let a role that who asks may take do what is wanted. Where nobody in particular asks, it is one that may do
// something with the dataset already. A role without datasets is left alone: its first would take all others from it.
func (w *worker) grantChanges() []Way {
	var ways []Way
	for _, role := range slices.Sorted(maps.Keys(w.Roles)) {
		if len(w.By) > 0 && !w.roles[role] {
			continue
		}
		e, err := w.Effective(role)
		if err != nil || !e.AtAWS || len(e.Datasets()) == 0 || w.does(w.Map, role) {
			continue
		}
		if len(w.By) == 0 && (!slices.Contains(e.Datasets(), w.Dataset) || !w.serves(role)) {
			continue
		}
		if len(ways) == maxRoles {
			break
		}
		way := Way{Kind: Grant, Role: role}
		for _, action := range w.Actions {
			if !e.May(action, w.Dataset) {
				way.edits = append(way.edits, edit{path: []string{"roles", role}, key: action, item: w.Dataset, behind: append([]string{"readwrite"}, accessmap.Verbs()...)})
			}
		}
		way.Others = w.holders(role)
		ways = append(ways, way)
	}
	return ways
}

// holders says who may take a role or one that inherits it and can't do what is wanted yet.
func (w *worker) holders(role string) []string {
	var all []string
	for _, name := range w.withHeirs(role) {
		if w.does(w.Map, name) {
			continue
		}
		for _, r := range w.rules[name] {
			if len(all) == maxOthers {
				return append(all, "and more")
			}
			all = append(all, "all with "+r.words+" (role "+name+")")
		}
	}
	return all
}

// withHeirs are a role and all that inherit from it, the nearest first.
func (w *worker) withHeirs(role string) []string {
	all, seen := []string{role}, map[string]bool{role: true}
	for i := 0; i < len(all); i++ {
		for _, heir := range w.heirs[all[i]] {
			if !seen[heir] {
				seen[heir] = true
				all = append(all, heir)
			}
		}
	}
	return all
}

// serves reports whether a change of what a role may do can be a way for nobody in particular: some rule gives the role or an heir of
// it to people, or to the identity that was named. A role that no rule gives yet is left to who looks after the map.
func (w *worker) serves(role string) bool {
	rules := 0
	for _, name := range w.withHeirs(role) {
		for _, r := range w.rules[name] {
			if r.identity == w.Only || w.Only == "" && r.people {
				return true
			}
			rules++
		}
	}
	return rules == 0
}
