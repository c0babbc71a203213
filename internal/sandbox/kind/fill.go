package kind

import (
	"fmt"
	"os"
	"regexp"
)

var alone = regexp.MustCompile(`^\$\w+$`)

func fill(recorded any, known map[string]any) any {
	switch r := recorded.(type) {
	case string:
		if alone.MatchString(r) {
			return known[r[1:]]
		}
		return os.Expand(r, func(name string) string { return fmt.Sprint(known[name]) })
	case map[string]any:
		return Fill(r, known)
	case []any:
		list := []any{}
		for _, element := range r {
			if value := fill(element, known); value != nil {
				list = append(list, value)
			}
		}
		return list
	}
	return recorded
}

// Fill puts what is known into what was recorded: $name by itself becomes the value, nil where it is not known, and within a
// text its text.
func Fill(recorded, known map[string]any) map[string]any {
	fields := make(map[string]any, len(recorded))
	for name, value := range recorded {
		fields[name] = fill(value, known)
	}
	return fields
}
