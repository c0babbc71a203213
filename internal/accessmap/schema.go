package accessmap

import (
	_ "embed"
	"slices"
)

//go:embed schema.json
var schema []byte

// Schema is the JSON Schema (draft 2020-12) of the access map, for editors. Parse checks more than a schema can say.
func Schema() []byte { return slices.Clone(schema) }
