// Package answer answers what reviewers and auditors ask of an access map: who may do what with a dataset (Who), what every
// role is and who is given it (Show), whether one action at one place is allowed, and why or why not (Judge), and what people
// gain and lose by another version (Diff).
//
// In come maps, names, claims and the time; out come plain values whose JSON is a contract of the commands that print them.
// It asks no server and reads no file. An answer must never leave out a way by which a dataset is reached: what the map does
// not limit, as a role without a session policy, is said, and so is what a rule gives to everybody. What is too much to be
// answered is an error, never a shorter answer.
package answer

import (
	"maps"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Index is a map made ready for several questions at one time.
type Index struct {
	m        *accessmap.Map
	now      time.Time
	roles    []string // names, sorted
	datasets []string // likewise
	rules    []accessmap.Rule
	by       map[string][]giver             // role to the rules that give it, in the order of the rules
	heirs    map[string][]string            // role to those that inherit from it, by name
	named    map[string]map[string][]string // verb to dataset to the roles that name it themselves, by name
	agents   []agentRule                    // the map's, and last what holds for all others
	agent    string                         // for which Judge answers; "" for a person
	handling map[string]accessmap.Handling  // what the map's policy asks for a role's data, as far as it was looked up: see asks
}

// giver is one rule with when and why it gives a role.
type giver struct {
	rule  *accessmap.Rule
	given accessmap.Given
}

// New makes a map ready. now decides which rules have ended: those give nothing.
func New(m *accessmap.Map, now time.Time) *Index {
	x := &Index{
		m: m, now: now, roles: slices.Sorted(maps.Keys(m.Roles)), datasets: slices.Sorted(maps.Keys(m.Datasets)), rules: m.Rules(), by: make(map[string][]giver), heirs: make(map[string][]string),
		named: make(map[string]map[string][]string), handling: make(map[string]accessmap.Handling), agents: agentRules(m),
	}
	for _, verb := range accessmap.Verbs() {
		x.named[verb] = make(map[string][]string)
	}
	for n := range x.rules {
		rule := &x.rules[n]
		rule.Gives = slices.DeleteFunc(slices.Clone(rule.Gives), func(g accessmap.Given) bool { return g.Ended(now) })
		for _, given := range rule.Gives {
			x.by[given.Role] = append(x.by[given.Role], giver{rule, given})
		}
	}
	for _, name := range x.roles {
		role := m.Roles[name]
		for _, parent := range role.Inherits {
			x.heirs[parent] = append(x.heirs[parent], name)
		}
		for _, verb := range accessmap.Verbs() {
			for _, dataset := range role.On(verb) {
				x.named[verb][dataset] = append(x.named[verb][dataset], name)
			}
		}
	}
	return x
}

// asks is what the map's policy asks for the data of a role of the map.
func (x *Index) asks(role string) (accessmap.Handling, error) {
	if h, known := x.handling[role]; known {
		return h, nil
	}
	data, err := x.m.Sensitive(role, nil)
	if err == nil {
		x.handling[role] = data.Handling
	}
	return data.Handling, err
}

// Giver is a rule of the map that gives a role, as it is shown.
type Giver struct {
	Identity  string            `json:"identity"`
	Kind      string            `json:"kind"` // people or workload
	Who       string            `json:"who"`  // in words, one line, without control characters
	Group     string            `json:"group,omitempty"`
	Claims    map[string]string `json:"claims,omitempty"`
	Assigned  string            `json:"assignment,omitempty"`
	Everybody bool              `json:"everybody"`
	Until     *time.Time        `json:"ends_at,omitempty"`
	Reason    string            `json:"reason,omitempty"`
}

func (g giver) shown() Giver {
	r := g.rule
	s := Giver{
		Identity: r.Identity, Kind: "people", Who: r.Who(), Group: r.Group, Claims: r.Match, Assigned: r.Assigned,
		Everybody: r.Everybody, Reason: g.given.Reason,
	}
	if r.Workload {
		s.Kind = "workload"
	}
	if !g.given.Until.IsZero() {
		s.Until = &g.given.Until
	}
	return s
}

// Ends is when the rule stops giving the role, as a map has it; "" for never.
func (g *Giver) Ends() string {
	if g.Until == nil {
		return ""
	}
	return accessmap.Until(*g.Until)
}

// What an answer may take: an honest map with ten thousand roles is far below it, while a small hostile file can ask for billions.
const (
	maxWork  = 2_000_000 // steps, grants and comparisons
	lineWork = 10        // what a line of the answer counts for, as it takes memory too

	bytesPerStep = 64 // of a text that is put together or compared
)

// budget is what is left of maxWork.
type budget struct{ left int }

// spend reports whether there was enough.
func (b *budget) spend(n int) bool {
	b.left -= n
	return b.left >= 0
}

// textWork is what a text of so many bytes counts for.
func textWork(length int) int { return 1 + length/bytesPerStep }

func tooLarge(what string) error {
	return ui.Errorf("map-answer-too-large", ui.Failed, "%s is too large to be told at once", what).
		With(ui.Advice("ask about single roles or datasets"))
}
