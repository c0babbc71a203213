package accessmap

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// maxText bounds one value or name, in characters. The longest honest one is a description.
const maxText = 1000

// value is a node with the key it stands under, which messages begin with, and what it may be.
type value struct {
	*decoder
	key  string
	node *yaml.Node
	form *form
	note string // the comment behind the key
}

// of is a value inside this one.
func (v value) of(key string, node *yaml.Node) value {
	return value{decoder: v.decoder, key: key, node: node, form: v.form.each}
}

// wrong reports a problem of the value.
func (v value) wrong(format string, args ...any) {
	v.add(place(v.node), "%s: %s", v.key, fmt.Sprintf(format, args...))
}

func place(n *yaml.Node) position { return position{n.Line, n.Column} }

// field is a key that an object may have, what its value may be and how it is read. Tables of fields are the language
// of the map: Parse reads by them and Schema is made of them, so a new key is one entry.
type field[T any] struct {
	key      string
	required bool
	form     *form
	read     func(v value, into *T)
	about    string // for people who write a map, in their editor
}

const (
	required = true
	optional = false
)

// decoder reads nodes into a Map and collects what is wrong with them. It never stops at the first problem.
type decoder struct {
	report
	warnings     warnings
	acknowledged acknowledgements
	identityAt   map[string]position
	groupAt      map[groupRule]position
	references   []reference
	signIns      map[string]*Identity // issuer and client id to the first identity that has them
	centers      map[string]string    // start URL of an Identity Center, in lower case, to the identity that has it
	signedAt     []signedGroup
	suggested    int
}

// object is a mapping with known keys, once it was read.
type object[T any] struct {
	*decoder
	what   string   // it is, for messages
	begins position // where it begins: missing keys are reported there
	fields []field[T]
	at     []position // of its keys, as fields has them; zero for one that it doesn't have
	meant  []string   // keys that unknown ones are taken for: to report these as missing too would tell one slip twice
}

// read reads a mapping with known keys; nil for what is no mapping.
func read[T any](d *decoder, n *yaml.Node, what string, begins position, fields []field[T], into *T) *object[T] {
	if n.Kind != yaml.MappingNode {
		d.add(place(n), "%s: expected a mapping with its keys, found %s", what, kindOf(n))
		return nil
	}
	o := &object[T]{decoder: d, what: what, begins: begins, fields: fields, at: make([]position, len(fields))}
	for i := 0; i < len(n.Content); i += 2 {
		key, node := n.Content[i], n.Content[i+1]
		known := o.index(key.Value)
		switch {
		case known < 0 || key.Kind != yaml.ScalarNode:
			o.unknown(key)
		case o.at[known].line != 0:
			d.add(place(key), "duplicate key %s, already on line %d", key.Value, o.at[known].line)
		default:
			o.at[known] = place(key)
			fields[known].read(value{d, key.Value, node, fields[known].form, key.LineComment}, into)
		}
	}
	for i := range fields {
		if fields[i].required && o.at[i].line == 0 {
			o.missing(fields[i].key)
		}
	}
	return o
}

// index is that of a key in fields, or -1.
func (o *object[T]) index(key string) int {
	for i := range o.fields {
		if o.fields[i].key == key {
			return i
		}
	}
	return -1
}

// where is the place of a key that the object may have; zero where it doesn't.
func (o *object[T]) where(key string) position { return o.at[o.index(key)] }

func (o *object[T]) has(key string) bool { return o.where(key).line != 0 }

func (o *object[T]) missing(key string) {
	if !slices.Contains(o.meant, key) {
		o.add(o.begins, "%s: the key %s is missing", o.what, key)
	}
}

