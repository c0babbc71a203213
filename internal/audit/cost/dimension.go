package cost

import (
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/audit"
)

// Dimension is what is counted by.
type Dimension struct {
	Name string
	of   func(e *audit.Entry, person string) string
}

// tagPrefix is before the key of a tag that has no name of its own here.
const tagPrefix = "tag:"

// dimensions are those with a name. Team and cost center are the tags of the role in the access map that are usually called so.
var dimensions = []Dimension{
	{"role", func(e *audit.Entry, _ string) string { return e.Role }},
	{"person", func(_ *audit.Entry, person string) string { return person }},
	{"run", func(e *audit.Entry, _ string) string { return e.Run }},
	{"team", tag("team")},
	{"cost-center", tag("cost-center")},
	{"group", func(e *audit.Entry, _ string) string { return e.Group }},
	{"agent", func(e *audit.Entry, _ string) string { return e.Agent }},
	{"workspace", func(e *audit.Entry, _ string) string { return e.Host }},
}

func tag(key string) func(*audit.Entry, string) string {
	return func(e *audit.Entry, _ string) string { return e.Tags[key] }
}

// Names are those of the dimensions, but for tags.
func Names() (names []string) {
	for _, d := range dimensions {
		names = append(names, d.Name)
	}
	return names
}

// DimensionOf is the one of a name, or of the tag in tag:KEY; false for none.
func DimensionOf(name string) (Dimension, bool) {
	if key, ok := strings.CutPrefix(name, tagPrefix); ok && key != "" {
		return Dimension{name, tag(key)}, true
	}
	i := slices.IndexFunc(dimensions, func(d Dimension) bool { return d.Name == name })
	if i < 0 {
		return Dimension{}, false
	}
	return dimensions[i], true
}
