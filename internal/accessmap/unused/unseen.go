package unused

import (
	"fmt"
	"maps"
	"slices"
)

// Unseen is something that could not be seen.
type Unseen struct {
	ID   string `json:"id"` // span, one-machine, no-data, unjoined, record-damaged, other-map, no-events, pattern or jobs
	Text string `json:"text"`
}

// unseen says what the trace could not show, the widest first.
func (j *byTrace) unseen() []Unseen {
	first, last := j.trace.Span()
	list := []Unseen{{"span", "the log tells of no access to data"}}
	if !first.IsZero() {
		list[0].Text = fmt.Sprintf("accesses before %s and after %s; what is needed once a quarter or a year may not be among them, and a grant may be newer",
			first.Format("2006-01-02"), last.Format("2006-01-02"))
	}
	add := func(id, form string, args ...any) { list = append(list, Unseen{id, fmt.Sprintf(form, args...)}) }
	var unjoined int64
	for _, n := range j.trace.NotJoined {
		unjoined += n.Accesses
	}
	if unjoined > 0 {
		add("unjoined", "who made %d of %d accesses to data", unjoined, j.trace.Accesses)
	}
	if j.trace.Damaged > 0 {
		list = append(list, damaged(j.trace.Damaged))
	}
	if len(j.foreign) > 0 {
		add("other-map", "which grants of this map %d grants of the trace are, whose role or dataset it does not have: was it made with another map?", len(j.foreign))
	}
	silent := map[string][]string{}
	for name, buckets := range j.spread {
		for _, bucket := range buckets {
			if kinds := j.logged[bucket]; !kinds[0] || !kinds[1] {
				silent[bucket] = append(silent[bucket], name)
			}
		}
	}
	for _, bucket := range slices.Sorted(maps.Keys(silent)) {
		kinds := []string{"reads", "writes and deletions"}
		switch had := j.logged[bucket]; {
		case had[0]:
			kinds = kinds[1:]
		case had[1]:
			kinds = kinds[:1]
		}
		for _, kind := range kinds {
			add("no-events", "%s in the bucket %s, of which the log has none: data events may be off there", kind, bucket)
		}
	}
	return append(list, j.ofMap()...)
}

// damaged is that lines of the record can't be read, or were changed.
func damaged(lines int64) Unseen {
	return Unseen{"record-damaged", fmt.Sprintf("lines of the record that can't be read or were changed after they were written: %d", lines)}
}

// ofMap says what can't be seen of a map, whatever tells what was used.
func (w *world) ofMap() (list []Unseen) {
	for rule, of := range w.given {
		if rule.IsPattern() && !rule.Workload {
			list = append(list, Unseen{"pattern", fmt.Sprintf("who in identity %s has a role by %s: a rule for groups that the map does not name stays", of.Identity, rule.Who())})
		}
	}
	list = slices.Compact(list)
	for _, role := range slices.Sorted(maps.Keys(w.jobs)) {
		list = append(list, Unseen{"jobs", fmt.Sprintf("what jobs and compute do with the role %s, where their record is not among those that were read", role)})
	}
	return list
}
