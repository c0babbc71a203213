package mcpclients

import (
	"errors"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// tomlForm is TOML: an entry is a table with a header of its own, at the end of the file.
type tomlForm struct{}

// maxNested bounds texts whose parsers go as deep as the text does.
const maxNested = 512 << 10 // bytes

const (
	tooLarge    = "the file is too large for a configuration"
	otherwise   = "the entry is written in a form that is not changed here; take it out by hand"
	notReadable = "it can't be read"
)

func (tomlForm) decode(text string) (map[string]any, error) {
	if len(text) > maxNested {
		return nil, &SyntaxError{What: tooLarge}
	}
	all := map[string]any{}
	err := toml.Unmarshal([]byte(text), &all)
	if wrong, ok := errors.AsType[*toml.DecodeError](err); ok {
		line, column := wrong.Position()
		return nil, &SyntaxError{line, column, "this is no TOML"}
	}
	if err != nil {
		return nil, &SyntaxError{What: notReadable}
	}
	return all, nil
}

// table is a table's lines.
type table struct {
	keys       []string
	start, end int // of its lines
	command    unstable.Range
}

// tables reads where each table is.
func (tomlForm) tables(text string) ([]table, error) {
	var all []table
	var p unstable.Parser
	p.Reset([]byte(text))
	for p.NextExpression() {
		e := p.Expression()
		if e.Kind == unstable.Comment {
			continue
		}
		var keys []string
		start := 0
		for it := e.Key(); it.Next(); {
			if keys == nil {
				start = lineStart(text, int(it.Node().Raw.Offset))
			}
			keys = append(keys, string(it.Node().Data))
		}
		switch {
		case e.Kind == unstable.Table || e.Kind == unstable.ArrayTable:
			if len(all) > 0 {
				all[len(all)-1].end = start
			}
			all = append(all, table{keys: keys, start: start, end: len(text)})
		case len(all) > 0 && len(keys) == 1 && keys[0] == "command" && e.Value().Kind == unstable.String:
			all[len(all)-1].command = e.Value().Raw
		}
	}
	if p.Error() != nil {
		return nil, &SyntaxError{What: notReadable}
	}
	return all, nil
}

func (tomlForm) add(text string, list []string, entry fields) (edit, error) {
	eol := endOf(text)
	var b strings.Builder
	if text != "" && !strings.HasSuffix(text, "\n") {
		b.WriteString(eol)
	}
	if !blank(text) {
		b.WriteString(eol)
	}
	b.WriteString("[" + strings.Join(append(slices.Clone(list), Name), ".") + "]" + eol)
	for _, f := range entry {
		b.WriteString(f.key + " = " + scalarJSON(f.value) + eol)
	}
	return edit{len(text), len(text), b.String()}, nil
}

func (f tomlForm) remove(text string, list []string) ([]edit, error) {
	all, err := f.tables(text)
	if err != nil {
		return nil, err
	}
	ours := append(slices.Clone(list), Name)
	var edits []edit
	for _, t := range all {
		if len(t.keys) < len(ours) || !slices.Equal(t.keys[:len(ours)], ours) {
			continue
		}
		e := edit{from: t.start, to: t.start + len(withoutTail(text[t.start:t.end]))}
		if before := lineStart(text, max(e.from-1, 0)); before < e.from && blank(text[before:e.from]) {
			e.from = before // the empty line that add put there
		}
		edits = append(edits, e)
	}
	return edits, nil
}

// withoutTail is a text without the comments and empty lines at its end, which belong to what follows.
func withoutTail(text string) string {
	lines := slices.Collect(strings.Lines(text))
	for len(lines) > 1 && (blank(lines[len(lines)-1]) || strings.HasPrefix(strings.TrimSpace(lines[len(lines)-1]), "#")) {
		lines = lines[:len(lines)-1]
	}
	return strings.Join(lines, "")
}

func (f tomlForm) command(text string, list []string) (from, to int, err error) {
	all, err := f.tables(text)
	if err != nil {
		return 0, 0, err
	}
	for _, t := range all {
		if slices.Equal(t.keys, append(slices.Clone(list), Name)) && t.command.Length > 0 {
			return int(t.command.Offset), int(t.command.Offset + t.command.Length), nil
		}
	}
	return 0, 0, &SyntaxError{What: otherwise}
}

// quote: TOML's basic strings have JSON's escapes.
func (tomlForm) quote(value string) string { return scalarJSON(value) }
