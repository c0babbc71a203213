package accessmap

import (
	"slices"
	"strings"
)

// Covers reports whether a role's datasets, narrowed to scope as for Policy, hold a whole place in S3, as in
// s3://bucket/prefix/* or s3://bucket/key, for reading, and with write for writing and deleting too. What the role is
// denied anywhere in the place is not covered, nor what its statements or managed policies may give. A role that nothing
// narrows has no session policy: AWS alone says what it reaches, and every place is covered.
func (m *Map) Covers(role string, scope []string, place string, write bool) (bool, error) {
	r, err := m.takeable(role)
	if err != nil {
		return false, err
	}
	e := m.effective(r)
	if err := m.narrow(e, scope); err != nil {
		return false, err
	}
	if r.unbounded() {
		return true, nil
	}
	start, below := strings.CutSuffix(place, "*")
	if slices.ContainsFunc(m.denied(e.all), func(l Location) bool {
		return strings.HasPrefix(start, l.String()) || below && strings.HasPrefix(l.String(), start)
	}) {
		return false, nil
	}
	holds := func(datasets []string) bool {
		return slices.ContainsFunc(datasets, func(name string) bool {
			return slices.ContainsFunc(m.Datasets[name].Locations, func(l Location) bool { return strings.HasPrefix(start, l.String()) })
		})
	}
	return holds(e.Read) && (!write || holds(e.Write) && holds(e.Delete)), nil
}

// denied are the places that datasets deny to every role which has them.
func (m *Map) denied(datasets []string) []Location {
	var list []Location
	for _, name := range datasets {
		list = append(list, m.Datasets[name].Deny...)
	}
	return list
}