func (o *object[T]) unknown(key *yaml.Node) {
	if key.Kind != yaml.ScalarNode {
		o.add(place(key), "%s: a key must be a text, not %s", o.what, kindOf(key))
		return
	}
	known := make([]string, len(o.fields))
	for i, f := range o.fields {
		known[i] = f.key
	}
	suggested := o.suggest(key.Value, slices.Values(known))
	for _, name := range known {
		if suggested == suggestion(name) {
			o.meant = append(o.meant, name)
		}
	}
	o.add(place(key), "%s: unknown key %s%s", o.what, shown(key.Value), suggested)
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

// hold checks that the object has the keys of its form and no others.
func (o *object[T]) hold(form variant) {
	for i, f := range o.fields {
		switch {
		case o.has(f.key) && !f.required && !form.has(f.key):
			o.add(o.at[i], "%s is %s; %s has no place in it", o.what, form.is, f.key)
		case !o.has(f.key) && slices.Contains(form.needs, f.key):
			o.missing(f.key)
		}
	}
}

// entries reads a mapping whose keys are names the organisation chose. read gets each key once, checked or not: going
// on with a bad name keeps what refers to it from being reported too.
func (v value) entries(read func(name string, key, node *yaml.Node)) bool {
	if v.node.Kind != yaml.MappingNode {
		v.wrong("expected a mapping, found %s", kindOf(v.node))
		return false
	}
	lines := make(map[string]int, len(v.node.Content)/2)
	for i := 0; i < len(v.node.Content); i += 2 {
		key, node := v.node.Content[i], v.node.Content[i+1]
		if _, ok := (value{decoder: v.decoder, key: v.key, node: key, form: v.form.keys}).scalar(); !ok {
			continue
		}
		name := key.Value
		if line, twice := lines[name]; twice {
			v.add(place(key), "%s: duplicate key %s, already on line %d", v.key, shown(name), line)
			continue
		}
		lines[name] = key.Line
		if _, err := v.form.keys.accept(name); err != nil {
			v.add(place(key), "%s: %v", v.key, err)
		}
		read(name, key, node)
	}
	return true
}

// section reads a mapping of names to things. One of the wrong type is nil, so that what refers to it is not reported
// too.
func section[T any](v value, read func(name string, key, node *yaml.Node) *T) map[string]*T {
	things := make(map[string]*T, len(v.node.Content)/2)
	ok := v.entries(func(name string, key, node *yaml.Node) { things[name] = read(name, key, node) })
	switch {
	case !ok:
		return nil
	case len(things) == 0 && v.form.schema.MinProperties > 0:
		v.wrong("there are none")
	}
	return things
}

// scalar returns a node's text. Numbers, dates and the like must be quoted: YAML would turn 0042 into 34. The text
// itself is not in the messages, as it may be a secret.
func (v value) scalar() (string, bool) {
	bound := cmp.Or(v.form.longest, maxText)
	switch kind := kindOf(v.node); {
	case v.node.Kind != yaml.ScalarNode:
		v.wrong("expected a text, found %s", kind)
	case kind == "nothing" && len(v.note) > 1 && v.note[1] != ' ':
		v.wrong("no value: what begins with # is a comment; put it in quotes")
	case kind == "nothing":
		v.wrong("no value")
	case kind == "a number" && v.form.unitless != nil:
		v.wrong("%v", v.form.unitless(v.node.Value))
	case kind != "a text":
		v.wrong("this is %s to YAML; put it in quotes", kind)
	case utf8.RuneCountInString(v.node.Value) > bound:
		v.wrong("longer than %d characters", bound)
	default:
		return v.node.Value, true
	}
	return "", false
}

// text reads a text, in the form that the program uses.
func (v value) text() string {
	text, _ := v.checked()
	return text
}

func (v value) checked() (string, bool) {
	raw, ok := v.scalar()
	if !ok {
		return "", false
	}
	text, err := v.form.accept(raw)
	if err != nil {
		v.wrong("%v", err)
		return "", false
	}
	return text, true
}

// list reads a list of different texts.
func (v value) list() []string {
	var list []string
	v.each(func(text string, _ position) { list = append(list, text) })
	return list
}

func (v value) each(do func(text string, at position)) {
	if v.node.Kind != yaml.SequenceNode {
		v.wrong("expected a list, as in [a, b], found %s", kindOf(v.node))
		return
	}
	var lines map[string]int
	if len(v.node.Content) > 1 { // most lists of a large map have one
		lines = make(map[string]int, len(v.node.Content))
	}
	for _, item := range v.node.Content {
		text, ok := v.of(v.key, item).checked()
		if !ok {
			continue
		}
		if line, twice := lines[text]; twice {
			v.add(place(item), "%s: %s is listed twice, first on line %d", v.key, shown(text), line)
			continue
		}
		if lines != nil {
			lines[text] = item.Line
		}
		do(text, place(item))
	}
}

// truth reads true or false.
func (v value) truth() bool {
	if kindOf(v.node) != "true or false" {
		v.wrong("expected true or false, found %s", kindOf(v.node))
		return false
	}
	return strings.EqualFold(v.node.Value, "true")
}
