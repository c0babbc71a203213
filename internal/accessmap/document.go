package accessmap

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

const (
	// MaxSize bounds a map, in bytes. A map with 10,000 roles has about 3 MB.
	MaxSize = 8 << 20
	// maxDepth bounds the nesting; a map needs five levels.
	maxDepth = 16
)

var byteOrderMark = []byte("\xef\xbb\xbf")

// readDocument turns bytes into the root node of the one YAML document they hold. What YAML can do beyond mappings,
// lists and scalars is refused: aliases can grow a small file without bound, merge keys and tags change what a line
// means far from where a reviewer reads it, and a second document would be ignored in silence by other tools.
func readDocument(data []byte, r *report) *yaml.Node {
	if len(data) > MaxSize {
		r.add(position{}, "the file has %d bytes, an access map at most %d", len(data), MaxSize)
		return nil
	}
	data = bytes.TrimPrefix(data, byteOrderMark)
	if !readable(data, r) {
		return nil
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document, next yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		r.add(position{}, "the file is empty; an access map starts with version: 1")
		return nil
	} else if err != nil {
		addSyntaxError(data, err, r)
		return nil
	}
	if err := decoder.Decode(&next); err == nil {
		r.add(position{next.Line, next.Column}, "a second document begins here; an access map is one document")
		return nil
	} else if !errors.Is(err, io.EOF) {
		addSyntaxError(data, err, r)
		return nil
	}
	root := document.Content[0]
	if !plain(root, 1, r) {
		return nil
	}
	return root
}

// readable refuses what is not text, telling the place: the YAML library would tell none.
func readable(data []byte, r *report) bool {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		r.add(position{}, "the file is UTF-16; save it as UTF-8")
		return false
	}
	at := position{1, 1}
	for rest := data; len(rest) > 0; {
		c, size := utf8.DecodeRune(rest)
		switch {
		case c == utf8.RuneError && size == 1:
			r.add(at, "byte 0x%02x is not UTF-8; save the file as UTF-8", rest[0])
			return false
		case c == 0:
			r.add(at, "a NUL byte; this is not a text file")
			return false
		case c == '\n':
			at = position{at.line + 1, 0}
		case c == '\t' || c == '\r' || c == 0x85:
		case c < ' ' || c >= 0x7f && c < 0xa0 || c == 0xfffe || c == 0xffff:
			r.add(at, "control character U+%04X", c)
			return false
		case c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069:
			// https://trojansource.codes: a reviewer would see another order than the program.
			r.add(at, "U+%04X reorders the text around it on the screen; remove it", c)
			return false
		}
		at.column++
		rest = rest[size:]
	}
	return true
}

// plain refuses aliases, anchors, merge keys, tags and deep nesting wherever they are, below unknown keys too.
func plain(n *yaml.Node, depth int, r *report) bool {
	at := position{n.Line, n.Column}
	ok := true
	refuse := func(format string, args ...any) {
		r.add(at, format, args...)
		ok = false
	}
	switch {
	case depth > maxDepth:
		refuse("nested more than %d levels deep", maxDepth)
		return ok
	case n.Kind == yaml.AliasNode:
		refuse("alias *%s: write the value out, aliases are not allowed", n.Value)
	case n.Anchor != "":
		refuse("anchor &%s: anchors and aliases are not allowed", n.Anchor)
	case n.Style&yaml.TaggedStyle != 0:
		refuse("tag %s: tags are not allowed", n.Tag)
	case n.Value == "<<" && n.ShortTag() == "!!merge":
		refuse("merge keys (<<) are not allowed; roles share grants with inherits")
	}
	for _, child := range n.Content {
		ok = plain(child, depth+1, r) && ok
	}
	return ok
}

// kindOf names what a node is, for messages.
func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.ScalarNode:
		switch n.ShortTag() {
		case "!!null":
			return "nothing"
		case "!!bool":
			return "true or false"
		case "!!int", "!!float":
			return "a number"
		case "!!timestamp":
			return "a date"
		default:
			return "a text"
		}
	default:
		return fmt.Sprintf("a node of kind %d", n.Kind)
	}
}
