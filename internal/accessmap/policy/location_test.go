package policy

import (
	"slices"
	"testing"
)

func TestPlacesAreFoundAsOneByOne(t *testing.T) {
	t.Parallel()
	all := []Location{{"lake", ""}, {"lake", "a/"}, {"lake", "a-b/"}, {"lake", "a/b/"}, {"lake", "a/b/c/"}, {"lake", "b/"}, {"lake2", "a/"}, {"other", "a/b/"}}
	for set := range 1 << len(all) {
		var list []Location
		for i, l := range all {
			if set&(1<<i) != 0 {
				list = append(list, l)
			}
		}
		p := NewLocations(slices.Values(list))
		for _, l := range all {
			holds := slices.ContainsFunc(p, func(o Location) bool { return o.Holds(l) })
			meets := slices.ContainsFunc(p, func(o Location) bool { return o.Meets(l) })
			if p.Hold(l) != holds || p.Meet(l) != meets {
				t.Errorf("%s in %s: holds %v, meets %v", l, p, p.Hold(l), p.Meet(l))
			}
		}
	}
}
