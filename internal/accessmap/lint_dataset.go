package accessmap

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

func (l *linter) lintDatasets(used map[string]bool) {
	for name, dataset := range l.Datasets {
		if !used[name] {
			l.ofDataset(datasetUnused, dataset, "no role reads, writes or deletes dataset %s", name)
		}
	}
}

// lintOverlaps finds datasets inside others. In the order of locations what lies inside a dataset comes right after it.
func (l *linter) lintOverlaps() {
	ordered := slices.SortedFunc(maps.Values(l.Datasets), func(a, b *Dataset) int {
		return cmp.Or(cmp.Compare(a.Location(), b.Location()), a.at.compare(b.at))
	})
	var around []*Dataset // from the outermost to the innermost
	for _, dataset := range ordered {
		for len(around) > 0 && !strings.HasPrefix(dataset.Location(), around[len(around)-1].Location()) {
			around = around[:len(around)-1]
		}
		if len(around) > 0 {
			l.overlap(dataset, around[len(around)-1])
		}
		around = append(around, dataset)
	}
}

// overlap tells of a dataset inside another. Rules by sensitivity go by the names that roles are granted, so one place with
// two sensitivities is held to either.
func (l *linter) overlap(inner, outer *Dataset) {
	if inner.Sensitivity == outer.Sensitivity {
		l.ofDataset(datasetsOverlap, inner, "dataset %s (%s) lies inside dataset %s (%s), whose grants reach it too",
			inner.Name, inner.Location(), outer.Name, outer.Location())
		return
	}
	l.ofDataset(overlapSensitive, inner, "dataset %s (%s, %s) lies inside dataset %s (%s, %s), whose grants reach it too: one place has two sensitivities",
		inner.Name, inner.Location(), cmp.Or(inner.Sensitivity, "of no sensitivity"),
		outer.Name, outer.Location(), cmp.Or(outer.Sensitivity, "of no sensitivity"))
}
