package refusal

import (
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// wrapped stands in a page's text where a terminal broke a line that was full: in the middle of a word as well as between
// two.
const wrapped = '\x01'

// page is a text that was cleaned of how it came here.
type page struct {
	// text has spaces, line ends and wrapped as its only white space, and no control characters.
	text string
	// dense is text without white space, in lower case as far as it is ASCII. Phrases are looked for here: no wrapping can
	// hide them.
	dense string
	at    []int32 // where each byte of dense is in text

	work int // bytes looked at after that, for the test that they don't grow faster than the text
}

func newPage(data []byte) *page {
	text := plain(fold(joinLines(stripColours(decodeUTF16(data)))))
	p := &page{text: text, at: make([]int32, 0, len(text))}
	dense := make([]byte, 0, len(text))
	for i := range len(text) {
		c := text[i]
		if c == ' ' || c == '\n' || c == wrapped {
			continue
		}
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		dense = append(dense, c)
		p.at = append(p.at, int32(i))
	}
	p.dense = string(dense)
	return p
}

// exact is a part of dense as the text spells it, without its white space.
func (p *page) exact(from, to int) string {
	from, to = max(from, 0), min(to, len(p.dense))
	p.work += max(to-from, 0)
	var b strings.Builder
	for i := from; i < to; i++ {
		b.WriteByte(p.text[p.at[i]])
	}
	return b.String()
}

// joined is a part of dense as the text spells it, with its spaces, and line ends as spaces; where a full line was broken
// there is nothing.
func (p *page) joined(from, to int) string {
	from, to = max(from, 0), min(to, len(p.dense))
	if from >= to {
		return ""
	}
	part := p.text[p.at[from] : p.at[to-1]+1]
	p.work += len(part)
	return joiner.Replace(part)
}

var joiner = strings.NewReplacer(string(wrapped), "", "\n", " ")

// has reports whether a phrase stands at a place of dense.
func (p *page) has(at int, phrase string) bool {
	return at >= 0 && at <= len(p.dense) && strings.HasPrefix(p.dense[at:], phrase)
}

// gap says what white space stands before a place of dense.
type gap int

const (
	unbroken gap = iota
	fullLine     // the end of a full line
	lineEnd      // the end of another
	spaced
)

func (p *page) gap(at int) gap {
	if at <= 0 || at >= len(p.dense) {
		return spaced
	}
	between := p.text[p.at[at-1]+1 : p.at[at]]
	switch {
	case between == "":
		return unbroken
	case strings.Contains(between, " "):
		return spaced
	case strings.Contains(between, "\n"):
		return lineEnd
	}
	return fullLine
}

// decodeUTF16 reads what PowerShell writes into files.
func decodeUTF16(data []byte) string {
	var units []uint16
	switch {
	case len(data) >= 2 && data[0] == 0xff && data[1] == 0xfe:
		for i := 2; i+1 < len(data); i += 2 {
			units = append(units, uint16(data[i])|uint16(data[i+1])<<8)
		}
	case len(data) >= 2 && data[0] == 0xfe && data[1] == 0xff:
		for i := 2; i+1 < len(data); i += 2 {
			units = append(units, uint16(data[i+1])|uint16(data[i])<<8)
		}
	default:
		return strings.ToValidUTF8(string(data), "")
	}
	return string(utf16.Decode(units))
}

// plain makes white space of all kinds one of three, quotation marks and hyphens those of ASCII, and drops what can't be
// seen. Of quotation marks that CSV or SQL doubled, one stays.
func plain(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	before := rune(0)
	for _, r := range s {
		doubled := r == before && (r == '"' || r == '\'')
		before = r
		switch {
		case doubled:
		case r == '\n', r == wrapped:
			b.WriteRune(r)
		case r >= ' ' && r < 0x7f:
			b.WriteByte(byte(r))
		case r == '\t', unicode.Is(unicode.Zs, r):
			b.WriteByte(' ')
		case r == '“', r == '”', r == '„', r == '«', r == '»':
			b.WriteByte('"')
		case r == '‘', r == '’', r == '‚':
			b.WriteByte('\'')
		case r >= '\u2010' && r <= '\u2013':
			b.WriteByte('-')
		case r == utf8.RuneError, unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
