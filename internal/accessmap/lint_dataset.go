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

// lintOverlaps finds datasets inside others. In the order of places what lies inside one comes right after it.
func (l *linter) lintOverlaps() {
	var ordered, around []dataPlace // around: from the outermost to the innermost
	for _, dataset := range l.Datasets {
		for _, location := range dataset.Locations {
			ordered = append(ordered, dataPlace{location, dataset})
		}
	}
	slices.SortFunc(ordered, func(a, b dataPlace) int { return cmp.Or(a.Compare(b.Location), a.of.at.compare(b.of.at)) })
	for _, inner := range ordered {
		for len(around) > 0 && !around[len(around)-1].Holds(inner.Location) {
			around = around[:len(around)-1]
		}
		if len(around) > 0 {
			l.overlap(inner, around[len(around)-1])
		}
		around = append(around, inner)
	}
}

// overlap tells of a dataset inside another. Rules by sensitivity go by the names that roles are granted, so one place with
// two sensitivities is held to either.
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
