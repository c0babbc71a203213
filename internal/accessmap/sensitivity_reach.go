package accessmap

import "slices"

// reached is the most sensitive dataset that who has one reaches: itself, or one that lies inside it. A grant on a place is one on
// all that lies there, whatever name it has.
func (d *Dataset) reached() *Dataset {
	if d.mostInside != nil {
		return d.mostInside
	}
	return d
}

// reaches notes that a dataset holds data of another; nil is none.
func (d *Dataset) reaches(inner *Dataset) {
	if inner != nil && sensitivity(inner) > sensitivity(d.reached()) {
		d.mostInside = inner
	}
}

// moreSensitive is the more sensitive of two datasets, of which either may be nil.
func moreSensitive(a, b *Dataset) *Dataset {
	if a == nil || b != nil && sensitivity(b) > sensitivity(a) {
		return b
	}
	return a
}

// site is a place with the datasets that have just it.
type site struct {
	Location
	of           []*Dataset
	here, within *Dataset // the most sensitive of these, and of all that lies inside too
	end          int      // behind the sites that lie inside, in the order of places
}

// maxDenied bounds how many sites are held against what datasets deny. Beyond it these count as if they denied nothing.
const maxDenied = 1_000_000

// nested notes which datasets lie inside others.
func (m *Map) nested() {
	sites := m.sites()
	left := maxDenied
	for i := range sites {
		for _, d := range sites[i].of {
			if left -= sites[i].end - i; len(d.Deny) == 0 || left < 0 {
				d.reaches(sites[i].within)
				continue
			}
			for _, inner := range sites[i:sites[i].end] {
				if !slices.ContainsFunc(d.Deny, func(denied Location) bool { return denied.Holds(inner.Location) }) {
					d.reaches(inner.here)
				}
			}
		}
	}
}

// sites are all places of datasets, each once. In their order what lies inside one comes right after it.
func (m *Map) sites() (sites []site) {
	byPlace := make(map[Location][]*Dataset, len(m.Datasets))
	for _, d := range m.Datasets {
		if d == nil {
			continue
		}
		for _, l := range d.Locations {
			byPlace[l] = append(byPlace[l], d)
		}
	}
	for l, of := range byPlace {
		s := site{Location: l, of: of}
		for _, d := range of {
			s.here = moreSensitive(s.here, d)
		}
		s.within = s.here
		sites = append(sites, s)
	}
	slices.SortFunc(sites, func(a, b site) int { return a.Compare(b.Location) })
	var around []int // from the outermost to the innermost
	leave := func(i int) {
		last := len(around) - 1
		sites[around[last]].end = i
		if last > 0 {
			outer := &sites[around[last-1]]
			outer.within = moreSensitive(outer.within, sites[around[last]].within)
		}
		around = around[:last]
	}
	for i := range sites {
		for len(around) > 0 && !sites[around[len(around)-1]].Holds(sites[i].Location) {
			leave(i)
		}
		around = append(around, i)
	}
	for len(around) > 0 {
		leave(len(sites))
	}
	return sites
}
