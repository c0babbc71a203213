package statickeys

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"path"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// file looks through a file, or an entry of an archive. depth is how many archives it is in.
func (r *run) file(at Place, name string, content []byte, depth int) {
	content = utf8Of(content)
	if r.archive(at, name, content, depth) {
		return
	}
	if !isText(content) {
		r.skip(at, Binary)
		for _, h := range match(content, false, true, nil) {
			r.report(r.scanner.finding(h.rule, h.secret(content), h.lesser, at))
		}
		return
	}
	lower := strings.ToLower(path.Base(name))
	extension := path.Ext(lower)
	trimmed := bytes.TrimLeft(content, " \t\r\n")
	switch {
	case len(trimmed) > 1 && (trimmed[0] == '{' || trimmed[0] == '[') && validJSON(content, maxDepth):
		if n := r.notebookOf(at, content); n != nil {
			walkJSON(content, n)
			n.flush()
			return
		}
		f := r.flat(at)
		walkJSON(content, f)
		f.flush()
	case (extension == ".yml" || extension == ".yaml") && r.yaml(at, content):
	default:
		r.source(at, content, configuration[extension] || configuration[lower] || extension == "" && !bytes.HasPrefix(content, []byte("#!")))
	}
}

// configuration are the ends of names of files in which values need no quotes to be literals.
var configuration = map[string]bool{
	".env": true, ".ini": true, ".cfg": true, ".conf": true, ".cnf": true, ".properties": true, ".props": true, ".toml": true, ".yml": true, ".yaml": true, ".tfvars": true,
	".netrc": true, "_netrc": true, ".pgpass": true, ".databrickscfg": true, "credentials": true, "config": true, ".npmrc": true, ".pypirc": true, ".envrc": true,
}

// source looks through text. A notebook that was exported as source has cells, and the prefix of its lines that are not of its language.
func (r *run) source(at Place, content []byte, config bool) {
	t := &text{data: content, at: at, config: config}
	first, _, _ := bytes.Cut(content[:min(len(content), 100)], []byte("\n"))
	if head := string(bytes.TrimRight(first, "\r ")); strings.HasSuffix(head, " Databricks notebook source") && len(head) < 40 {
		t = databricksSource(at, content, strings.TrimSuffix(head, "Databricks notebook source"))
	}
	r.look(t)
}

// databricksSource takes the prefix of magic lines away: `# MAGIC %sh` (https://docs.databricks.com/aws/en/notebooks/notebook-export-import).
func databricksSource(at Place, content []byte, comment string) *text {
	t := &text{at: at, data: make([]byte, 0, len(content))}
	magic, parting := []byte(comment+"MAGIC "), []byte(comment+"COMMAND ----------")
	cell := 1
	for number := 1; len(content) > 0; number++ {
		end := bytes.IndexByte(content, '\n') + 1
		if end == 0 {
			end = len(content)
		}
		row := content[:end]
		content = content[end:]
		column := 1
		if bytes.HasPrefix(row, magic) {
			row, column = row[len(magic):], len(magic)+1
		} else if bytes.HasPrefix(row, parting) {
			cell++
		}
		if last := len(t.segs) - 1; column > 1 || last < 0 || t.segs[last].column > 1 || t.segs[last].cell != cell {
			t.segs = append(t.segs, segment{start: len(t.data), mark: mark{line: number, column: column, cell: cell}})
		}
		t.data = append(t.data, row...)
	}
	return t
}

// utf8Of is a text without its byte order mark, in UTF-8. UTF-16 without a mark is known by its zeroes.
func utf8Of(data []byte) []byte {
	switch {
	case bytes.HasPrefix(data, []byte{0xef, 0xbb, 0xbf}):
		return data[3:]
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}):
		return fromUTF16(data[2:], 0)
	case bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		return fromUTF16(data[2:], 1)
	case halves(data, 1):
		return fromUTF16(data, 0)
	case halves(data, 0):
		return fromUTF16(data, 1)
	}
	return data
}

// halves reports whether all bytes at odd (1) or even (0) places of the beginning are zero, and no others.
func halves(data []byte, zero int) bool {
	if len(data) < 16 {
		return false
	}
	for i, c := range data[:min(len(data)&^1, 256)] {
		if (c == 0) != (i&1 == zero) {
			return false
		}
	}
	return true
}

