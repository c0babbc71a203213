package statickeys

import (
	"bytes"
	"strconv"
)

// flat writes a tree of settings as lines of text, `path = value`, so that names and neighbours are found as in any text. It passes the
// text on in pieces: what a file of many megabytes becomes is never whole in memory.
type flat struct {
	run   *run
	t     text
	stack []step
	told  map[string]bool // what was told of the end of the last piece, which is the beginning of this one
	list  int             // depth of the list whose items are on the last line; 0: none
	where mark            // of the leaves that are in others: JSON in a string
	fixed bool            // where is set
}

// step is one key, or one place in a list.
type step struct {
	key  string
	item int // -1: it is a key
}

const (
	piece     = 256 << 10 // bytes of text that are looked through at once
	carried   = 1 << 10   // bytes of its end that are looked through again with what follows
	maxPath   = 200       // bytes of a path that are shown and matched, or a step more; and of a step
	maxDepth  = 64        // of a tree
	maxDecode = 4         // how often something is decoded that was decoded
)

func (r *run) flat(at Place) *flat {
	return &flat{run: r, t: text{config: true, at: at}}
}

// push goes down by a key. A long one is looked through as a text: each leaf below it would copy it.
func (f *flat) push(key string) {
	if len(key) > maxPath {
		f.list = 0
		f.add([]byte(key), f.where, f.path())
		key = "…"
	}
	f.stack = append(f.stack, step{key, -1})
}

func (f *flat) item(n int) { f.stack = append(f.stack, step{"", n}) }
func (f *flat) pop()       { f.stack = f.stack[:len(f.stack)-1] }

// path is the end of where the tree stands, in whole steps: what is left of a key that is cut in two would not be known as one, and be shown.
func (f *flat) path() string {
	var b []byte
	first := len(f.stack)
	for n := 0; first > 0 && n < maxPath; first-- {
		n += len(f.stack[first-1].key) + 4
	}
	for _, s := range f.stack[first:] {
		if s.item >= 0 {
			b = append(strconv.AppendInt(append(b, '['), int64(s.item), 10), ']')
			continue
		}
		if len(b) > 0 {
			b = append(b, '.')
		}
		b = append(b, s.key...)
	}
	for _, c := range b {
		if c < ' ' || c >= 0x7f {
			return printableName(string(b))
		}
	}
	return string(b)
}

// visible has a question mark for what could end a line.
func visible(r rune) rune {
	if r < ' ' || r == 0x7f {
		return '?'
	}
	return r
}

// leaf adds a value. Items of a list that follow one another stand on one line.
func (f *flat) leaf(value []byte, m mark) {
	if f.fixed {
		m = f.where
	}
	if f.inside(value, m) {
		return
	}
	path := f.path()
	depth := len(f.stack)
	if item := depth > 0 && f.stack[depth-1].item > 0; item && f.list == depth && len(f.t.data) > 0 {
		f.t.data[len(f.t.data)-1] = ' '
	} else {
		f.t.segs = append(f.t.segs, segment{len(f.t.data), m, path})
		f.t.data = append(append(f.t.data, path...), " = "...)
	}
	f.list = 0
	if depth > 0 && f.stack[depth-1].item >= 0 {
		f.list = depth
	}
	f.add(value, m, path)
}

// block adds a text that has no name of its own, such as the source of a cell. more continues the one before.
func (f *flat) block(value []byte, m mark, path string, more bool) {
	f.list = 0
	if more && len(f.t.data) > 0 {
		f.t.data = f.t.data[:len(f.t.data)-1]
		f.t.rows = append(f.t.rows, row{len(f.t.data), m.line})
		f.t.data = append(append(f.t.data, value...), '\n')
		return
	}
	f.add(value, m, path)
}

func (f *flat) add(value []byte, m mark, path string) {
	f.t.segs = append(f.t.segs, segment{len(f.t.data), m, path})
	f.t.data = append(append(f.t.data, value...), '\n')
}

// inside adds the leaves of a value that is JSON itself.
func (f *flat) inside(value []byte, m mark) bool {
	trimmed := bytes.TrimLeft(value, " \t\r\n")
	if len(trimmed) < 8 || trimmed[0] != '{' && trimmed[0] != '[' || f.t.depth >= maxDecode || len(f.stack) >= maxDepth {
		return false
	}
	if !validJSON(trimmed, maxDepth-len(f.stack)) {
		return false
	}
	outer, was := f.where, f.fixed
	m.fixed = true
	f.where, f.fixed, f.t.depth = m, true, f.t.depth+1
	walkJSON(trimmed, f)
	f.where, f.fixed, f.t.depth = outer, was, f.t.depth-1
	return true
}

// full passes on what there is if it is enough for a piece. It must be called between leaves.
func (f *flat) full() {
	if len(f.t.data) >= piece {
		f.flush()
	}
}

// flush passes on what there is, and keeps its end as the beginning of the next piece.
func (f *flat) flush() {
	report := f.run.report
	told := make(map[string]bool)
	keep := f.t.segment(max(0, len(f.t.data)-carried))
	f.run.report = func(found Finding) {
		name := found.key()
		if !f.told[name] {
			report(found)
		}
		told[name] = true
	}
	f.run.look(&f.t)
	f.run.report, f.told, f.list = report, told, 0
	rows := f.t.rows
	f.t.rows = f.t.rows[:0]
	if keep == nil || len(f.t.data)-keep.start > 2*carried {
		f.t.data, f.t.segs = f.t.data[:0], f.t.segs[:0]
		return
	}
	from := keep.start
	segs := f.t.segs[:0]
	for _, s := range f.t.segs {
		if s.start >= from {
			s.start -= from
			segs = append(segs, s)
		}
	}
	for _, one := range rows {
		if one.start >= from {
			f.t.rows = append(f.t.rows, row{one.start - from, one.line})
		}
	}
	f.t.data, f.t.segs = append(f.t.data[:0], f.t.data[from:]...), segs
}

// key is what makes two findings one.
func (f Finding) key() string {
	p := f.Place
	return f.Rule + "\x00" + f.value + "\x00" + p.Path + "\x00" + strconv.Itoa(p.Cell) + ":" + strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Column) + ":" + strconv.Itoa(p.FileLine)
}
