package accessmap

import (
	"slices"
	"strings"
)

// maxNeighbours bounds how many places that begin alike are looked at for one root: many may.
const maxNeighbours = 1000

// lintRoots finds datasets whose names are told by another one's exact root: listing the prefix churn, without its slash, lists
// what begins with it, as churn-secret/, though nothing in it can be read. places are in their order.
func (l *linter) lintRoots(places []dataPlace) {
	for _, dataset := range l.Datasets {
		if !dataset.RootExact {
			continue
		}
		var told []string
		for _, own := range dataset.Locations {
			if own.Prefix != "" {
				told = append(told, l.neighbours(places, own, dataset)...)
			}
		}
		if told = set(told); len(told) > 0 {
			l.ofDataset(neighboursListable, dataset, "dataset %s has root: exact, so who may read it may list the names of what begins alike: %s",
				dataset.Name, firstOf(l.Labels(told)))
		}
	}
}

// neighbours are the datasets with a place that begins with another's prefix without its slash, and does not lie in it.
func (l *linter) neighbours(places []dataPlace, own Location, of *Dataset) (names []string) {
	root := Location{Bucket: own.Bucket, Prefix: strings.TrimSuffix(own.Prefix, "/")}
	at := func(target Location) int {
		i, _ := slices.BinarySearchFunc(places, target, func(p dataPlace, t Location) int { return p.Compare(t) })
		return i
	}
	behind := at(Location{Bucket: root.Bucket, Prefix: root.Prefix + string(rune('/'+1))}) // of what lies in it
	for i := at(root); i < len(places) && len(names) < maxNeighbours; i++ {
		if own.Holds(places[i].Location) {
			i = behind - 1
			continue
		}
		if places[i].Bucket != root.Bucket || !strings.HasPrefix(places[i].Prefix, root.Prefix) {
			break
		}
		if places[i].of != of {
			names = append(names, places[i].of.Name)
		}
	}
	return names
}

// lintDenials finds what one dataset of a role denies and another one grants: the denial wins, which the grant does not show.
func (l *linter) lintDenials(role *Role, e *Effective) {
	for _, name := range e.Datasets() {
		for _, denied := range l.Datasets[name].Deny {
			for _, other := range e.Datasets() {
				if l.matched++; l.matched > maxMatched {
					return
				}
				meets := func(own Location) bool { return own.Meets(denied) }
				if other != name && slices.ContainsFunc(l.Datasets[other].Locations, meets) {
					l.ofRole(deniedElsewhere, role, "role %s: dataset %s denies %s, and so takes it from dataset %s too",
						role.Name, name, denied, other)
				}
			}
		}
	}
}
