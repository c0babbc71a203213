// Package request works out how a person comes to a role, or to data, that an access map does not give them.
//
// In come the bytes of a map, what is wanted, and what is known of who wants it. Out come the ways to it: first those that
// leave the map as it is, then the smallest changes of it, each with the patch of the very file and what it does in words,
// those first that bring the least besides. A patch puts text in and takes none out, but for the end of a rule that has
// ended, which it moves; it is offered only if the file that comes of it parses, has no error that it did not have, and gives
// exactly what was asked. The other way round, grants are taken out by a patch that takes nothing else, and gives nobody more.
// Nothing is asked of a network, nothing is written, and no patch shows a client secret.
package request

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Ask is what is wanted: a role, or actions on a dataset.
type Ask struct {
	Role    string
	Dataset string
	Actions []string
	// By is who asks, by each identity that they are known through; nil for nobody in particular.
	By []Holder
	// Only is the one identity to look at; "" for all.
	Only string
	// Now is when it is asked: rules that have ended give nothing.
	Now time.Time
	// Until and Reason are put into a rule that gives a role; zero and "" for none. With an end, no change is offered that has none.
	Until  time.Time
	Reason string
	// File is what the map is called in patches: a path with slashes, relative to where a patch is applied.
	File string
}

// Holder is a person at an identity of the map.
type Holder struct {
	Identity string
	Claims   accessmap.Claims
}

// Answer is how it is to be had.
type Answer struct {
	Has  []accessmap.Grant // roles that the asker may take already and that do what is wanted
	Ways []Way             // the best first; those that leave the map as it is before all others
	More int               // memberships beyond those of Ways
	// Endless is the best change where there is none with the end that was asked for: of what a role may do, which can't end; nil for none.
	Endless *Way
}

// Kind is a kind of way.
type Kind string

// The kinds.
const (
	Membership Kind = "membership" // a rule of the map gives it; who asks needs the group, claims or assignment
	Rule       Kind = "rule"       // a changed map gives the role to one of their groups
	Grant      Kind = "grant"      // a changed map lets a role that they may take do it
)

// Way is one way to what was asked.
type Way struct {
	Kind     Kind
	Role     string // that is taken then
	Identity string // through which; "" for a Grant
	// Needs says what a rule asks for, and Group is the group that it is or that a changed map gives the role to; "" where that is
	// not the name of one.
	Needs, Group string
	Besides      Besides
	// Others is who else gets something by a changed map, in words.
	Others []string
	// Ended is when the rule ended that gave the role, and that the change extends; zero where there is none.
	Ended time.Time
	// Patch is the change as a unified diff of the file; "" for a Membership, and where the file is written in a way that it is not
	// edited in. Changes says what it does.
	Patch   string
	Changes []accessmap.Change

	edits []edit
}

// Adds are the actions that a Grant lets the role do which it may not do yet; none for other ways.
func (w Way) Adds() []string {
	var actions []string
	for _, e := range w.edits {
		if w.Kind == Grant {
			actions = append(actions, e.key)
		}
	}
	return actions
}

const (
	maxPatches = 3  // that are worked out: each is a whole map parsed and compared
	maxWays    = 10 // memberships that are returned
	// maxRoles bounds the roles that a change is thought of for, and maxOthers those who are named of each.
	maxRoles, maxOthers = 200, 100
)

// Work answers what is asked of a map and the bytes that it was parsed of. The role or dataset must be one of the map's. An error
// means that the bytes are of no map.
func Work(m *accessmap.Map, data []byte, ask Ask) (*Answer, error) {
	w := &worker{Map: m, Ask: ask}
	w.has()
	w.index()
	a := &Answer{Has: w.given()}
	if len(a.Has) > 0 {
		return a, nil
	}
	a.Ways, a.More = w.memberships()
	changes, endless := w.changes(), []Way(nil)
	if len(a.Ways)+len(changes) == 0 && w.Dataset != "" && !w.Until.IsZero() {
		endless = w.grantChanges()
	}
	if len(changes)+len(endless) == 0 {
		return a, nil
	}
	doc, err := newDocument(data)
	if err != nil {
		return nil, err
	}
	a.Ways = append(a.Ways, w.settled(doc, changes, maxPatches)...)
	if best := w.settled(doc, endless, 1); len(best) > 0 {
		a.Endless = &best[0]
	}
	return a, nil
}

