package answer

import (
	"cmp"
	"maps"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Way is how a role comes to a dataset.
type Way string

// The ways, from the plainest to the one that the map knows least about.
const (
	Direct       Way = "direct"       // the role names the dataset
	Inherited    Way = "inherited"    // a role that it inherits names it
	Around       Way = "around"       // it has a dataset that holds this one
	Inside       Way = "inside"       // it has a dataset of which a part is in this one
	Stated       Way = "statement"    // a statement of the role, written by hand, allows actions there
	Managed      Way = "managed"      // it has managed policies, of which only AWS knows what they allow
	Unrestricted Way = "unrestricted" // nothing narrows it: it may do all that its IAM role may
)

// Unknown reports a way of which only AWS knows whether it leads to the dataset.
func (w Way) Unknown() bool { return w == Managed || w == Unrestricted }

// Holder is one rule, with one role that it gives and one way by which that role comes to the dataset.
type Holder struct {
	Giver

	Role    string   `json:"role"`
	Actions []string `json:"actions"` // of read, write, delete; all three where only AWS knows
	Way     Way      `json:"way"`
	From    string   `json:"from_role,omitempty"`       // the role that names the dataset, where it is another
	Through string   `json:"through_dataset,omitempty"` // the dataset around or inside this one
	Except  []string `json:"except,omitempty"`          // places that the role is denied, as in s3://bucket/prefix/

	// Demands are what they have to do to be served the role whole; narrowed by --scope, it may take less.
	Demands *accessmap.Demands `json:"demands,omitempty"`

	Agents []AgentHold `json:"agents,omitempty"` // that may something of it where they work for them
}

// Holders is who may do what with a dataset. Its JSON is the contract of `map who -o json`.
type Holders struct {
	Dataset     string   `json:"dataset"`
	Sensitivity string   `json:"sensitivity,omitempty"`
	Locations   []string `json:"locations"`
	Holders     []Holder `json:"holders"`
	NotLookedAt []string `json:"not_looked_at"` // what else may let somebody at the dataset: see NotLookedAt
}

// NotLookedAt is what the map says nothing of and may let someone at a dataset all the same, by names that stay.
func NotLookedAt() []string {
	return []string{"bucket-policies", "access-points", "access-grants", "lake-formation", "unity-catalog", "other-iam-principals"}
}

// Label is the dataset with its sensitivity, as in "churn (confidential)".
func (h *Holders) Label() string { return accessmap.Label(h.Dataset, h.Sensitivity) }

// By says in words how the role comes to the dataset.
func (h *Holder) By() string {
	var text string
	switch h.Way {
	case Direct:
		text = "its own grant"
	case Inherited:
		text = "a grant"
	case Around:
		text = "dataset " + h.Through + ", which holds this one"
	case Inside:
		text = "dataset " + h.Through + ", which is partly in this one"
	case Stated:
		text = "a statement"
	case Managed:
		text = "managed policies"
	case Unrestricted:
		return "nothing narrows it"
	}
	if h.From != "" {
		text += ", inherited from " + h.From
	}
	return text + except(h.Except)
}

// Who lists everybody whom the map lets at a dataset: for each role at AWS that has it, whether by itself, by inheritance or by
// another dataset that has a place in common with it, each rule that gives the role; then the same for roles of which a statement allows
// something there, and for those of which only AWS knows what they may: by managed policies, or because nothing narrows them. action narrows the list to one verb; "" is all of them. What no rule gives,
// and what has ended, is left out: nobody can take it. So is what a role is denied.
//
// Errors are dataset-unknown with the code NoSuchRole, and map-answer-too-large.
func (x *Index) Who(dataset, action string) (*Holders, error) {
	d := x.m.Datasets[dataset]
	if d == nil {
		return nil, unknownDataset(x.m, dataset)
	}
	h := &Holders{Dataset: d.Name, Sensitivity: d.Sensitivity, Locations: texts(d.Locations), Holders: []Holder{}, NotLookedAt: NotLookedAt()}
	left := &budget{maxWork}
	denied, enough := x.exceptions(d, left)
	for _, other := range x.overlapping(d) {
		enough = enough && x.spread(other.Name, left, func(role, source string, actions []string) bool {
			except := denied[role]
			if !slices.ContainsFunc(common(other, d), func(place accessmap.Location) bool { return !covered(place, except) }) {
				return true
			}
			holder := Holder{Role: role, Actions: narrowed(actions, action), Except: texts(except)}
			holder.Way, holder.From, holder.Through = way(d, other, role, source)
			return h.add(x, holder, left)
		})
	}
	for _, name := range x.roles {
		enough = enough && x.beside(name, d, denied[name], left, func(holder Holder) bool {
			holder.Actions = narrowed(holder.Actions, action)
			return h.add(x, holder, left)
		})
	}
	if !enough {
		return nil, tooLarge("the answer")
	}
	for i, holder := range h.Holders {
		handling, err := x.asks(holder.Role)
		if err != nil {
			return nil, err
		}
		h.Holders[i].Demands = handling.Demands(x.m.Identities[holder.Identity])
		h.Holders[i].Agents = x.agentsOn(holder.Role, cmp.Or(holder.Through, d.Name), holder.Way, holder.Actions, handling)
	}
	slices.SortStableFunc(h.Holders, plainerFirst)
	return h, nil
}

// way tells how a role comes to a dataset by what one role, itself or another, may do with one dataset, that or another.
func way(d, named *accessmap.Dataset, role, source string) (way Way, from, through string) {
	if source != role {
		from = source
	}
	switch {
	case named == d && from == "":
		return Direct, "", ""
	case named == d:
		return Inherited, from, ""
	case holds(named, d):
		return Around, from, named.Name
	}
	return Inside, from, named.Name
}

// beside calls each for the ways by which a role comes to a dataset without a grant on one. It reports false where each did, or the
// budget is spent.
func (x *Index) beside(name string, d *accessmap.Dataset, denied []accessmap.Location, left *budget, each func(Holder) bool) bool {
	role := x.m.Roles[name]
	if role.AWS == nil || !left.spend(1) {
		return left.left >= 0
	}
	if x.m.Unbounded(name) {
		return each(Holder{Role: name, Actions: accessmap.Verbs(), Way: Unrestricted})
	}
	open := slices.DeleteFunc(slices.Clone(d.Locations), func(place accessmap.Location) bool { return covered(place, denied) })
	if len(open) == 0 {
		return true
	}
	if len(role.AWS.ManagedPolicies) > 0 && !each(Holder{Role: name, Actions: accessmap.Verbs(), Way: Managed, Except: texts(denied)}) {
		return false
	}
	for _, ancestor := range x.m.Lineage(name) {
		if !left.spend(1 + len(ancestor.Statements)) {
			return false
		}
		actions := stated(ancestor.Statements, open, left)
		if left.left < 0 {
			return false
		}
		if len(actions) == 0 {
			continue
		}
		holder := Holder{Role: name, Actions: actions, Way: Stated, Except: texts(denied)}
		if ancestor.Name != name {
			holder.From = ancestor.Name
		}
		if !each(holder) {
			return false
		}
	}
	return true
}

// add adds a holder for each rule that gives its role, and reports false where the budget is spent.
func (h *Holders) add(x *Index, holder Holder, left *budget) bool {
	if len(holder.Actions) == 0 {
		return true
	}
	for _, giver := range x.by[holder.Role] {
		if !left.spend(lineWork) {
			return false
		}
		holder.Giver = giver.shown()
		h.Holders = append(h.Holders, holder)
	}
	return true
}

// plainerFirst orders holders by way, where what is inherited stands with what is direct, then by role; the rules of one stay in
// the map's order.
func plainerFirst(a, b Holder) int {
	return cmp.Or(cmp.Compare(a.Way.rank(), b.Way.rank()), cmp.Compare(a.Role, b.Role), cmp.Compare(a.Way, b.Way),
		cmp.Compare(a.Through, b.Through), cmp.Compare(a.From, b.From))
}

// rank is where a way stands in the list.
func (w Way) rank() int {
	switch w {
	case Around:
		return 1
	case Inside:
		return 2
	case Stated:
		return 3
	case Managed:
		return 4
	case Unrestricted:
		return 5
	}
	return 0
}

// spread calls each for every role at AWS that has a dataset: with the role that names it, which is itself or the nearest of those it
// inherits, and what that one lets it do. It reports false where each did, or the budget is spent.
func (x *Index) spread(dataset string, left *budget, each func(role, source string, actions []string) bool) bool {
	type pair struct{ role, source string }
	found := make(map[pair][]string)
	for _, verb := range accessmap.Verbs() {
		queue := slices.Clone(x.named[verb][dataset])
		source := make(map[string]string, len(queue))
		for _, name := range queue {
			source[name] = name
		}
		for ; len(queue) > 0; queue = queue[1:] {
			name := queue[0]
			if !left.spend(1 + len(x.heirs[name])) {
				return false
			}
			if x.m.Roles[name].AWS != nil {
				found[pair{name, source[name]}] = append(found[pair{name, source[name]}], verb)
			}
			for _, heir := range x.heirs[name] {
				if source[heir] == "" {
					source[heir] = source[name]
					queue = append(queue, heir)
				}
			}
		}
	}
	for _, p := range slices.SortedFunc(maps.Keys(found), func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.role, b.role), cmp.Compare(a.source, b.source))
	}) {
		if !each(p.role, p.source, found[p]) {
			return false
		}
	}
	return true
}

// narrowed is what of the actions was asked for.
func narrowed(actions []string, to string) []string {
	switch {
	case to == "":
		return actions
	case slices.Contains(actions, to):
		return []string{to}
	}
	return nil
}

func unknownDataset(m *accessmap.Map, name string) error {
	unknown := ui.Errorf("dataset-unknown", ui.NoSuchRole, "the access map has no dataset %s", ui.Named(name))
	if near := ui.Nearest(name, maps.Keys(m.Datasets)); near != "" {
		return unknown.With(ui.Advice("did you mean: " + near))
	}
	return unknown.With(ui.Advice("the roles with their datasets:"), ui.Command("dbxaccess map show"))
}
