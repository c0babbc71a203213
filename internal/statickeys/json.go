package statickeys

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// tree is what a document is walked into.
type tree interface {
	push(key string)
	item(n int)
	pop()
	leaf(value []byte, m mark)
	full()
}

// validJSON reports whether a text is one or more values of JSON, not nested deeper than that, of which at least one is an object or a list.
func validJSON(data []byte, depth int) bool {
	w := jsonWalk{data: data, most: depth}
	return w.values()
}

// walkJSON walks what validJSON took.
func walkJSON(data []byte, into tree) {
	w := jsonWalk{data: data, most: maxDepth, into: into, line: 1}
	w.values()
}

// jsonWalk reads JSON once, front to back. Lists and objects are no deeper than most, so that it can call itself.
type jsonWalk struct {
	data []byte
	at   int
	most int
	into tree // nil: it is only checked

	line, lineStart, counted int // of the last value
}

func (w *jsonWalk) values() bool {
	for {
		w.space()
		if w.at == len(w.data) {
			return true
		}
		if !w.value(0) {
			return false
		}
		if w.into != nil {
			w.into.full()
		}
	}
}

func (w *jsonWalk) space() {
	for w.at < len(w.data) {
		switch w.data[w.at] {
		case ' ', '\t', '\n', '\r':
			w.at++
		default:
			return
		}
	}
}

func (w *jsonWalk) value(depth int) bool {
	w.space()
	if w.at == len(w.data) || depth > w.most {
		return false
	}
	switch c := w.data[w.at]; c {
	case '{':
		return w.members('}', depth)
	case '[':
		return w.members(']', depth)
	case '"':
		start := w.at
		raw, ok := w.text()
		if ok && w.into != nil {
			w.into.leaf(raw, w.mark(start))
		}
		return ok
	default:
		start := w.at
		for w.at < len(w.data) && (alnum[w.data[w.at]] || w.data[w.at] == '-' || w.data[w.at] == '+' || w.data[w.at] == '.') {
			w.at++
		}
		if numbers, ok := w.into.(interface{ number([]byte) }); ok {
			numbers.number(w.data[start:w.at])
		}
		return scalar(w.data[start:w.at])
	}
}

// scalar reports whether a word is a number, or one of JSON's own. NaN and the like are what Python writes.
func scalar(word []byte) bool {
	switch string(word) {
	case "true", "false", "null", "NaN", "Infinity", "-Infinity":
		return true
	}
	return len(word) > 0 && (word[0] == '-' || '0' <= word[0] && word[0] <= '9') && len(word) < 400
}

func (w *jsonWalk) members(end byte, depth int) bool {
	w.at++
	for n := 0; ; n++ {
		w.space()
		if w.at == len(w.data) {
			return false
		}
		if w.data[w.at] == end && n == 0 {
			w.at++
			return true
		}
		if end == '}' {
			if w.data[w.at] != '"' {
				return false
			}
			key, ok := w.text()
			if w.space(); !ok || w.at == len(w.data) || w.data[w.at] != ':' {
				return false
			}
			w.at++
			if w.into != nil {
				w.into.push(string(key))
			}
		} else if w.into != nil {
			w.into.item(n)
		}
		if !w.value(depth + 1) {
			return false
		}
		if w.into != nil {
			w.into.pop()
			w.into.full()
		}
		w.space()
		if w.at == len(w.data) {
			return false
		}
		switch w.data[w.at] {
		case ',':
			w.at++
		case end:
			w.at++
			return true
		default:
			return false
		}
	}
}

// text is the string that begins here, without its escapes. It is a part of the data where it has none.
func (w *jsonWalk) text() ([]byte, bool) {
	start := w.at + 1
	plain := true
	for at := start; at < len(w.data); at++ {
		switch w.data[at] {
		case '"':
			w.at = at + 1
			if w.into == nil || plain {
				return w.data[start:at], true
			}
			return unescaped(w.data[start:at]), true
		case '\\':
			plain = false
			at++
		}
	}
	return nil, false
}

// mark is where a value begins in the file.
func (w *jsonWalk) mark(at int) mark {
	if n := bytes.Count(w.data[w.counted:at], []byte("\n")); n > 0 {
		w.line += n
		w.lineStart = bytes.LastIndexByte(w.data[:at], '\n') + 1
	}
	w.counted = at
	column := at - w.lineStart
	if column < 4096 { // of a file on one line, counting would take its square
		column = utf8.RuneCount(w.data[w.lineStart:at])
	}
	return mark{line: w.line, column: column + 1, fixed: true}
}

// unescaped has a string's escapes resolved; what is no escape is left as it is.
func unescaped(s []byte) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			out = append(out, s[i])
			continue
		}
		i++
		switch s[i] {
		case 'n':
			out = append(out, '\n')
		case 't':
			out = append(out, '\t')
		case 'r':
			out = append(out, '\r')
		case 'b', 'f':
			out = append(out, ' ')
		case 'u':
			r, ok := hex4(s, i+1)
			if !ok {
				out = append(out, '\\', 'u')
				continue
			}
			i += 4
			if utf16.IsSurrogate(r) && i+2 < len(s) && s[i+1] == '\\' && s[i+2] == 'u' {
				if low, ok := hex4(s, i+3); ok {
					r = utf16.DecodeRune(r, low)
					i += 6
				}
			}
			out = utf8.AppendRune(out, r)
		default:
			out = append(out, s[i])
		}
	}
	return out
}

func hex4(s []byte, at int) (r rune, ok bool) {
	if at+4 > len(s) {
		return 0, false
	}
	for _, c := range s[at : at+4] {
		r <<= 4
		switch {
		case '0' <= c && c <= '9':
			r |= rune(c - '0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r |= rune(c|0x20-'a') + 10
		default:
			return 0, false
		}
	}
	return r, true
}
