package statickeys

import (
	"bytes"
	"cmp"
	"slices"
)

// matching looks through one decoded text.
type matching struct {
	text   []byte
	config bool // values need no quotes to be literals
	hits   []hit
}

// hit is a secret in the text.
type hit struct {
	rule        string
	start, stop int
	value       string // decoded, where it is written with escapes; else ""
	lesser      bool
}

func (m *matching) found(rule string, start, stop int) {
	m.hits = append(m.hits, hit{rule: rule, start: start, stop: stop})
}

// match looks for everything in a text, or for what is known by its shape alone. No two hits overlap.
func match(text []byte, config, shapedOnly bool, more Detector) []hit {
	m := &matching{text: text, config: config}
	t := matcher()
	t.find(text, func(word, end int) {
		d := t.of[word]
		if shapedOnly && !d.shaped {
			return
		}
		d.look(m, end-len(t.words[word]), end)
	})
	if more != nil && !shapedOnly {
		more(text, func(rule string, start, end int) {
			if 0 <= start && start < end && end <= len(text) {
				m.found(rule, start, end)
			}
		})
	}
	return m.best()
}

// best are the hits in order; of those that overlap the surest, of two as sure the first, and of these the longest.
func (m *matching) best() []hit {
	if len(m.hits) < 2 {
		return m.hits
	}
	slices.SortStableFunc(m.hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(rank(a.rule), rank(b.rule)), cmp.Compare(a.start, b.start), cmp.Compare(b.stop, a.stop))
	})
	taken := m.hits[:0:0]
	for group := m.hits; len(group) > 0; {
		n := 1
		for n < len(group) && group[n].rule == group[0].rule {
			n++
		}
		taken = merged(taken, group[:n])
		group = group[n:]
	}
	return taken
}

// merged adds hits to those that are taken, where none of these is in the way. Both are in order.
func merged(taken, group []hit) []hit {
	all := make([]hit, 0, len(taken)+len(group))
	i := 0
	for _, h := range group {
		for i < len(taken) && taken[i].start <= h.start {
			all = append(all, taken[i])
			i++
		}
		if len(all) > 0 && all[len(all)-1].stop > h.start || i < len(taken) && taken[i].start < h.stop {
			continue
		}
		all = append(all, h)
	}
	return append(all, taken[i:]...)
}

// secret is what a hit found.
func (h hit) secret(text []byte) string {
	if h.value != "" {
		return h.value
	}
	return string(text[h.start:h.stop])
}

// beginning is where the line begins that an offset is in, or so many bytes before the offset where that is nearer: a line may be a whole
// file, and looking for its beginning for each key in it would take the square.
func beginning(text []byte, at, most int) int {
	from := max(0, at-most)
	return from + bytes.LastIndexByte(text[from:at], '\n') + 1
}

// allowMark begins an acknowledgement.
const allowMark = "dbxaccess:allow"

// beside is how far from a key an acknowledgement may be, in bytes.
const beside = 1000

// allowed is the reason that an acknowledgement of a rule gives, on the line of a secret or on the one before.
func allowed(text []byte, at int, rule string) string {
	start, stop := beginning(text, at, beside), min(len(text), at+beside)
	if end := bytes.IndexByte(text[at:stop], '\n'); end >= 0 {
		stop = at + end
	}
	if reason := reasonIn(text[start:stop], rule); reason != "" {
		return reason
	}
	if start == 0 || text[start-1] != '\n' {
		return ""
	}
	return reasonIn(text[beginning(text, start-1, beside):start-1], rule)
}

func reasonIn(text []byte, rule string) string {
	at := bytes.Index(text, []byte(allowMark))
	if at < 0 {
		return ""
	}
	text = text[at+len(allowMark):]
	for _, end := range []string{"*/", "-->", "\n"} { // of the comment, not of the line
		if at := bytes.Index(text, []byte(end)); at >= 0 {
			text = text[:at]
		}
	}
	fields := bytes.Fields(text)
	if len(fields) < 2 || string(fields[0]) != rule {
		return ""
	}
	reason := bytes.TrimRight(bytes.Join(fields[1:], []byte(" ")), "\"'#;,)]} ")
	return printableName(string(reason[:min(len(reason), 200)]))
}