// settled are the first of some changes that do, the least first.
func (w *worker) settled(doc *document, changes []Way, most int) []Way {
	slices.SortStableFunc(changes, func(a, b Way) int {
		return cmp.Or(a.Besides.compare(b.Besides), len(a.Others)-len(b.Others), cmp.Compare(a.Role, b.Role))
	})
	var ways []Way
	for _, way := range changes {
		if len(ways) < most && w.settle(doc, &way) {
			ways = append(ways, way)
		}
	}
	return ways
}

// worker answers one question.
type worker struct {
	*accessmap.Map
	Ask

	roles map[string]bool // that who asks may take
	own   map[pair]bool   // what they may do with these
	works map[string]bool // workspaces that these work in
	rules map[string][]rule
	heirs map[string][]string // role to those that inherit from it directly
	had   map[string]bool     // errors that the map has already; nil until they are asked for
}

// has works out what who asks may take and do.
func (w *worker) has() {
	w.roles, w.own, w.works = make(map[string]bool), make(map[pair]bool), make(map[string]bool)
	for _, by := range w.By {
		for _, grant := range w.RolesFor(by.Identity, by.Claims, w.Now) {
			e, err := w.Effective(grant.Role)
			if err != nil || w.roles[grant.Role] {
				continue
			}
			w.roles[grant.Role] = true
			for _, p := range pairs(e) {
				w.own[p] = true
			}
			for _, place := range e.Workplaces {
				w.works[place.Name] = true
			}
		}
	}
}

// does reports whether a role is what is wanted, or may do that.
func (w *worker) does(m *accessmap.Map, role string) bool {
	if w.Role != "" {
		return role == w.Role
	}
	e, err := m.Effective(role)
	if err != nil || !e.AtAWS {
		return false
	}
	return !slices.ContainsFunc(w.Actions, func(action string) bool { return !e.May(action, w.Dataset) })
}

// given are the roles that who asks may take and that do what is wanted.
func (w *worker) given() []accessmap.Grant {
	var found []accessmap.Grant
	for _, by := range w.By {
		for _, grant := range w.RolesFor(by.Identity, by.Claims, w.Now) {
			if w.does(w.Map, grant.Role) {
				found = append(found, grant)
			}
		}
	}
	return found
}

// identities are those to look at: the one that was named, else those that who asks is known through; none for all.
func (w *worker) identities() map[string]bool {
	at := make(map[string]bool)
	if w.Only != "" {
		at[w.Only] = true
		return at
	}
	for _, by := range w.By {
		at[by.Identity] = true
	}
	return at
}

// Find says which of a name is meant: a role, or a dataset if actions are asked for or there is no role of that name. An unknown
// name is a *ui.Error with the code NoSuchRole, actions on a role one with the code Usage.
func Find(m *accessmap.Map, name string, actions []string) (ask Ask, err error) {
	role, dataset := m.Roles[name] != nil, m.Datasets[name] != nil
	switch {
	case role && len(actions) == 0:
		return Ask{Role: name}, nil
	case dataset:
		if len(actions) == 0 {
			actions = []string{accessmap.Read}
		}
		return Ask{Dataset: name, Actions: actions}, nil
	case role:
		return Ask{}, ui.Errorf("action-without-dataset", ui.Usage, "--action is about a dataset, and %s is a role", name).
			With(ui.Command("dbxaccess map request " + name))
	}
	unknown := ui.Errorf("request-unknown", ui.NoSuchRole, "the access map has neither a role nor a dataset %s", ui.Named(ui.Cut(name, 80)))
	near := cmp.Or(ui.Nearest(name, maps.Keys(m.Roles)), ui.Nearest(name, maps.Keys(m.Datasets)))
	if near != "" {
		return Ask{}, unknown.With(ui.Command("dbxaccess map request " + near))
	}
	return Ask{}, unknown.With(ui.Command("dbxaccess map show"))
}
