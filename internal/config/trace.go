package config

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dbxaccess/dbxaccess/internal/config/settings"
)

// Origin is where the value of a setting comes from.
type Origin string

// Origins, the stronger ones first.
const (
	FromEnvironment Origin = "environment"
	FromFile        Origin = "file"
	FromMap         Origin = "map" // the access map's defaults
	BuiltIn         Origin = "default"
)

// Value is a setting as it is in force.
type Value struct {
	*settings.Setting
	Words  []string // none where nothing is set; of sinks, their names
	Origin Origin
	Line   int // in the file, where the file has one, whether or not it is in force; else 0
}

// Trace says of each setting what is in force and where it comes from. Unlike Load it also tells of what is wrong, so that people
// see it in its place; a file that can't be read is an error. ofMap are the defaults of the access map, by key.
func Trace(getenv func(string) string, ofMap map[string]string) (path string, values []Value, err error) {
	if path, err = Path(getenv); err != nil {
		return "", nil, err
	}
	data, err := read(path)
	if err != nil {
		return path, nil, err
	}
	entries := entriesOf(data)
	for _, t := range settings.All() {
		v := Value{Setting: &t, Origin: BuiltIn}
		if t.Default != "" {
			v.Words = []string{t.Default}
		}
		if word := ofMap[t.Key]; word != "" {
			v.Words, v.Origin = []string{word}, FromMap
		}
		if i := slices.IndexFunc(entries, func(e entry) bool { return e.path == t.Key && e.value.Tag != "!!null" }); i >= 0 {
			v.Words, v.Origin, v.Line = wordsOf(entries[i].value), FromFile, entries[i].key.Line
			if t.IsList() && entries[i].value.Kind == yaml.ScalarNode {
				v.Words = strings.Fields(entries[i].value.Value)
			}
		}
		if word := getenv(settings.VariableOf(t.Key)); word != "" && !t.FileOnly {
			v.Words, v.Origin = []string{word}, FromEnvironment
			if t.IsList() {
				v.Words = strings.Fields(word)
			}
		}
		values = append(values, v)
	}
	return path, values, nil
}

// wordsOf are the words of a value; of a list of mappings, their names.
func wordsOf(n *yaml.Node) (words []string) {
	switch n.Kind {
	case yaml.ScalarNode:
		return []string{n.Value}
	case yaml.SequenceNode:
		for _, item := range n.Content {
			words = append(words, wordsOf(item)...)
		}
	case yaml.MappingNode:
		for _, e := range entriesIn(n, "sink.") {
			if e.path == "sink.name" {
				words = append(words, wordsOf(e.value)...)
			}
		}
	}
	return words
}
