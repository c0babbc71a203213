package profiles

import (
	"slices"
	"strings"
)

// setting is a line "key = value" that is ours. An empty value takes the line away.
type setting struct{ key, value string }

// addition is a section put in at the end of the file.
type addition struct {
	header   string
	settings []setting
}

// put makes the section of that name hold the settings, and reports whether that was new or changed anything. A missing
// section is added at the end, behind a blank line. In an existing one only the lines of these keys are replaced; a
// comment behind a replaced value gets a line of its own.
func (doc *document) put(name string, settings []setting) (Action, error) {
	s, err := doc.find(name)
	if err != nil {
		return "", err
	}
	if s == nil {
		settings = slices.DeleteFunc(slices.Clone(settings), func(v setting) bool { return v.value == "" })
		doc.tail = append(doc.tail, addition{doc.dialect.header(name), settings})
		return Added, nil
	}
	keys := make([]string, len(settings))
	for i, v := range settings {
		keys[i] = v.key
	}
	if err := s.editable(keys); err != nil {
		return "", err
	}
	action := Unchanged
	at, indent := s.header, ""
	if len(s.properties) > 0 {
		indent = s.properties[0].indent
	}
	for _, v := range settings {
		p := s.property(v.key)
		if p != nil {
			at, indent = p.line, p.indent
		}
		switch {
		case p == nil && v.value == "", p != nil && doc.dialect.reads(p, v):
			continue
		case p == nil:
			doc.lines[at].after = append(doc.lines[at].after, indent+v.key+" = "+v.value)
		default:
			doc.lines[p.line].gone = true
			if _, comment := cutComment(p.value); comment != "" {
				doc.lines[p.line].after = append(doc.lines[p.line].after, indent+comment)
			}
			if v.value != "" {
				doc.lines[p.line].after = append(doc.lines[p.line].after, indent+v.key+" = "+v.value)
			}
		}
		action = Updated
	}
	return action, nil
}

// remove takes the section of that name out, with the blank line that put set before it. Where a person added lines of
// their own, these and the header stay, only the lines of the given keys go, and kept names what stays. Comments and
// blank lines behind the last of our lines belong to what follows and stay; so does a comment with "=", which may be a
// setting that somebody took out of use, a secret even. An absent section is no error.
func (doc *document) remove(name string, keys []string) (kept []string, err error) {
	s, err := doc.find(name)
	if err != nil || s == nil {
		return nil, err
	}
	if err := s.editable(keys); err != nil {
		return nil, err
	}
	last := s.header
	for _, p := range s.properties {
		if slices.Contains(keys, p.key) {
			last = p.line
		} else {
			kept = append(kept, p.key)
		}
	}
	if s.others != 0 {
		kept = append(kept, "a line that is no setting")
	}
	if len(kept) > 0 {
		for _, p := range s.properties {
			if slices.Contains(keys, p.key) {
				doc.lines[p.line].gone = true
			}
		}
		return kept, nil
	}
	for i := s.header; i <= last; i++ {
		text := strings.TrimSpace(doc.lines[i].text)
		doc.lines[i].gone = !isComment(text) || !strings.Contains(text, "=")
	}
	doc.removeSeparator(s.header, last)
	return nil, nil
}

// removeSeparator takes out the empty line before a removed section, or behind it where nothing is left before.
func (doc *document) removeSeparator(header, last int) {
	before := header - 1
	if before >= 0 && !doc.lines[before].gone {
		doc.lines[before].gone = doc.lines[before].text == ""
		return
	}
	for before >= 0 && doc.lines[before].gone {
		before--
	}
	if behind := last + 1; before < 0 && behind < len(doc.lines) {
		doc.lines[behind].gone = doc.lines[behind].text == ""
	}
}

// edited is the outcome of an edit.
type edited struct {
	data  []byte
	hunks []hunk
}

// result writes the document out. Lines that were not touched keep their bytes, their line endings included; but the
// last line of the file ends with one only if it did before, so that adding and removing a section gives the old bytes.
func (doc *document) result() edited {
	var (
		b        strings.Builder
		d        differ
		headers  = doc.headerLines()
		pending  string // the line ending that is written when another line follows
		anything bool
	)
	emit := func(text, eol string) {
		b.WriteString(pending)
		b.WriteString(text)
		if eol == "" {
			eol = doc.eol
		}
		pending, anything = eol, true
	}
	b.WriteString(doc.bom)
	for i, l := range doc.lines {
		if headers[i] {
			// A comment behind the bracket is another's.
			name, _, _ := strings.Cut(strings.TrimSpace(l.text), "]")
			d.section = name + "]"
		}
		if l.gone {
			d.remove(l.text)
			if headers[i] {
				d.current().section = ""
			}
		} else {
			d.keep()
			emit(l.text, l.eol)
		}
		for _, text := range l.after {
			d.add(text)
			emit(text, l.eol)
		}
	}
	d.section = ""
	for _, section := range doc.tail {
		if anything {
			d.add("")
			emit("", "")
		}
		d.add(section.header)
		emit(section.header, "")
		for _, v := range section.settings {
			d.add(v.key + " = " + v.value)
			emit(v.key+" = "+v.value, "")
		}
	}
	if doc.finalEOL {
		b.WriteString(pending)
	}
	return edited{data: []byte(b.String()), hunks: d.hunks()}
}

func (doc *document) headerLines() map[int]bool {
	headers := make(map[int]bool, len(doc.sections))
	for _, s := range doc.sections {
		headers[s.header] = true
	}
	return headers
}
