package accessmap

import (
	"maps"
	"slices"

	"go.yaml.in/yaml/v3"
)

// acknowledgeForm is warnings, by ID, that the author of the map has seen and means.
var acknowledgeForm = &form{
	ref: "acknowledge",
	keys: &form{
		words: func() []string { return slices.Collect(acknowledgeable()) },
		wrong: "is no ID of a warning, which map check shows in brackets",
	},
	each:   reasonForm,
	schema: schema{MinProperties: 1},
}

const aboutAcknowledge = "Warnings of map check that are meant, by ID, each with the reason: those about this, or at the top of the map all of them."

// acknowledgement says that warnings of one kind about one thing are meant.
type acknowledgement struct {
	reason string
	at     position
}

// acknowledgements are those of a map.
type acknowledgements map[concern]map[LintID]acknowledgement

// acknowledge reads what the map says about the warnings about one thing.
func (v value) acknowledge(about concern) {
	list := make(map[LintID]acknowledgement)
	ok := v.entries(func(id string, key, node *yaml.Node) {
		list[LintID(id)] = acknowledgement{v.of("acknowledge "+shown(id), node).text(), place(key)}
	})
	if ok && len(list) == 0 {
		v.wrong("there is none")
	}
	v.acknowledged[about] = list
}

// apply puts the reasons to the warnings that are acknowledged, about what they are about or in the whole map, and adds a
// warning for each acknowledgement that nothing was found for.
func (a acknowledgements) apply(w *warnings) {
	type entry struct {
		about concern
		id    LintID
	}
	met := make(map[entry]bool)
	for i, warning := range w.list {
		for _, about := range []concern{{part: partMap}, warning.about} { // the nearer reason wins
			if said, ok := a[about][warning.ID]; ok {
				w.list[i].Reason = said.reason
				met[entry{about, warning.ID}] = true
			}
		}
	}
	for about, list := range a {
		for id, said := range list {
			if !met[entry{about, id}] {
				w.warn(acknowledgedInVain, about, said.at, "%s acknowledges %s, and there is no such warning about it", about, id)
			}
		}
	}
}

// acknowledged compares what is acknowledged. It gives and takes nothing.
func (c *comparison) acknowledged() {
	for _, about := range slices.SortedFunc(maps.Keys(merged(c.old.acknowledged, c.next.acknowledged)), concern.compare) {
		before, after := c.old.acknowledged[about], c.next.acknowledged[about]
		for _, id := range slices.Sorted(maps.Keys(merged(before, after))) {
			c.value(Differs, AboutMap, about.String(), "acknowledgement of "+string(id), before[id].reason, after[id].reason)
		}
	}
}

// merged has the keys of both.
func merged[K comparable, V any](a, b map[K]V) map[K]V {
	both := maps.Clone(b)
	if both == nil {
		both = make(map[K]V, len(a))
	}
	maps.Copy(both, a)
	return both
}
