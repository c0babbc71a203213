package answer

import (
	"cmp"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
)

// covered reports whether a place lies in one of several.
func covered(place accessmap.Location, by []accessmap.Location) bool {
	return slices.ContainsFunc(by, func(outer accessmap.Location) bool { return outer.Holds(place) })
}

// texts are places as addresses, s3://bucket/prefix/.
func texts(places []accessmap.Location) []string {
	list := make([]string, len(places))
	for i, place := range places {
		list[i] = place.String()
	}
	return list
}

// overlapping are the datasets that have anything in common with one: itself first, then the others by name.
func (x *Index) overlapping(d *accessmap.Dataset) []*accessmap.Dataset {
	list := []*accessmap.Dataset{d}
	for _, name := range x.datasets {
		other := x.m.Datasets[name]
		if other != d && len(common(other, d)) > 0 {
			list = append(list, other)
		}
	}
	return list
}

// common are the places that two datasets have in common: the inner one of each two that meet.
func common(a, b *accessmap.Dataset) []accessmap.Location {
	var places []accessmap.Location
	for _, one := range a.Locations {
		for _, other := range b.Locations {
			switch {
			case other.Holds(one):
				places = append(places, one)
			case one.Holds(other):
				places = append(places, other)
			}
		}
	}
	return places
}

// holds reports whether a dataset holds all of another.
func holds(outer, inner *accessmap.Dataset) bool {
	return !slices.ContainsFunc(inner.Locations, func(place accessmap.Location) bool { return !outer.Holds(place) })
}

// exceptions are the places in a dataset that roles are denied, by role: what any of a role's datasets denies, wins for all of
// the role.
func (x *Index) exceptions(d *accessmap.Dataset, left *budget) (map[string][]accessmap.Location, bool) {
	denied := make(map[string][]accessmap.Location)
	for _, name := range x.datasets {
		var places []accessmap.Location
		for _, place := range x.m.Datasets[name].Deny {
			if slices.ContainsFunc(d.Locations, place.Meets) {
				places = append(places, place)
			}
		}
		if len(places) == 0 {
			continue
		}
		if !x.spread(name, left, func(role, _ string, _ []string) bool {
			denied[role] = union(denied[role], places)
			return left.spend(len(places))
		}) {
			return nil, false
		}
	}
	return denied, true
}

// union is what either list of places has, each once.
func union(a, b []accessmap.Location) []accessmap.Location {
	all := slices.Concat(a, b)
	slices.SortFunc(all, func(a, b accessmap.Location) int {
		return cmp.Or(cmp.Compare(a.Bucket, b.Bucket), cmp.Compare(a.Prefix, b.Prefix))
	})
	return slices.Compact(all)
}
