package shellenv

import (
	"slices"
	"strings"
)

// Apply returns an environment ("NAME=value" each, as of os.Environ) in which the variables are set, once each, or
// unset; everything else stays as it is, in its order. With fold, names that differ in case only are one variable, as
// on Windows.
func Apply(environ []string, vars []Variable, fold bool) []string {
	same := func(a, b string) bool { return a == b || fold && strings.EqualFold(a, b) }
	applied := slices.DeleteFunc(slices.Clone(environ), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return slices.ContainsFunc(vars, func(v Variable) bool { return same(v.Name, name) })
	})
	for _, v := range vars {
		if v.Value != "" {
			applied = append(applied, v.Name+"="+v.Value)
		}
	}
	return applied
}
