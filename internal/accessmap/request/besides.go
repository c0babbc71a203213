package request

import (
	"cmp"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
)

// Besides is what comes to who asks together with what they asked for.
type Besides struct {
	Grants       []string // as in "write churn (confidential)", by name of the dataset
	Sensitivity  string   // the highest among these; "" for none
	Workspaces   []string // names
	Unrestricted bool     // the role has no session policy, so it does all that stands behind it at AWS
	Managed      int      // managed policies that the role is sent with: only AWS knows what they allow
	Actions      []string // of its statements, sorted
}

// compare orders what comes along, the least first.
func (b Besides) compare(c Besides) int {
	return cmp.Or(
		boolean(b.Unrestricted)-boolean(c.Unrestricted), boolean(b.Managed > 0)-boolean(c.Managed > 0), accessmap.Rank(b.Sensitivity)-accessmap.Rank(c.Sensitivity),
		len(b.Grants)+len(b.Workspaces)+len(b.Actions)-len(c.Grants)-len(c.Workspaces)-len(c.Actions),
	)
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

// pair is something that may be done with a dataset.
type pair struct{ dataset, action string }

func pairs(e *accessmap.Effective) []pair {
	var all []pair
	for _, verb := range accessmap.Verbs() {
		for _, dataset := range e.On(verb) {
			all = append(all, pair{dataset, verb})
		}
	}
	return all
}

// besides is what a role brings to who asks, besides what they have and what they asked for.
func (w *worker) besides(role string) Besides {
	e, err := w.Effective(role)
	if err != nil {
		return Besides{}
	}
	var b Besides
	for _, p := range pairs(e) {
		if w.own[p] || w.Role == "" && p.dataset == w.Dataset && slices.Contains(w.Actions, p.action) {
			continue
		}
		sensitivity := w.Datasets[p.dataset].Sensitivity
		b.Grants = append(b.Grants, p.action+" "+w.Label(p.dataset))
		if accessmap.Rank(sensitivity) > accessmap.Rank(b.Sensitivity) {
			b.Sensitivity = sensitivity
		}
	}
	for _, place := range e.Workplaces {
		if !w.works[place.Name] {
			b.Workspaces = append(b.Workspaces, place.Name)
		}
	}
	b.Unrestricted, b.Managed = e.Unbounded(), len(e.ManagedPolicies)
	for _, s := range e.Statements {
		b.Actions = append(b.Actions, s.Actions...)
	}
	slices.Sort(b.Actions)
	b.Actions = slices.Compact(b.Actions)
	return b
}
