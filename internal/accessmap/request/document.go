package request

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// errNoPlace: the file is written in a way that text can't be put into with certainty.
var errNoPlace = errors.New("the place in the file is written in a way that this does not edit")

// document is a map's bytes with what YAML makes of them. It must have been parsed as a map: it has no aliases, and nodes stand
// where they say.
type document struct {
	data  []byte
	lines []int // offset of each line, by YAML's own count
	root  *yaml.Node
}

// insertion is a text that is put in at an offset, or something that is taken out there: the end, and the reason, of a rule that has
// ended, or what is to be removed.
type insertion struct {
	at   int
	text string
	cut  int // bytes at the offset that the text stands for; they are in one line
}

func newDocument(data []byte) (*document, error) {
	const byteOrderMark = "\xef\xbb\xbf"
	d := &document{data: data}
	begin := 0
	if bytes.HasPrefix(data, []byte(byteOrderMark)) {
		begin = len(byteOrderMark)
	}
	var node yaml.Node
	if err := yaml.Unmarshal(data[begin:], &node); err != nil {
		return nil, err
	}
	if len(node.Content) != 1 {
		return nil, errNoPlace
	}
	d.root = node.Content[0]
	d.lines = []int{begin}
	for i := begin; i < len(data); {
		size := lineBreak(data[i:])
		if size > 0 {
			d.lines = append(d.lines, i+size)
		}
		i += max(size, 1)
	}
	return d, nil
}

// lineBreak is the length of the line break that a text begins with, 0 for none: YAML counts more of them than an editor does.
func lineBreak(data []byte) int {
	for _, sign := range []string{"\r\n", "\n", "\r", "\u0085", "\u2028", "\u2029"} {
		if bytes.HasPrefix(data, []byte(sign)) {
			return len(sign)
		}
	}
	return 0
}

// offset is where a node begins.
func (d *document) offset(n *yaml.Node) (int, error) {
	if n.Line < 1 || n.Line > len(d.lines) {
		return 0, errNoPlace
	}
	at := d.lines[n.Line-1]
	for range n.Column - 1 {
		_, size := utf8.DecodeRune(d.data[at:])
		if at += size; at >= len(d.data) {
			return 0, errNoPlace
		}
	}
	return at, nil
}

// value is what stands under a key of a mapping; nil where there is none.
func value(mapping *yaml.Node, key string) *yaml.Node {
	if mapping == nil || mapping.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return nil
}

// at is what stands at the end of a path of keys from the root; nil where there is nothing.
func (d *document) at(path ...string) *yaml.Node {
	node := d.root
	for _, key := range path {
		node = value(node, key)
	}
	return node
}

// addItem puts an item at the end of a list.
func (d *document) addItem(list *yaml.Node, item string) (insertion, error) {
	if list.Kind != yaml.SequenceNode {
		return insertion{}, errNoPlace
	}
	if list.Style&yaml.FlowStyle != 0 {
		return d.intoFlow(list, item)
	}
	return d.ownLine(list, list.Content[len(list.Content)-1], "- "+item)
}

// addKey puts a key with a value in flow style into a mapping: behind the last of the keys named that are there, else at the end.
func (d *document) addKey(mapping *yaml.Node, key, text string, behind ...string) (insertion, error) {
	if mapping.Kind != yaml.MappingNode {
		return insertion{}, errNoPlace
	}
	entry := quoted(key) + ": " + text
	if mapping.Style&yaml.FlowStyle != 0 {
		return d.intoFlow(mapping, entry)
	}
	last := mapping.Content[len(mapping.Content)-1]
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if slices.Contains(behind, mapping.Content[i].Value) {
			last = mapping.Content[i+1]
		}
	}
	return d.ownLine(mapping, last, entry)
}

// intoFlow puts an entry before the closing bracket of a list or mapping in brackets.
func (d *document) intoFlow(node *yaml.Node, entry string) (insertion, error) {
	begin, err := d.offset(node)
	if err != nil {
		return insertion{}, err
	}
	f, ok := scanFlow(d.data, begin)
	switch {
	case !ok:
		return insertion{}, errNoPlace
	case f.last == begin+1 && node.Kind == yaml.MappingNode: // as braces with nothing in them
		entry = " " + entry + " "
	case f.last == begin+1:
	case f.comma:
		entry = " " + entry
	default:
		entry = ", " + entry
	}
	return insertion{at: f.last, text: entry}, nil
}

