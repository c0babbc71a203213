package accessmap

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// maxText bounds one value or name, in characters. The longest honest one is a description.
const maxText = 1000

// value is a node with the key it stands under, which messages begin with, and what it may be.
type value struct {
	key  string
	node *yaml.Node
	form *form
}

// of is a value inside this one.
func (v value) of(key string, node *yaml.Node) value { return value{key, node, v.form.each} }

func place(n *yaml.Node) position { return position{n.Line, n.Column} }

// field is a key that an object may have, what its value may be and how it is read. Tables of fields are the language of
// the map: Parse reads by them and Schema is made of them, so a new key is one entry.
type field[T any] struct {
	key      string
	required bool
	form     *form
	read     func(d *decoder, v value, into *T)
	about    string // for people who write a map, in their editor
}

const (
	required = true
	optional = false
)

// decoder reads nodes into a Map and collects what is wrong with them. It never stops at the first problem.
type decoder struct {
	report
	warnings   report
	references []reference
	centers    map[string]string // start URL of an Identity Center, in lower case, to the identity that has it
	suggested  int
}

// keys are where the keys of an object stand.
type keys map[string]position

func (k keys) has(key string) bool { return k[key].line != 0 }

// object reads a mapping with known keys. what names it in messages; missing keys are reported where it begins. It returns
// nil for what is no mapping.
func object[T any](d *decoder, n *yaml.Node, what string, begins position, fields []field[T], into *T) keys {
	if n.Kind != yaml.MappingNode {
		d.add(place(n), "%s: expected a mapping with its keys, found %s", what, kindOf(n))
		return nil
	}
	found := make(keys, len(fields))
	for i := 0; i < len(n.Content); i += 2 {
		key, node := n.Content[i], n.Content[i+1]
		known := slices.IndexFunc(fields, func(f field[T]) bool { return key.Kind == yaml.ScalarNode && f.key == key.Value })
		switch {
		case known < 0:
			d.unknownKey(key, what, keysOf(fields))
		case found.has(key.Value):
			d.add(place(key), "duplicate key %s, already on line %d", key.Value, found[key.Value].line)
		default:
			found[key.Value] = place(key)
			fields[known].read(d, value{key.Value, node, fields[known].form}, into)
		}
	}
	for _, f := range fields {
		if f.required && !found.has(f.key) {
			d.missing(begins, what, f.key)
		}
	}
	return found
}

func (d *decoder) missing(begins position, what, key string) {
	d.add(begins, "%s: the key %s is missing", what, key)
}

// variant is one of several forms of an object, each with keys of its own.
type variant struct {
	is    string   // in messages, behind the object's name
	needs []string // keys it must have, besides those that all forms must have
	may   []string // further keys it may have
}

func (v variant) has(key string) bool {
	return slices.Contains(v.needs, key) || slices.Contains(v.may, key)
}

// hold checks that an object, read with these fields, has the keys of its form and no others.
func hold[T any](d *decoder, what string, begins position, fields []field[T], found keys, form variant) {
	for _, f := range fields {
		switch present := found.has(f.key); {
		case present && !f.required && !form.has(f.key):
			d.add(found[f.key], "%s is %s; %s has no place in it", what, form.is, f.key)
		case !present && slices.Contains(form.needs, f.key):
			d.missing(begins, what, f.key)
		}
	}
}

func keysOf[T any](fields []field[T]) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, f := range fields {
			if !yield(f.key) {
				return
			}
		}
	}
}

func (d *decoder) unknownKey(key *yaml.Node, what string, known iter.Seq[string]) {
	if key.Kind != yaml.ScalarNode {
		d.add(place(key), "%s: a key must be a text, not %s", what, kindOf(key))
		return
	}
	d.add(place(key), "%s: unknown key %s%s", what, shown(key.Value), d.suggest(key.Value, known))
}

// maxSuggestions bounds how often a file is searched for something similar: a hostile one would make that slow.
const maxSuggestions = 50

// suggest is didYouMean, a bounded number of times for one file.
func (d *decoder) suggest(unknown string, known iter.Seq[string]) string {
	if d.suggested++; d.suggested > maxSuggestions {
		return ""
	}
	return didYouMean(unknown, known)
}

// didYouMean is the end of a sentence about a name that is not known; "" where none is near.
func didYouMean(unknown string, known iter.Seq[string]) string {
	if near := ui.Nearest(unknown, known); near != "" {
		return "; did you mean " + near + "?"
	}
	return ""
}

