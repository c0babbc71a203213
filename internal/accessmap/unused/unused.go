// Package unused finds the grants of an access map that nobody made use of.
//
// In come a map and what was seen: a trace of the clouds' logs, or what one machine's record tells was issued. Out come the
// grants that nobody used, each with whether it can go and why not, and what could not be seen. It must never call a grant
// unused that might have been used unseen: where the log, the record or the map leave a doubt, the grant stays.
package unused

import (
	"maps"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Stays is why a grant that nobody was seen to use is not taken away; Goes is none.
type Stays string

// Why grants stay. Their names are a contract.
const (
	Goes          Stays = ""
	Shared        Stays = "used-by-others"     // another group or role uses the same line of the map
	NoEvents      Stays = "no-events"          // nothing of the kind is in the log for that bucket, so such events may not be logged
	Unjoined      Stays = "unjoined"           // accesses of this kind to the dataset are known of which nobody knows by which role
	Pattern       Stays = "pattern"            // the rule is for groups that the map does not name
	Jobs          Stays = "jobs"               // jobs or compute take the role, whose record may be elsewhere
	MoreThanData  Stays = "more-than-data"     // the role gives more than datasets, of which the log tells nothing
	OnlyNarrowing Stays = "only-narrowing"     // without its last dataset, nothing would narrow the role at AWS
	Denies        Stays = "denies"             // the dataset denies places to the role, which would be open without it
	LeftOut       Stays = "record-damaged"     // lines of the record were left out, which may tell of it
	NotHeldHere   Stays = "not-held-here"      // nobody who signed in on this machine has the role by that group
	NotEditable   Stays = "left-to-the-editor" // the file is written in a way that is not edited, or the map would give more
)

// Words say what keeps a grant.
func (s Stays) Words() string {
	return map[Stays]string{
		Shared: "others use the same line", NoEvents: "the log may not have such events", Unjoined: "some such accesses are nobody's",
		Pattern: "the rule is a pattern", Jobs: "jobs take the role", MoreThanData: "the role gives more than data",
		OnlyNarrowing: "nothing else narrows the role", Denies: "the dataset also denies", NotHeldHere: "nobody here has it", LeftOut: "lines of the record were left out",
		NotEditable: "left to an editor",
	}[s]
}

// Grant is what a group is given by a role: one action on one dataset, or the role as such where what was seen tells no more.
type Grant struct {
	Identity string   `json:"identity"`
	Group    string   `json:"group"`
	Role     string   `json:"role"`
	Dataset  string   `json:"dataset,omitempty"`
	Verb     string   `json:"verb,omitempty"`
	StandsAt []string `json:"stands_at,omitempty"` // roles whose own lists have it: the role, or those that it inherits from
	Goes     string   `json:"goes,omitempty"`      // rule or grant: what the patch takes away; "" for nothing
	Stays    Stays    `json:"stays,omitempty"`     // why it does not
}

// What a patch takes away.
const (
	GoesByRule  = "rule"  // the role, of the group's list
	GoesByGrant = "grant" // the dataset, of a role's list
)

// Rule is a role in a group's list.
type Rule struct{ Identity, Group, Role string }

// Line is a dataset in a role's list.
type Line struct{ Role, Dataset, Verb string }

// Answer is what was found.
type Answer struct {
	Unused []Grant // by identity, group, role, dataset and verb
	Rules  []Rule  // that can go
	Lines  []Line
}

// world is a map, as it is asked here.
type world struct {
	*accessmap.Map
	rules  []accessmap.Rule
	heirs  map[string][]string // role to itself and all that inherit from it
	jobs   map[string]bool     // roles that jobs or compute take
	behind map[string]bool     // roles through which others are assumed
	now    time.Time
}

func worldOf(m *accessmap.Map, now time.Time) *world {
	w := &world{Map: m, rules: m.Rules(), heirs: map[string][]string{}, behind: map[string]bool{}, now: now}
	_, w.jobs = m.Takers(now)
	for _, name := range slices.Sorted(maps.Keys(m.Roles)) {
		for _, ancestor := range m.Lineage(name) {
			w.heirs[ancestor.Name] = append(w.heirs[ancestor.Name], name)
		}
		r := m.Roles[name]
		if r.InstanceProfile != "" || r.StorageCredential != nil || r.ServiceCredential != nil {
			w.jobs[name] = true
		}
		if r.AWS != nil && r.AWS.Via != "" {
			w.behind[r.AWS.Via] = true
		}
	}
	return w
}

// given iterates over the roles that groups are given and that have not ended.
func (w *world) given(yield func(rule *accessmap.Rule, of Rule) bool) {
	for i := range w.rules {
		rule := &w.rules[i]
		if rule.Group == "" {
			continue
		}
		for _, g := range rule.Gives {
			if !g.Ended(w.now) && !yield(rule, Rule{rule.Identity, rule.Group, g.Role}) {
				return
			}
		}
	}
}

// same reports whether a name that was written down, cleaned, is one of the map.
func same(written, name string) bool { return written == ui.Clean(name) }

// KeepRule says that a rule stays which the file's editor could not take out.
func (a *Answer) KeepRule(r Rule) {
	a.keep(func(g *Grant) bool {
		return g.Goes == GoesByRule && Rule{g.Identity, g.Group, g.Role} == r
	})
}

// KeepLine says that of a line.
func (a *Answer) KeepLine(l Line) {
	a.keep(func(g *Grant) bool {
		return g.Goes == GoesByGrant && g.Dataset == l.Dataset && g.Verb == l.Verb && slices.Contains(g.StandsAt, l.Role)
	})
}

func (a *Answer) keep(which func(g *Grant) bool) {
	for i := range a.Unused {
		if g := &a.Unused[i]; which(g) {
			g.Goes, g.Stays = "", NotEditable
		}
	}
}