// ownLine puts an entry of a block on a line of its own, behind another entry of that block.
func (d *document) ownLine(block, behind *yaml.Node, entry string) (insertion, error) {
	begin, err := d.offset(block)
	if err != nil {
		return insertion{}, err
	}
	indent := string(d.data[d.lines[block.Line-1]:begin])
	if strings.Trim(indent, " -") != "" {
		return insertion{}, errNoPlace
	}
	indent = strings.Repeat(" ", len(indent)) // of a mapping in a list, the first key stands behind a dash
	line, err := d.lastLine(behind, len(indent))
	if err != nil {
		return insertion{}, err
	}
	end := len(d.data)
	if line < len(d.lines) {
		end = d.lines[line]
	}
	here := d.data[d.lines[line-1]:end]
	eol := "\n"
	if bytes.HasSuffix(here, []byte("\r\n")) || !bytes.HasSuffix(here, []byte("\n")) && bytes.Contains(d.data, []byte("\r\n")) {
		eol = "\r\n"
	}
	switch {
	case bytes.HasSuffix(here, []byte("\n")):
		return insertion{at: end, text: indent + entry + eol}, nil
	case end == len(d.data) && len(bytes.TrimRight(here, "\r\u0085\u2028\u2029")) == len(here): // the file ends without a line break
		return insertion{at: end, text: eol + indent + entry}, nil
	}
	return insertion{}, errNoPlace // a line break that YAML knows and a patch does not
}

// lastLine is the number of the last line of an entry in a block of some indent: all that is indented deeper belongs to it,
// comments too, and the closing brackets in it, wherever they stand.
func (d *document) lastLine(entry *yaml.Node, indent int) (int, error) {
	line := entry.Line
	for nodes := []*yaml.Node{entry}; len(nodes) > 0; nodes = nodes[1:] {
		n := nodes[0]
		nodes = append(nodes, n.Content...)
		line = max(line, n.Line)
		if n.Kind != yaml.ScalarNode && n.Style&yaml.FlowStyle != 0 {
			begin, err := d.offset(n)
			if err != nil {
				return 0, err
			}
			f, ok := scanFlow(d.data, begin)
			if !ok {
				return 0, errNoPlace
			}
			closes, _ := slices.BinarySearch(d.lines, f.closes+1) // lines that begin at or before the bracket
			line = max(line, closes)
		}
	}
	for next := line + 1; next <= len(d.lines); next++ {
		end := len(d.data)
		if next < len(d.lines) {
			end = d.lines[next]
		}
		text := strings.TrimRight(string(d.data[d.lines[next-1]:end]), "\r\n\u0085\u2028\u2029 ")
		if text == "" {
			continue
		}
		if len(text)-len(strings.TrimLeft(text, " ")) <= indent {
			break
		}
		line = next
	}
	return line, nil
}

// apply puts texts into the file, in their order there.
func (d *document) apply(texts []insertion) []byte {
	var b bytes.Buffer
	done := 0
	for _, t := range texts {
		b.Write(d.data[done:t.at])
		b.WriteString(t.text)
		done = t.at + t.cut
	}
	b.Write(d.data[done:])
	return b.Bytes()
}

// quoted writes a text so that YAML takes it for nothing but that text, in brackets too.
func quoted(s string) string {
	plain := &yaml.Node{Kind: yaml.ScalarNode, Value: s}
	if ui.IsPlain(s, "_./-") && ui.IsPlain(s[:1], "/") && plain.ShortTag() == "!!str" && !legacyBool(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

// legacyBool reports whether YAML 1.1, which many tools still read, takes a word for true or false.
func legacyBool(s string) bool {
	return slices.Contains([]string{"y", "n", "yes", "no", "on", "off"}, strings.ToLower(s))
}