// entries reads a mapping whose keys are names the organisation chose. read gets each key once, checked or not: going
// on with a bad name keeps what refers to it from being reported too.
func (d *decoder) entries(v value, read func(name string, key, node *yaml.Node)) bool {
	if v.node.Kind != yaml.MappingNode {
		d.add(place(v.node), "%s: expected a mapping, found %s", v.key, kindOf(v.node))
		return false
	}
	lines := make(map[string]int, len(v.node.Content)/2)
	for i := 0; i < len(v.node.Content); i += 2 {
		key, node := v.node.Content[i], v.node.Content[i+1]
		if _, ok := d.scalar(value{v.key, key, v.form.keys}); !ok {
			continue
		}
		name := key.Value
		if line, twice := lines[name]; twice {
			d.add(place(key), "%s: duplicate key %s, already on line %d", v.key, shown(name), line)
			continue
		}
		lines[name] = key.Line
		if _, err := v.form.keys.accept(name); err != nil {
			d.add(place(key), "%s: %v", v.key, err)
		}
		read(name, key, node)
	}
	return true
}

// section reads a mapping of names to things. One of the wrong type is nil, so that what refers to it is not reported too.
func section[T any](d *decoder, v value, read func(name string, key, node *yaml.Node) *T) map[string]*T {
	things := make(map[string]*T)
	ok := d.entries(v, func(name string, key, node *yaml.Node) { things[name] = read(name, key, node) })
	switch {
	case !ok:
		return nil
	case len(things) == 0 && v.form.schema.MinProperties > 0:
		d.add(place(v.node), "%s: there are none", v.key)
	}
	return things
}

// scalar returns a node's text. Numbers, dates and the like must be quoted: YAML would turn 0042 into 34. The text
// itself is not in the messages, as it may be a secret.
func (d *decoder) scalar(v value) (string, bool) {
	bound := cmp.Or(v.form.longest, maxText)
	switch kind := kindOf(v.node); {
	case v.node.Kind != yaml.ScalarNode:
		d.add(place(v.node), "%s: expected a text, found %s", v.key, kind)
	case kind == "nothing":
		d.add(place(v.node), "%s: no value", v.key)
	case kind != "a text":
		d.add(place(v.node), "%s: this is %s to YAML; put it in quotes", v.key, kind)
	case utf8.RuneCountInString(v.node.Value) > bound:
		d.add(place(v.node), "%s: longer than %d characters", v.key, bound)
	default:
		return v.node.Value, true
	}
	return "", false
}

// text reads a text, in the form that the program uses.
func (d *decoder) text(v value) string {
	text, _ := d.checked(v)
	return text
}

func (d *decoder) checked(v value) (string, bool) {
	raw, ok := d.scalar(v)
	if !ok {
		return "", false
	}
	text, err := v.form.accept(raw)
	if err != nil {
		d.add(place(v.node), "%s: %v", v.key, err)
		return "", false
	}
	return text, true
}

// list reads a list of different texts.
func (d *decoder) list(v value) []string {
	var list []string
	d.each(v, func(text string, _ position) { list = append(list, text) })
	return list
}

func (d *decoder) each(v value, do func(text string, at position)) {
	if v.node.Kind != yaml.SequenceNode {
		d.add(place(v.node), "%s: expected a list, as in [a, b], found %s", v.key, kindOf(v.node))
		return
	}
	lines := make(map[string]int, len(v.node.Content))
	for _, item := range v.node.Content {
		text, ok := d.checked(v.of(v.key, item))
		if !ok {
			continue
		}
		if line, twice := lines[text]; twice {
			d.add(place(item), "%s: %s is listed twice, first on line %d", v.key, shown(text), line)
			continue
		}
		lines[text] = item.Line
		do(text, place(item))
	}
}

// truth reads true or false.
func (d *decoder) truth(v value) bool {
	if kindOf(v.node) != "true or false" {
		d.add(place(v.node), "%s: expected true or false, found %s", v.key, kindOf(v.node))
		return false
	}
	return strings.EqualFold(v.node.Value, "true")
}

// namesOf reads a list of names that refer to things of one kind. They are looked up once everything is read.
func (d *decoder) namesOf(v value, kind referenceKind) []string {
	var names []string
	d.each(v, func(name string, at position) {
		d.references = append(d.references, reference{kind: kind, name: name, key: v.key, at: at})
		names = append(names, name)
	})
	return names
}

// nameOf is namesOf for a single name.
func (d *decoder) nameOf(v value, kind referenceKind) string {
	name, ok := d.scalar(v)
	if ok {
		d.references = append(d.references, reference{kind: kind, name: name, key: v.key, at: place(v.node)})
	}
	return name
}
