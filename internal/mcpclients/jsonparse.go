package mcpclients

import (
	"encoding/json"
	"strings"
)

// maxDepth bounds how deep objects and arrays stand in one another: files of strangers are read.
const maxDepth = 200

// node is a value of JSON in its text.
type node struct {
	kind       byte // '{', '[', '"', or 'v' for the others
	start, end int
	members    []member
	items      []node
	value      any // of a text, a json.Number, a bool, or nil
}

// member is a name with a value in an object.
type member struct {
	name  string
	start int // of the name
	value node
	comma int // behind it; -1 for none
}

// find returns the place of a name among the members, -1 for none. It refuses a name that is there twice: clients differ in
// which of the two they read.
func (n *node) find(text, name string) (int, error) {
	found := -1
	for i, m := range n.members {
		if m.name != name {
			continue
		}
		if found >= 0 {
			return 0, wrongAt(text, m.start, "a second member "+name)
		}
		found = i
	}
	return found, nil
}

// parseJSON reads JSON with comments and commas at the end, as editors take it.
func parseJSON(text string) (*node, error) {
	p := &jsonParser{text: text}
	root, err := p.value(0)
	if err == nil {
		err = p.space()
	}
	if err == nil && p.at < len(text) {
		err = p.wrong("more than one value")
	}
	if err != nil {
		return nil, err
	}
	return &root, nil
}

type jsonParser struct {
	text string
	at   int
}

func (p *jsonParser) wrong(what string) error { return wrongAt(p.text, min(p.at, len(p.text)), what) }

// peek is the next byte; 0 at the end.
func (p *jsonParser) peek() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

// space passes over blanks and comments.
func (p *jsonParser) space() error {
	for p.at < len(p.text) {
		rest := p.text[p.at:]
		switch {
		case strings.IndexByte(" \t\r\n", rest[0]) >= 0:
			p.at++
		case strings.HasPrefix(rest, "//"):
			p.at = lineEnd(p.text, p.at)
		case strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest[2:], "*/")
			if end < 0 {
				return p.wrong("a comment that does not end")
			}
			p.at += 2 + end + 2
		default:
			return nil
		}
	}
	return nil
}

func (p *jsonParser) value(depth int) (n node, err error) {
	if err := p.space(); err != nil {
		return n, err
	}
	if depth > maxDepth {
		return n, p.wrong("values stand too deep in one another")
	}
	n.start = p.at
	switch c := p.peek(); c {
	case '{', '[':
		n.kind = c
		p.at++
		err = p.inside(&n, depth)
	case '"':
		n.kind = c
		n.value, err = p.literal(p.endOfString())
	default:
		n.kind = 'v'
		n.value, err = p.literal(p.at + strings.IndexFunc(p.text[p.at:]+" ", func(c rune) bool { return strings.ContainsRune(" \t\r\n,:]}/", c) }))
	}
	n.end = p.at
	return n, err
}

// inside reads members or items up to the closing bracket.
func (p *jsonParser) inside(n *node, depth int) error {
	closing := n.kind + 2 // in ASCII, for both kinds
	for {
		if err := p.space(); err != nil {
			return err
		}
		if p.peek() == closing {
			p.at++
			return nil
		}
		m := member{start: p.at, comma: -1}
		if n.kind == '{' {
			if err := p.name(&m); err != nil {
				return err
			}
		}
		var err error
		if m.value, err = p.value(depth + 1); err != nil {
			return err
		}
		if err := p.space(); err != nil {
			return err
		}
		if p.peek() == ',' {
			m.comma = p.at
			p.at++
		} else if p.peek() != closing {
			return p.wrong("neither a comma nor the end of what is in brackets")
		}
		if n.kind == '{' {
			n.members = append(n.members, m)
		} else {
			n.items = append(n.items, m.value)
		}
	}
}

func (p *jsonParser) name(m *member) error {
	if p.peek() != '"' {
		return p.wrong("no name in double quotes")
	}
	name, err := p.literal(p.endOfString())
	if err != nil {
		return err
	}
	m.name, _ = name.(string)
	if err := p.space(); err != nil {
		return err
	}
	if p.peek() != ':' {
		return p.wrong("no colon behind a name")
	}
	p.at++
	return nil
}

// endOfString is the offset behind the string that begins here; that of the end of the text where it does not end.
func (p *jsonParser) endOfString() int {
	for at := p.at + 1; at < len(p.text); at++ {
		switch p.text[at] {
		case '\\':
			at++
		case '"':
			return at + 1
		}
	}
	return len(p.text)
}

// literal reads the value that ends before an offset.
func (p *jsonParser) literal(end int) (value any, err error) {
	d := json.NewDecoder(strings.NewReader(p.text[p.at:end]))
	d.UseNumber()
	if !json.Valid([]byte(p.text[p.at:end])) || d.Decode(&value) != nil {
		return nil, p.wrong("no value of JSON")
	}
	p.at = end
	return value, nil
}

// plain is the value as package json decodes it. Of names that are there twice, the last counts.
func (n *node) plain() any {
	switch n.kind {
	case '{':
		object := map[string]any{}
		for _, m := range n.members {
			object[m.name] = m.value.plain()
		}
		return object
	case '[':
		list := []any{}
		for _, item := range n.items {
			list = append(list, item.plain())
		}
		return list
	}
	return n.value
}
