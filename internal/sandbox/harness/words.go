package harness

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"
)

// unmarshal reads a JSON object into the struct that into points to, by the names in the tags of its fields. A member that
// is no field's is an error, and a duration is a text such as "30s".
func unmarshal(data []byte, into any) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return err
	}
	fields := reflect.ValueOf(into).Elem()
	for i := range fields.NumField() {
		name := fields.Type().Field(i).Tag.Get("json")
		value, given := members[name]
		if !given {
			continue
		}
		delete(members, name)
		var err error
		switch field := fields.Field(i).Addr().Interface().(type) {
		case *time.Duration:
			var text string
			if err = json.Unmarshal(value, &text); err == nil {
				*field, err = time.ParseDuration(text)
			}
		default:
			err = json.Unmarshal(value, field)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	for name := range members {
		return fmt.Errorf("%q is nothing that can be set", name)
	}
	return nil
}

// oneOf refuses a word that is not among those that there are.
func oneOf[T ~string](word T, known []T) error {
	if !slices.Contains(known, word) {
		return fmt.Errorf("%q is none of %v", word, known)
	}
	return nil
}
