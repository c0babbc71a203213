package mcpclients

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// yamlForm is YAML: an entry is a block of lines, first in its list.
type yamlForm struct{}

func (f yamlForm) decode(text string) (map[string]any, error) {
	if _, err := f.root(text); err != nil {
		return nil, err
	}
	all := map[string]any{}
	if err := yaml.Unmarshal([]byte(text), &all); err != nil {
		// The words of the library may show what stands there.
		return nil, &SyntaxError{What: "it is no list of settings, or one of them is there twice"}
	}
	return all, nil
}

// root is the mapping of the only document; nil for a blank text.
func (yamlForm) root(text string) (*yaml.Node, error) {
	if len(text) > maxNested {
		return nil, &SyntaxError{What: tooLarge}
	}
	if strings.ContainsAny(strings.ReplaceAll(text, "\r\n", ""), "\r\u0085\u2028\u2029") { // which YAML takes for ends of lines too
		return nil, &SyntaxError{What: "it has line breaks of another kind than \\n and \\r\\n"}
	}
	d := yaml.NewDecoder(bytes.NewReader([]byte(text)))
	var document, another yaml.Node
	switch err := d.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil, nil //nolint:nilnil // there is none, and that is no error
	case err != nil:
		return nil, &SyntaxError{What: "this is no YAML (" + strings.TrimPrefix(err.Error(), "yaml: ") + ")"} // what is wrong, without the text
	}
	if !errors.Is(d.Decode(&another), io.EOF) {
		return nil, &SyntaxError{What: "there is more than one document"}
	}
	root := document.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return nil, nil //nolint:nilnil // as above
	}
	if root.Kind != yaml.MappingNode || root.Style&yaml.FlowStyle != 0 {
		return nil, &SyntaxError{root.Line, root.Column, "no list of settings, a line each"}
	}
	return root, nil
}

// in is the key and the value of a name in a mapping, nil where it is not there.
func in(mapping *yaml.Node, name string) (key, value *yaml.Node) {
	for i := 0; mapping != nil && mapping.Kind == yaml.MappingNode && i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == name {
			return mapping.Content[i], mapping.Content[i+1]
		}
	}
	return nil, nil
}

// offsetOf is where a node begins in the text.
func offsetOf(text string, n *yaml.Node) int {
	at := 0
	for range n.Line - 1 {
		at = nextLine(text, at)
	}
	column := 0 // they count characters
	for i := range text[at:] {
		if column++; column == n.Column {
			return at + i
		}
	}
	return len(text)
}

func (f yamlForm) add(text string, list []string, entry fields) (edit, error) {
	root, err := f.root(text)
	if err != nil {
		return edit{}, err
	}
	eol := endOf(text)
	key, value := in(root, list[0])
	if key == nil {
		before := ""
		if text != "" && !strings.HasSuffix(text, "\n") {
			before = eol
		}
		return edit{len(text), len(text), before + list[0] + ":" + eol + writeYAML("  ", entry, eol)}, nil
	}
	if value.Kind == yaml.MappingNode && value.Style&yaml.FlowStyle != 0 {
		at := offsetOf(text, value) + 1
		written := memberJSON(field{Name, entry}, "", "")
		if len(value.Content) > 0 {
			written += ", "
		}
		return edit{at, at, written}, nil
	}
	indent := indentAt(text, offsetOf(text, key)) + "  "
	switch {
	case value.Kind == yaml.MappingNode && value.Content[0].Line > key.Line:
		indent = strings.Repeat(" ", value.Content[0].Column-1)
	case value.Kind == yaml.ScalarNode && value.Tag == "!!null":
	default:
		return edit{}, &SyntaxError{value.Line, value.Column, "no list of extensions, a line each"}
	}
	at := nextLine(text, offsetOf(text, key))
	written := writeYAML(indent, entry, eol)
	if at == len(text) && !strings.HasSuffix(text, "\n") {
		written = eol + strings.TrimSuffix(written, eol)
	}
	return edit{at, at, written}, nil
}

// writeYAML writes the entry as a block.
func writeYAML(indent string, entry fields, eol string) string {
	var b strings.Builder
	b.WriteString(indent + Name + ":" + eol)
	for _, f := range entry {
		b.WriteString(indent + "  " + f.key + ": " + scalarJSON(f.value) + eol)
	}
	return b.String()
}

func (f yamlForm) remove(text string, list []string) ([]edit, error) {
	root, err := f.root(text)
	if err != nil {
		return nil, err
	}
	_, extensions := in(root, list[0])
	key, _ := in(extensions, Name)
	if key == nil {
		return nil, nil
	}
	if extensions.Style&yaml.FlowStyle != 0 {
		return nil, &SyntaxError{key.Line, key.Column, otherwise}
	}
	from := lineStart(text, offsetOf(text, key))
	indent, to := len(indentAt(text, from)), nextLine(text, from)
	for at := to; at < len(text); {
		end := nextLine(text, at)
		line := text[at:end]
		if !blank(line) && len(line)-len(strings.TrimLeft(line, " ")) <= indent {
			break
		}
		if at = end; !blank(line) {
			to = end
		}
	}
	return []edit{{from: from, to: to}}, nil
}

func (f yamlForm) command(text string, list []string) (from, to int, err error) {
	root, err := f.root(text)
	if err != nil {
		return 0, 0, err
	}
	node := root
	for _, name := range append(slices.Clone(list), Name, "cmd") {
		_, node = in(node, name)
	}
	if node == nil || node.Kind != yaml.ScalarNode || node.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 || node.Anchor != "" {
		return 0, 0, &SyntaxError{What: otherwise}
	}
	from = offsetOf(text, node)
	to = lineEnd(text, from)
	if comment := strings.Index(text[from:to], " #"); comment >= 0 && node.LineComment != "" {
		to = from + comment
	}
	return from, from + len(strings.TrimRight(text[from:to], " \t")), nil
}

func (yamlForm) quote(value string) string { return scalarJSON(value) }
