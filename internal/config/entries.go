package config

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dbxaccess/dbxaccess/internal/config/settings"
)

// entry is a key of the file with its value, where they stand.
type entry struct {
	path       string // in small letters, as viper has it: keyring.backend
	key, value *yaml.Node
	in         *yaml.Node // the mapping that it stands in
}

// document is the one of the file, and its mapping; nil where there is none, or none that can be read.
func document(data []byte) (mapping *yaml.Node) {
	var doc yaml.Node
	if yaml.Unmarshal(data, &doc) != nil || len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return nil
	}
	return doc.Content[0]
}

// entriesOf are those of the top and of the sections, in the order of the file. A section is an entry too, before its own.
func entriesOf(data []byte) []entry { return entriesIn(document(data), "") }

func entriesIn(mapping *yaml.Node, before string) (all []entry) {
	if mapping == nil || mapping.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		e := entry{before + strings.ToLower(mapping.Content[i].Value), mapping.Content[i], mapping.Content[i+1], mapping}
		all = append(all, e)
		if before == "" && settings.Find(e.path) == nil {
			all = append(all, entriesIn(e.value, e.path+".")...)
		}
	}
	return all
}