// fromUTF16 decodes; low is the place of the lower half in each pair of bytes.
func fromUTF16(data []byte, low int) []byte {
	out := make([]byte, 0, len(data)/2+16)
	for i := 0; i+1 < len(data); i += 2 {
		r := rune(data[i+low]) | rune(data[i+1-low])<<8
		if utf16.IsSurrogate(r) && i+3 < len(data) {
			r = utf16.DecodeRune(r, rune(data[i+2+low])|rune(data[i+3-low])<<8)
			i += 2
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}

// shortest is how long base64 is that is decoded, in characters: of less, too little would be known to be text.
const shortest = 24

// encoded looks through what is base64 in a text, and text when it is decoded, and returns where something was found. Runs that ends of lines
// part are one.
func (r *run) encoded(t *text) (where [][2]int) {
	if t.depth >= maxDecode {
		return nil
	}
	data, report, some := t.data, r.report, false
	r.report = func(f Finding) {
		some = true
		report(f)
	}
	defer func() { r.report = report }()
	for at := 0; at < len(data); {
		if !base64Any[data[at]] {
			at++
			continue
		}
		start := at
		for at < len(data) && base64Any[data[at]] {
			at++
		}
		packed := bytes.HasPrefix(data[start:at], []byte("H4sI")) // gzip
		if at-start < shortest || !packed && !decodesToText(data[start:at]) {
			continue
		}
		run := data[start:at:at]
		for at-start >= 60 { // wrapped, as base64(1) does
			next := at
			for next < len(data) && (data[next] == '\n' || data[next] == '\r') {
				next++
			}
			end := base64Any.from(data, next, 1<<20)
			if next == at || next-at > 2 || end == next || bytes.IndexByte(data[next:end], '-') >= 0 {
				break
			}
			run = append(run, data[next:end]...)
			at = end
			if end-next < 60 {
				break
			}
		}
		decoded := utf8Of(decode(run))
		if packed {
			decoded = utf8Of(r.unzipped(t.place(start), decoded))
		}
		if len(decoded) == 0 || !isText(decoded) {
			continue
		}
		p := t.place(start)
		p.Path = strings.TrimSpace(p.Path + " (base64)")
		some = false
		if r.within(p, decoded, t, start); some {
			where = append(where, [2]int{start, at})
		}
	}
	return where
}

// unzipped is what gzip in base64 says, as user data of instances is written; nothing where it is none.
func (r *run) unzipped(at Place, content []byte) []byte {
	unpacker, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return nil
	}
	data, _ := r.unpack(at, unpacker, int64(len(content)))
	return data
}

// within looks through what was decoded of a text. The name before it is that of the value.
func (r *run) within(p Place, decoded []byte, t *text, start int) {
	name := t.data[beginning(t.data, start, maxPath):start]
	inner := &text{config: true, depth: t.depth + 1, at: p}
	fixed := mark{line: p.Line, column: p.Column, fixed: true, cell: p.Cell}
	inner.data = append(append(append(inner.data, name...), decoded...), '\n')
	inner.segs = []segment{{0, fixed, p.Path}}
	if trimmed := bytes.TrimSpace(decoded); len(trimmed) > 8 && (trimmed[0] == '{' || trimmed[0] == '[') && validJSON(trimmed, maxDepth) {
		f := r.flat(p)
		f.t.depth, f.where, f.fixed = t.depth+1, fixed, true
		walkJSON(trimmed, f)
		f.flush()
		return
	}
	from := len(name)
	for _, h := range match(inner.data, true, false, r.scanner.More) {
		if h.start >= from { // what stands before it was found there
			r.tell(inner, h)
		}
	}
	inner.data, inner.seen = inner.data[from:], seen{}
	r.encoded(inner)
}

// decodesToText looks at the beginning of a run alone.
func decodesToText(run []byte) bool {
	head := decode(run[:min(len(run)&^3, 32)])
	if len(head) < 12 {
		return false
	}
	zeroes := 0
	for i, c := range head {
		switch {
		case c == 0 && i&1 == 1:
			zeroes++
		case c >= 0x7f, c < ' ' && c != '\n' && c != '\r' && c != '\t':
			return false
		}
	}
	return zeroes == 0 || zeroes == len(head)/2
}

// decode is what base64 in either alphabet says, as far as it is base64.
func decode(run []byte) []byte {
	encoding := base64.RawStdEncoding
	if bytes.ContainsAny(run, "-_") {
		encoding = base64.RawURLEncoding
	}
	if len(run)%4 == 1 {
		run = run[:len(run)-1]
	}
	out := make([]byte, encoding.DecodedLen(len(run)))
	n, _ := encoding.Decode(out, run)
	return out[:n]
}
