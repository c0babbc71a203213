package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// text is the file while it is edited, by lines. Places are those of the parser, from 1, and stay true while lines change: what goes
// is marked, and what comes is kept behind its line.
type text struct {
	root  *yaml.Node // nil where there is none yet
	bom   string
	eol   string
	lines []line
	tail  []string // lines that come at the end
}

type line struct {
	content string // without its end
	end     string
	gone    bool
	after   []string // lines that come behind it
}

const byteOrderMark = "\ufeff"

func newText(data []byte) (*text, error) {
	whole, bom := strings.CutPrefix(string(data), byteOrderMark)
	t := &text{eol: "\n"}
	if bom {
		t.bom = byteOrderMark
	}
	if !utf8.ValidString(whole) {
		return nil, errors.New("it is not UTF-8")
	}
	if strings.ContainsAny(strings.ReplaceAll(whole, "\r\n", ""), "\r\u0085\u2028\u2029") { // which YAML takes for ends of lines too
		return nil, errors.New("its lines end in an unusual way")
	}
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(whole), &doc); err != nil {
		return nil, err
	}
	if len(doc.Content) == 1 {
		if t.root = doc.Content[0]; t.root.Kind != yaml.MappingNode {
			return nil, errors.New("it holds something else than settings")
		}
	}
	for l := range strings.Lines(whole) {
		content := strings.TrimSuffix(strings.TrimSuffix(l, "\n"), "\r")
		t.lines = append(t.lines, line{content: content, end: l[len(content):]})
	}
	if len(t.lines) > 0 && t.lines[0].end == "\r\n" {
		t.eol = "\r\n"
	}
	return t, nil
}

func (t *text) bytes() []byte {
	var out strings.Builder
	out.WriteString(t.bom)
	open := false // the last line has no end
	write := func(content, end string) {
		if open {
			out.WriteString(t.eol)
		}
		out.WriteString(content + end)
		open = end == ""
	}
	for _, l := range t.lines {
		if !l.gone {
			write(l.content, l.end)
		}
		for _, further := range l.after {
			write(further, t.eol)
		}
	}
	for _, further := range t.tail {
		write(further, t.eol)
	}
	return []byte(out.String())
}

// find lists where a key stands, and the section that it would stand in, if that is there.
func (t *text) find(key string) (found []entry, section *entry) {
	before, _, nested := strings.Cut(key, ".")
	for _, e := range entriesIn(t.root, "") {
		if e.path == key {
			found = append(found, e)
		}
		if nested && e.path == before && section == nil {
			section = &e
		}
	}
	return found, section
}

// behind returns where the value begins behind a key: at the byte after the colon.
func (t *text) behind(e entry) (int, error) {
	from, to, err := t.span(e.key)
	if err != nil || from < 0 {
		return 0, t.unusual(e.key)
	}
	content := t.lines[e.key.Line-1].content
	rest := strings.TrimLeft(content[to:], " \t")
	if !strings.HasPrefix(rest, ":") {
		return 0, t.unusual(e.key)
	}
	return len(content) - len(rest) + 1, nil
}

func (t *text) unusual(n *yaml.Node) error {
	return fmt.Errorf("line %d has a form that only a person should change", n.Line)
}

// replace writes a value in place of another, which is of one line, or a list with an item a line.
func (t *text) replace(e entry, value string) error {
	at := &t.lines[e.key.Line-1]
	colon, err := t.behind(e)
	if err != nil {
		return err
	}
	switch v := e.value; {
	case v.Kind == yaml.ScalarNode && v.Value == "" && v.Style == 0 && v.Anchor == "": // none
		at.content = at.content[:colon] + " " + value + at.content[colon:]
	case v.Kind == yaml.SequenceNode && v.Style&yaml.FlowStyle == 0:
		if v.Line == e.key.Line || v.Anchor != "" || t.clear(v) != nil {
			return t.unusual(v)
		}
		at.content = at.content[:colon] + " " + value + at.content[colon:]
	default:
		from, to, err := t.span(v)
		if err != nil || v.Line != e.key.Line || v.Kind == yaml.MappingNode {
			return t.unusual(v)
		}
		at.content = at.content[:from] + value + at.content[to:]
	}
	return nil
}

// insert writes an entry as the first one of a section.
func (t *text) insert(section *entry, entry string) error {
	at := &t.lines[section.key.Line-1]
	switch v := section.value; {
	case v.Kind == yaml.ScalarNode && v.Value == "" && v.Anchor == "":
		at.after = append(at.after, strings.Repeat(" ", section.key.Column+1)+entry)
	case v.Kind != yaml.MappingNode || len(v.Content) == 0:
		return t.unusual(v)
	case v.Style&yaml.FlowStyle != 0:
		first := v.Content[0]
		from, _, err := t.span(first)
		if err != nil {
			return t.unusual(v)
		}
		l := &t.lines[first.Line-1]
		l.content = l.content[:from] + entry + ", " + l.content[from:]
	default:
		at.after = append(at.after, strings.Repeat(" ", v.Content[0].Column-1)+entry)
	}
	return nil
}

// add writes a setting at the end, with its section, where that is not there.
func (t *text) add(key, value string) error {
	indent := ""
	if t.root != nil {
		if t.root.Style&yaml.FlowStyle != 0 || len(t.root.Content) == 0 {
			return t.unusual(t.root)
		}
		indent = strings.Repeat(" ", t.root.Content[0].Column-1)
	}
	if section, inner, nested := strings.Cut(key, "."); nested {
		t.tail = append(t.tail, indent+section+":", indent+"  "+inner+": "+value)
	} else {
		t.tail = append(t.tail, indent+key+": "+value)
	}
	return nil
}

// remove takes an entry away, with its section if it is the last one there.
func (t *text) remove(e entry) error {
	if e.in != t.root && len(e.in.Content) == 2 {
		for _, section := range entriesIn(t.root, "") {
			if section.value == e.in {
				return t.remove(section)
			}
		}
	}
	if e.in.Style&yaml.FlowStyle != 0 {
		return t.cut(e)
	}
	colon, err := t.behind(e)
	if err != nil {
		return err
	}
	if err := t.clear(e.value); err != nil {
		return err
	}
	t.take(e.key.Line, colon)
	return nil
}

// cut takes an entry out of {…} of one line, with a comma beside it.
func (t *text) cut(e entry) error {
	i := slices.Index(e.in.Content, e.key)
	if len(e.in.Content) == 2 || e.in.Content[0].Line != e.in.Content[len(e.in.Content)-1].Line {
		return t.unusual(e.key)
	}
	from, _, err := t.span(e.key)
	_, to, err2 := t.span(e.value)
	if i > 0 {
		_, from, err = t.span(e.in.Content[i-1])
	} else {
		to, _, err2 = t.span(e.in.Content[i+2])
	}
	if err != nil || err2 != nil || from < 0 || to < from {
		return t.unusual(e.key)
	}
	at := &t.lines[e.key.Line-1]
	at.content = at.content[:from] + at.content[to:]
	return nil
}
