package statickeys

import (
	"bytes"
	"sort"
	"strings"
	"unicode/utf8"
)

// text is what is looked through, and where it comes from.
type text struct {
	data   []byte
	config bool
	at     Place // of its first byte, where segments say nothing else
	segs   []segment
	rows   []row // parts of segments that are on further lines of the file
	depth  int   // how often it was decoded
	seen   seen
}

// seen is how far lines were counted: places are asked for from front to back, and counting from the front for each would take the square.
type seen struct {
	from, to      int // from where a segment begins
	lines, column int // ends of lines; characters behind the last of them
}

// row is an item of a list that is one text, such as a line of a cell.
type row struct{ start, line int }

// mark is where a value stands in its file.
type mark struct {
	line, column int
	cell         int
	inCell       bool // lines count from the value's beginning
	fixed        bool // it stands on one line of the file, whatever ends of lines it holds
}

// segment is a part of a text that comes from one place.
type segment struct {
	start int // in the text
	mark
	path string
}

// place is where an offset of a text comes from.
func (t *text) place(offset int) Place {
	p := t.at
	from, m := 0, mark{line: max(1, p.Line), column: max(1, p.Column), fixed: p.Line > 0}
	if s := t.segment(offset); s != nil {
		from, m = s.start, s.mark
		if s.path != "" {
			p.Path = s.path
		}
	}
	lines, column := t.count(from, offset)
	column++
	if m.cell > 0 {
		p.Cell = m.cell
	}
	switch {
	case m.inCell:
		p.Line, p.Column, p.FileLine = 1+lines, column, m.line
		if n := sort.Search(len(t.rows), func(n int) bool { return t.rows[n].start > offset }) - 1; n >= 0 && t.rows[n].start > from {
			p.FileLine = t.rows[n].line
		}
	case m.fixed:
		p.Line, p.Column = m.line, m.column
	case lines == 0:
		p.Line, p.Column = m.line, m.column+column-1
	default:
		p.Line, p.Column = m.line+lines, column
	}
	if m.line == 0 { // a setting
		p.Line, p.Column, p.FileLine = 0, 0, 0
	}
	return p
}

// count is how many lines end between two offsets, and how many characters stand behind the last end.
func (t *text) count(from, to int) (lines, column int) {
	s := &t.seen
	if s.from != from || s.to < from || s.to > to {
		*s = seen{from: from, to: from}
	}
	part := t.data[s.to:to]
	if n := bytes.Count(part, []byte("\n")); n > 0 {
		s.lines, s.column = s.lines+n, 0
		part = part[bytes.LastIndexByte(part, '\n')+1:]
	}
	s.column += utf8.RuneCount(part)
	s.to = to
	return s.lines, s.column
}

// segment is the last one that begins at an offset or before it.
func (t *text) segment(offset int) *segment {
	low, high := 0, len(t.segs)
	for low < high {
		if mid := (low + high) / 2; t.segs[mid].start <= offset {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low == 0 {
		return nil
	}
	return &t.segs[low-1]
}

// look matches a text, and what is base64 in it. What was found when it was decoded is not found again as it is written.
func (r *run) look(t *text) {
	t.seen = seen{}
	encoded := r.encoded(t)
	for _, h := range match(t.data, t.config, false, r.scanner.More) {
		for len(encoded) > 0 && encoded[0][1] <= h.start {
			encoded = encoded[1:]
		}
		if len(encoded) == 0 || h.stop <= encoded[0][0] {
			r.tell(t, h)
		}
	}
}

func (r *run) tell(t *text, h hit) {
	f := r.scanner.finding(h.rule, h.secret(t.data), h.lesser, t.place(h.start))
	if f.Allowed = allowed(t.data, h.start, h.rule); strings.Contains(f.Allowed, string(t.data[h.start:h.stop])) {
		f.Allowed = "" // it would be printed
	}
	r.report(f)
}
