package accessmap_test

import (
	"slices"
	"time"
)

// parts are worlds with one thing less.
func (w world) parts() []world {
	var parts []world
	for i, r := range w.roles {
		inherited := slices.ContainsFunc(w.roles, func(other role) bool { return slices.Contains(other.inherits, r.name) })
		if !inherited && len(w.roles) > 1 {
			parts = append(parts, world{w.datasets, slices.Delete(slices.Clone(w.roles), i, i+1)})
		}
		if !r.until.IsZero() {
			less := slices.Clone(w.roles)
			less[i].until = time.Time{}
			parts = append(parts, world{w.datasets, less})
		}
		for j := range r.statements {
			less := slices.Clone(w.roles)
			less[i].statements = slices.Delete(slices.Clone(r.statements), j, j+1)
			parts = append(parts, world{w.datasets, less})
		}
		for _, list := range []func(*role) *[]string{
			func(r *role) *[]string { return &r.inherits },
			func(r *role) *[]string { return &r.read },
			func(r *role) *[]string { return &r.write },
			func(r *role) *[]string { return &r.readwrite },
			func(r *role) *[]string { return &r.delete },
		} {
			for j := range *list(&r) {
				less := slices.Clone(w.roles)
				*list(&less[i]) = slices.Delete(slices.Clone(*list(&r)), j, j+1)
				parts = append(parts, world{w.datasets, less})
			}
		}
	}
	for i, d := range w.datasets {
		used := slices.ContainsFunc(w.roles, func(r role) bool { return slices.Contains(w.datasetsOf(r), d.name) })
		if !used {
			parts = append(parts, world{slices.Delete(slices.Clone(w.datasets), i, i+1), w.roles})
		}
		for _, part := range d.parts() {
			less := slices.Clone(w.datasets)
			less[i] = part
			parts = append(parts, world{less, w.roles})
		}
	}
	return parts
}

// parts are datasets with one thing less, which are still what a map may have.
func (d dataset) parts() []dataset {
	var parts []dataset
	with := func(change func(*dataset)) {
		part := d
		change(&part)
		parts = append(parts, part)
	}
	if d.key != "" {
		with(func(part *dataset) { part.key = "" })
	}
	if d.root {
		with(func(part *dataset) { part.root = false })
	}
	for i := range d.deny {
		with(func(part *dataset) { part.deny = slices.Delete(slices.Clone(d.deny), i, i+1) })
	}
	for i := range d.places {
		if len(d.places) > 1 && len(d.deny) == 0 && !d.root {
			with(func(part *dataset) { part.places = slices.Delete(slices.Clone(d.places), i, i+1) })
		}
	}
	return parts
}
