package desired

import (
	"maps"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/iam"
)

const equals = "StringEquals"

// merged has each statement once, and as one those that differ in the values of a single key of StringEquals: a condition takes any of
// several. Values of StringLike may have exclusions beside them, so these stay apart.
func merged(statements []iam.Statement) []iam.Statement {
	list := distinct(statements)
	if len(list) < 2 {
		return list
	}
	keys := make(map[string]bool)
	for _, s := range list {
		for key := range s.Condition[equals] {
			keys[key] = true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		list = mergedBy(key, list)
	}
	return list
}

func mergedBy(key string, list []iam.Statement) (fewer []iam.Statement) {
	at := make(map[string]int) // a statement without the key's values to its place
	for _, s := range list {
		values, there := s.Condition[equals][key]
		if !there {
			fewer = append(fewer, s)
			continue
		}
		s.Condition = clone(s.Condition)
		s.Condition[equals][key] = nil
		rest := s.JSON()
		if first, seen := at[rest]; seen {
			values = append(slices.Clone(fewer[first].Condition[equals][key]), values...)
			slices.Sort(values)
			fewer[first].Condition[equals][key] = slices.Compact(values)
			continue
		}
		s.Condition[equals][key] = values
		at[rest], fewer = len(fewer), append(fewer, s)
	}
	return fewer
}

// distinct has each statement once, in the order in which they came.
func distinct(statements []iam.Statement) (list []iam.Statement) {
	if len(statements) < 2 {
		return statements
	}
	seen := make(map[string]bool)
	for _, s := range statements {
		if text := s.JSON(); !seen[text] {
			seen[text] = true
			list = append(list, s)
		}
	}
	return list
}
