package accessmap

import (
	"cmp"
	"slices"
)

func (l *linter) lintDatasets(used map[string]bool) {
	for name, dataset := range l.Datasets {
		if !used[name] {
			l.ofDataset(datasetUnused, dataset, "no role reads, writes or deletes dataset %s", name)
		}
	}
}

// dataPlace is one of the places of a dataset.
type dataPlace struct {
	Location
	of *Dataset
}

// places are those of all datasets, ordered so that what lies inside one comes right after it.
func (m *Map) places() []dataPlace {
	var places []dataPlace
	for _, dataset := range m.Datasets {
		for _, location := range dataset.Locations {
			places = append(places, dataPlace{location, dataset})
		}
	}
	slices.SortFunc(places, func(a, b dataPlace) int { return cmp.Or(a.Compare(b.Location), a.of.at.compare(b.of.at)) })
	return places
}

// lintOverlaps finds datasets inside others that do not deny the place.
func (l *linter) lintOverlaps(places []dataPlace) {
	var around []dataPlace // from the outermost to the innermost
	for _, inner := range places {
		for len(around) > 0 && !around[len(around)-1].Holds(inner.Location) {
			around = around[:len(around)-1]
		}
		for _, outer := range slices.Backward(around) {
			if !slices.ContainsFunc(outer.of.Deny, func(denied Location) bool { return denied.Holds(inner.Location) }) {
				l.overlap(inner, outer)
				break
			}
		}
		around = append(around, inner)
	}
}

// overlap tells of a dataset inside another. Rules by sensitivity go by all that a grant reaches, so the roles of the outer one are
// held to those of the inner: see Dataset.reached. Who reads the map does not see that at the role.
func (l *linter) overlap(inner, outer dataPlace) {
	if inner.of.Sensitivity == outer.of.Sensitivity {
		l.ofDataset(datasetsOverlap, inner.of, "dataset %s (%s) lies inside dataset %s (%s), whose grants reach it too",
			inner.of.Name, inner.Location, outer.of.Name, outer.Location)
		return
	}
	l.ofDataset(overlapSensitive, inner.of, "dataset %s (%s, %s) lies inside dataset %s (%s, %s), whose grants reach it too: one place has two sensitivities",
		inner.of.Name, inner.Location, cmp.Or(inner.of.Sensitivity, "of no sensitivity"),
		outer.of.Name, outer.Location, cmp.Or(outer.of.Sensitivity, "of no sensitivity"))
}
