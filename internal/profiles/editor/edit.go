package editor

import (
	"slices"
	"strings"
)

// Setting is a wanted line "key = value" of a section. An empty value leaves what is there as it is.
type Setting struct {
	Key, Value string
	Keep       bool // another value that is there stays
	InPlace    bool // it is written in place of another value only: a section without one gets none
}

func (v Setting) line() string { return v.Key + " = " + v.Value }

// addition is a section added at the end of the file.
type addition struct {
	header   string
	settings []Setting
}

// Action is what happens to a section.
type Action string

// The actions of an edit.
const (
	Added     Action = "added"
	Updated   Action = "updated"
	Unchanged Action = "unchanged"
	Removed   Action = "removed"
)

// Put writes the settings into the section of that name, and returns whether that added or changed anything. A missing
// section is added at the end, behind a blank line. In an existing one only the lines of these keys are replaced; a
// comment behind a replaced value gets a line of its own. The error is an *UnsafeError.
func (doc *Document) Put(name string, settings []Setting) (Action, error) {
	s, err := doc.Find(name)
	if err != nil {
		return "", err
	}
	settings = slices.DeleteFunc(slices.Clone(settings), func(v Setting) bool { return v.Value == "" })
	if s == nil {
		settings = slices.DeleteFunc(settings, func(v Setting) bool { return v.InPlace })
		doc.tail = append(doc.tail, addition{doc.Header(name), settings})
		return Added, nil
	}
	keys := make([]string, len(settings))
	for i, v := range settings {
		keys[i] = v.Key
	}
	if err := s.Editable(keys); err != nil {
		return "", err
	}
	action := Unchanged
	at, indent := &doc.lines[s.Line-1], ""
	if len(s.Properties) > 0 {
		indent = s.Properties[0].indent
	}
	for _, v := range settings {
		if p := s.Property(v.Key); p != nil {
			at, indent = &doc.lines[p.Line-1], p.indent
			if v.Keep || doc.style.reads(p, v) {
				continue
			}
			at.gone = true
			v.InPlace = false
			if _, comment := cutComment(p.Value); comment != "" {
				at.after = append(at.after, indent+comment)
			}
		}
		if v.InPlace {
			continue
		}
		at.after = append(at.after, indent+v.line())
		action = Updated
	}
	return action, nil
}

// Remove removes the section of that name, with the blank line that Put added before it. If a person added lines, these
// and the header stay, only the lines of the keys are removed, and kept names what stays. Comments and blank lines
// behind the last of our lines belong to what follows and stay; so does a comment with "=", which may be a setting,
// even a secret, that a person disabled. An absent section is no error; the error is an *UnsafeError.
func (doc *Document) Remove(name string, keys []string) (kept []string, err error) {
	s, err := doc.Find(name)
	if err != nil || s == nil {
		return nil, err
	}
	if err := s.Editable(keys); err != nil {
		return nil, err
	}
	last := s.Line
	for _, p := range s.Properties {
		if slices.Contains(keys, p.Key) {
			last = p.Line
		} else {
			kept = append(kept, p.Key)
		}
	}
	if s.Other != 0 {
		kept = append(kept, "a line that is not a setting")
	}
	if len(kept) > 0 {
		for _, p := range s.Properties {
			if slices.Contains(keys, p.Key) {
				doc.lines[p.Line-1].gone = true
			}
		}
		return kept, nil
	}
	for i := s.Line - 1; i < last; i++ {
		text := strings.TrimSpace(doc.lines[i].text)
		doc.lines[i].gone = !isComment(text) || !strings.Contains(text, "=")
	}
	doc.removeSeparator(s.Line-1, last)
	return nil, nil
}

// removeSeparator removes the empty line before the removed lines, which are those with indexes from header to before
// behind, or the one after them if nothing is left before.
func (doc *Document) removeSeparator(header, behind int) {
	before := header - 1
	if before >= 0 && !doc.lines[before].gone {
		doc.lines[before].gone = doc.lines[before].text == ""
		return
	}
	for before >= 0 && doc.lines[before].gone {
		before--
	}
	if before < 0 && behind < len(doc.lines) {
		doc.lines[behind].gone = doc.lines[behind].text == ""
	}
}

// Result returns the document's new bytes and a diff as of diff -U0 for the file at path, "" if nothing changes. The
// diff is clean for a terminal and shows no line that stays.
//
// Lines that are not changed keep their bytes, line endings included. The last line of the file ends with one only if
// it did before, so that adding and removing a section gives the old bytes.
func (doc *Document) Result(path string) (data []byte, diff string) {
	var (
		b        strings.Builder
		d        differ
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
	if doc.BOM {
		b.WriteString(byteOrderMark)
	}
	for _, l := range doc.lines {
		if l.header {
			// A comment behind the bracket is not ours.
			name, _, _ := strings.Cut(strings.TrimSpace(l.text), "]")
			d.section = name + "]"
		}
		if l.gone {
			d.remove(l.text)
			if l.header {
				d.current().section = ""
			}
		} else {
			d.unchanged()
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
			d.add(v.line())
			emit(v.line(), "")
		}
	}
	if doc.finalEOL {
		b.WriteString(pending)
	}
	return []byte(b.String()), d.unified(path)
}
