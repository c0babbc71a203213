package refusal

import (
	"strconv"
	"strings"
	"unicode/utf16"
)

const escape = '\x1b'

// stripColours takes away the sequences by which a terminal is told colours, links and titles (ECMA-48), also where they
// have lost the character that begins them, or are shown by it as ^[.
func stripColours(s string) string {
	if !strings.ContainsAny(s, "\x1b\u009b[") {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		rest := s[i:]
		n := 0
		switch {
		case rest[0] == escape:
			n = sequence(rest, 1)
		case strings.HasPrefix(rest, "^[["):
			n = sequence(rest, 2)
		case rest[0] == '[':
			n = colour(rest)
		case strings.HasPrefix(rest, "\u009b"):
			n = len("\u009b") + parameters(rest[len("\u009b"):])
		}
		if n == 0 {
			b.WriteByte(s[i])
			n = 1
		}
		i += n
	}
	return b.String()
}

// sequence is how long an escape sequence is whose own first bytes are so many.
func sequence(s string, begun int) int {
	if len(s) <= begun {
		return begun
	}
	switch rest := s[begun+1:]; s[begun] {
	case '[':
		return begun + 1 + parameters(rest)
	case ']': // ends with BEL or with ESC \
		const most = 4096
		rest = rest[:min(len(rest), most)]
		if at := strings.IndexAny(rest, "\a\x1b\n"); at >= 0 {
			end := begun + 1 + at
			switch {
			case rest[at] == '\a':
				end++
			case strings.HasPrefix(rest[at:], "\x1b\\"):
				end += 2
			}
			return end
		}
		return begun + 1
	case '(', ')':
		return min(begun+2, len(s))
	}
	return begun + 1
}

// parameters is how long the rest of a control sequence is, its final byte included.
func parameters(s string) int {
	for i := range len(s) {
		switch c := s[i]; {
		case i > 64 || c < ' ' || c > '~':
			return i
		case c >= '@':
			return i + 1
		}
	}
	return len(s)
}

// colour is how long a colour is that has lost its escape character, as in [31m; 0 if it is none.
func colour(s string) int {
	for i := 1; i < len(s) && i < 20; i++ {
		switch c := s[i]; {
		case c == 'm' && i > 1:
			return i + 1
		case c != ';' && (c < '0' || c > '9'):
			return 0
		}
	}
	return 0
}

// fold undoes the escaping of JSON, of programs' string literals and of HTML, which may lie on one another.
func fold(s string) string {
	for range 4 {
		next := s
		if strings.Contains(next, `\`) {
			next = unescape(next)
		}
		if strings.Contains(next, "&") {
			next = entities(next)
		}
		if next == s {
			break
		}
		s = stripColours(next)
	}
	return s
}

// unescape undoes what stands behind a backslash, as far as JSON, Python and Java have it in common. An unknown one stays.
func unescape(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		next := i + 1
		if next < len(s) && s[next] == wrapped { // a terminal broke it
			next++
		}
		if next >= len(s) {
			b.WriteByte('\\')
			break
		}
		switch c := s[next]; c {
		case 'n', 'r':
			b.WriteByte('\n')
		case 't':
			b.WriteByte(' ')
		case '"', '\'', '/', '\\', '`', '_', '*', '[', ']': // the last four by Markdown
			b.WriteByte(c)
		case 'e':
			b.WriteByte(escape)
		case '\n':
			b.WriteByte('\n')
		case 'u', 'x', '0':
			r, n := numbered(s[next:])
			if n == 0 {
				b.WriteByte('\\')
				continue
			}
			b.WriteRune(r)
			next += n - 1
		default:
			b.WriteByte('\\')
			continue
		}
		i = next
	}
	return b.String()
}

// numbered reads u0022, x22 or 033, and says how long it is.
func numbered(s string) (rune, int) {
	digits, base := 4, 16
	switch s[0] {
	case 'x':
		digits = 2
	case '0':
		digits, base = 2, 8
	}
	if len(s) < 1+digits {
		return 0, 0
	}
	n, err := strconv.ParseUint(s[1:1+digits], base, 16)
	if err != nil || n == 0 || n == wrapped {
		return 0, 0
	}
	if r := rune(n); !utf16.IsSurrogate(r) {
		return r, 1 + digits
	}
	if len(s) >= 11 && s[5] == '\\' && s[6] == 'u' {
		if low, err := strconv.ParseUint(s[7:11], 16, 16); err == nil {
			return utf16.DecodeRune(rune(n), rune(low)), 11
		}
	}
	return ' ', 1 + digits
}

// maxEntity is the longest that is read, with what a terminal put between.
const maxEntity = 12

func entities(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '&' {
			window := s[i+1 : min(len(s), i+1+maxEntity)]
			if end := strings.IndexByte(window, ';'); end > 0 {
				if r := entity(strings.ReplaceAll(window[:end], string(wrapped), "")); r != 0 {
					b.WriteRune(r)
					i += end + 1
					continue
				}
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// entity is the character of a name or number, 0 for none.
func entity(name string) rune {
	if digits, ok := strings.CutPrefix(name, "#"); ok {
		base := 10
		if hex := strings.TrimLeft(digits, "xX"); hex != digits {
			digits, base = hex, 16
		}
		n, err := strconv.ParseUint(digits, base, 16)
		if err != nil || n == wrapped || utf16.IsSurrogate(rune(n)) {
			return 0
		}
		return rune(n)
	}
	// html.UnescapeString knows hundreds more, some without a semicolon, and would change the queries of addresses.
	switch name {
	case "quot":
		return '"'
	case "apos":
		return '\''
	case "lt":
		return '<'
	case "gt":
		return '>'
	case "amp":
		return '&'
	case "nbsp":
		return ' '
	}
	return 0
}
