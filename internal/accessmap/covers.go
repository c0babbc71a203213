package accessmap

import (
	"slices"
	"strings"
	"time"
)

// Covers reports whether a role's datasets, narrowed to scope as for Policy, hold a whole place in S3, as in
// s3://bucket/prefix/* or s3://bucket/key, for reading, and with write for writing and deleting too. A role without
// datasets has no session policy: AWS alone says what it reaches, and every place is covered.
func (m *Map) Covers(role string, scope []string, place string, write bool) (bool, error) {
	r, err := m.takeable(role)
	if err != nil {
		return false, err
	}
	e := m.effective(r)
	if err := e.narrow(scope); err != nil {
		return false, err
	}
	if m.compile(e, time.Time{}) == "" {
		return true, nil
	}
	holds := func(datasets []string) bool {
		return slices.ContainsFunc(datasets, func(name string) bool { return strings.HasPrefix(place, m.Datasets[name].Location()) })
	}
	return holds(e.Read) && (!write || holds(e.Write) && holds(e.Delete)), nil
}
