package statickeys

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxYAML bounds what is parsed as YAML, in bytes: a parser that keeps comments is slow. What is larger is looked through as text.
const maxYAML = 2 << 20

// yaml walks documents of YAML, where a path is the name of what it leads to, and looks through them as text besides, for what comments
// say. It reports false for what is none, such as a template.
func (r *run) yaml(at Place, content []byte) bool {
	if len(content) > maxYAML {
		return false
	}
	var documents []*yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	for len(documents) < 1000 {
		var document yaml.Node
		if err := decoder.Decode(&document); err != nil {
			if len(documents) == 0 || !errors.Is(err, io.EOF) {
				return false
			}
			break
		}
		documents = append(documents, &document)
	}
	report, seen, starts := r.report, make(map[string]bool), lineStarts(content)
	r.report = func(found Finding) {
		name := found.Rule + "\x00" + found.value + "\x00" + strconv.Itoa(found.Place.Line)
		if seen[name] {
			return
		}
		seen[name] = true
		if found.Allowed == "" {
			found.Allowed = allowed(content, starts[min(max(found.Place.Line, 1), len(starts))-1], found.Rule)
		}
		if strings.Contains(found.Allowed, found.value) {
			found.Allowed = ""
		}
		report(found)
	}
	f := r.flat(at)
	for _, document := range documents {
		f.yaml(document, 0)
	}
	f.flush()
	r.look(&text{data: content, at: at, config: true})
	r.report = report
	return true
}

// lineStarts is where each line begins.
func lineStarts(content []byte) []int {
	starts := []int{0}
	for at := 0; ; {
		next := bytes.IndexByte(content[at:], '\n')
		if next < 0 {
			return starts
		}
		at += next + 1
		starts = append(starts, at)
	}
}

func (f *flat) yaml(n *yaml.Node, depth int) {
	if depth > maxDepth {
		return
	}
	switch n.Kind {
	case yaml.DocumentNode:
		for _, child := range n.Content {
			f.yaml(child, depth+1)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			f.push(n.Content[i].Value)
			f.yaml(n.Content[i+1], depth+1)
			f.pop()
			f.full()
		}
	case yaml.SequenceNode:
		for i, child := range n.Content {
			f.item(i)
			f.yaml(child, depth+1)
			f.pop()
			f.full()
		}
	case yaml.ScalarNode:
		m := mark{line: n.Line, column: n.Column}
		if n.Style == yaml.LiteralStyle || n.Style == yaml.FoldedStyle {
			m.line, m.column = n.Line+1, 1
		}
		f.leaf([]byte(n.Value), m)
	}
	// An alias is what its anchor is, which was walked.
}
