package config

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// span is where a value of one line stands in it, in bytes; the error is for every other value.
func (t *text) span(n *yaml.Node) (from, to int, err error) {
	if n.Line < 1 || n.Line > len(t.lines) || n.Anchor != "" || n.Style&(yaml.TaggedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return -1, -1, t.unusual(n)
	}
	content := t.lines[n.Line-1].content
	for range n.Column - 1 { // which counts characters
		if from >= len(content) {
			return -1, -1, t.unusual(n)
		}
		_, size := utf8.DecodeRuneInString(content[from:])
		from += size
	}
	to = -1
	switch rest := content[from:]; {
	case n.Kind == yaml.SequenceNode && n.Style&yaml.FlowStyle != 0, n.Kind == yaml.MappingNode && n.Style&yaml.FlowStyle != 0:
		to = t.closed(n, content, from)
	case n.Kind != yaml.ScalarNode:
	case n.Style&yaml.DoubleQuotedStyle != 0:
		to = quoted(rest, '"')
	case n.Style&yaml.SingleQuotedStyle != 0:
		to = quoted(rest, '\'')
	case n.Value != "" && strings.HasPrefix(rest, n.Value):
		to = len(n.Value)
	}
	if to < 0 {
		return -1, -1, t.unusual(n)
	}
	return from, from + to, nil
}

// closed is the length of a flow collection of one line; -1 if it is not.
func (t *text) closed(n *yaml.Node, content string, from int) int {
	end := from + 1
	for _, child := range n.Content {
		_, to, err := t.span(child)
		if child.Line != n.Line || err != nil {
			return -1
		}
		end = to
	}
	rest := strings.TrimLeft(content[end:], " ,")
	if rest == "" || rest[0] != ']' && rest[0] != '}' {
		return -1
	}
	return len(content) - len(rest) + 1 - from
}

// quoted is the length of a text in quotes; -1 if it does not end in the line.
func quoted(rest string, quote byte) int {
	for i := 1; i < len(rest); i++ {
		switch {
		case rest[i] == '\\' && quote == '"':
			i++
		case rest[i] == quote && quote == '\'' && strings.HasPrefix(rest[i+1:], "'"):
			i++
		case rest[i] == quote:
			return i + 1
		}
	}
	return -1
}

// clear takes away the lines of a value, each of which has to hold values of one line.
func (t *text) clear(value *yaml.Node) error {
	ends := map[int]int{} // of lines: where their last value ends
	for _, n := range append([]*yaml.Node{value}, descendants(value)...) {
		if n.Anchor != "" || n.Kind == yaml.AliasNode {
			return t.unusual(n)
		}
		if n.Kind != yaml.ScalarNode || n.Value == "" && n.Style == 0 {
			continue
		}
		_, to, err := t.span(n)
		if err != nil {
			return err
		}
		ends[n.Line] = max(ends[n.Line], to)
	}
	for number, to := range ends {
		t.take(number, to)
	}
	return nil
}

// take marks a line as gone; a comment behind its values, which end there, gets a line of its own.
func (t *text) take(number, end int) {
	l := &t.lines[number-1]
	if l.gone {
		return
	}
	l.gone = true
	if _, comment, ok := strings.Cut(l.content[end:], " #"); ok {
		indent := l.content[:len(l.content)-len(strings.TrimLeft(l.content, " "))]
		l.after = append(l.after, indent+"#"+comment)
	}
}

func descendants(n *yaml.Node) (all []*yaml.Node) {
	for _, child := range n.Content {
		all = append(append(all, child), descendants(child)...)
	}
	return all
}
