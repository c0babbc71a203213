package mcpclients

import (
	"bytes"
	"encoding/json"
	"strings"
)

// jsonForm is JSON, and what editors take for it: with comments, and commas at the end.
type jsonForm struct{}

func (jsonForm) decode(text string) (map[string]any, error) {
	if blank(text) {
		return map[string]any{}, nil
	}
	root, err := parseJSON(text)
	if err != nil {
		return nil, err
	}
	object, ok := root.plain().(map[string]any)
	if !ok {
		return nil, wrongAt(text, root.start, "no object")
	}
	return object, nil
}

// to leads to the object of a list, as far as it is there, and the names that are missing.
func (jsonForm) to(text string, list []string) (object *node, missing []string, err error) {
	if object, err = parseJSON(text); err != nil {
		return nil, nil, err
	}
	for i := 0; ; i++ {
		if object.kind != '{' {
			return nil, nil, wrongAt(text, object.start, "no object")
		}
		if i == len(list) {
			return object, nil, nil
		}
		at, err := object.find(text, list[i])
		if err != nil {
			return nil, nil, err
		}
		if at < 0 {
			return object, list[i:], nil
		}
		object = &object.members[at].value
	}
}

func (f jsonForm) add(text string, list []string, entry fields) (edit, error) {
	eol := endOf(text)
	if blank(text) {
		whole := fields{{Name, entry}}
		for i := len(list) - 1; i >= 0; i-- {
			whole = fields{{list[i], whole}}
		}
		return edit{0, 0, writeJSON(whole, eol, "  ") + eol}, nil
	}
	object, missing, err := f.to(text, list)
	if err != nil {
		return edit{}, err
	}
	ours := field{Name, entry}
	for i := len(missing) - 1; i >= 0; i-- {
		ours = field{missing[i], fields{ours}}
	}
	inside := object.start + 1
	if len(object.members) > 0 && !strings.Contains(text[inside:object.members[0].start], "\n") {
		return edit{object.members[0].start, object.members[0].start, memberJSON(ours, "", "") + ", "}, nil
	}
	unit := unitOf(text)
	indent := indentAt(text, object.start) + unit
	if len(object.members) > 0 {
		indent = indentAt(text, object.members[0].start)
	}
	written := eol + indent + memberJSON(ours, eol+indent, unit)
	if len(object.members) > 0 {
		written += ","
	}
	if at := endOfComments(text, inside); at >= 0 {
		return edit{at, at, written}, nil
	}
	return edit{inside, inside, written + eol + indentAt(text, object.start)}, nil
}

// endOfComments is the end of the line, if nothing but comments stand there from an offset on; else -1.
func endOfComments(text string, offset int) int {
	p := &jsonParser{text: text[:lineEnd(text, offset)], at: offset}
	if p.space() != nil || p.at < len(p.text) || len(p.text) == len(text) {
		return -1
	}
	return p.at
}

// unitOf is by how much the text indents.
func unitOf(text string) string {
	for line := range strings.Lines(text) {
		if indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]; indent != "" && !blank(line) {
			return indent
		}
	}
	return "  "
}

func (f jsonForm) remove(text string, list []string) ([]edit, error) {
	object, missing, err := f.to(text, list)
	if err != nil || missing != nil {
		return nil, err
	}
	at, err := object.find(text, Name)
	if err != nil || at < 0 {
		return nil, err
	}
	m := object.members[at]
	edits := []edit{{from: m.start, to: m.value.end}}
	switch {
	case m.comma >= 0 && blank(text[m.value.end:m.comma]):
		edits[0].to = m.comma + 1
	case m.comma >= 0:
		edits = append(edits, edit{from: m.comma, to: m.comma + 1})
	case at > 0 && object.members[at-1].comma >= 0:
		before := object.members[at-1].comma
		edits = append(edits, edit{from: before, to: before + 1})
	}
	edits[0] = wholeLines(text, edits[0])
	return edits, nil
}

// wholeLines widens an edit that takes out all there is on its lines to the lines themselves, and another to the space
// behind it.
func wholeLines(text string, e edit) edit {
	if end := nextLine(text, e.to); blank(text[lineStart(text, e.from):e.from]) && blank(text[e.to:end]) && strings.HasSuffix(text[:end], "\n") {
		return edit{from: lineStart(text, e.from), to: end}
	}
	for e.to < len(text) && text[e.to] == ' ' {
		e.to++
	}
	return e
}

func (f jsonForm) command(text string, list []string) (from, to int, err error) {
	object, missing, err := f.to(text, append(list[:len(list):len(list)], Name))
	if err != nil || missing != nil {
		return 0, 0, err
	}
	at, err := object.find(text, "command")
	if err != nil || at < 0 {
		return 0, 0, err
	}
	program := &object.members[at].value
	if program.kind == '[' && len(program.items) > 0 {
		program = &program.items[0]
	}
	return program.start, program.end, nil
}

func (jsonForm) quote(value string) string { return scalarJSON(value) }

// writeJSON writes an object. With an eol, each member is on a line of its own; eol may have an indent behind it.
func writeJSON(object fields, eol, unit string) string {
	if len(object) == 0 {
		return "{}"
	}
	inner, between := eol+unit, ","
	if eol == "" {
		between = ", "
	}
	var members []string
	for _, f := range object {
		members = append(members, inner+memberJSON(f, inner, unit))
	}
	return "{" + strings.Join(members, between) + eol + "}"
}

func memberJSON(f field, eol, unit string) string {
	value, ok := f.value.(fields)
	if !ok {
		return scalarJSON(f.key) + ": " + scalarJSON(f.value)
	}
	return scalarJSON(f.key) + ": " + writeJSON(value, eol, unit)
}

// scalarJSON is a value on one line. JSON's texts and lists of texts are those of YAML too.
func scalarJSON(value any) string {
	if list, ok := value.([]string); ok {
		quoted := make([]string, len(list))
		for i, text := range list {
			quoted[i] = scalarJSON(text)
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return "null" // no field holds what can't be encoded
	}
	return strings.TrimSuffix(b.String(), "\n")
}
