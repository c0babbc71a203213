package refusal

import (
	"strings"
	"unicode/utf8"
)

// Widths of terminals, in columns, that are believed to break lines that are full.
const (
	leastWidth = 50
	mostWidth  = 400
	mailWidth  = 78
)

// usual reports whether a width is believed where a single line was broken, framed or not. Of others, several lines are
// needed that differ; of those that mail programs have, more.
func usual(width int, framed bool) bool {
	switch width {
	case 80, 100, 120, 132, 140, 160, 200:
		return true
	case 74, 76, 78:
		return framed
	}
	return false
}

// joinLines takes away what was put before each line, and marks where a full one was broken.
func joinLines(s string) string {
	lines := strings.Split(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n"), "\n")
	framed := unframe(lines)
	width := widthOf(lines, framed)
	if width == 0 && strings.Contains(s, "&") { // escaped after it was broken: the escapes hide how wide it was
		for i := range lines {
			lines[i] = entities(lines[i])
		}
		framed = unframe(lines) || framed
		width = widthOf(lines, framed)
	}
	var b strings.Builder
	b.Grow(len(s))
	continues := false
	for i, l := range lines {
		isFull := width > 0 && utf8.RuneCountInString(l) == width && i+1 < len(lines) && (framed || !beginsAfresh(l, lines[i+1]))
		if !continues {
			l = withoutPrefix(l)
		}
		b.WriteString(l)
		switch {
		case i+1 == len(lines):
		case isFull:
			b.WriteRune(wrapped)
		default:
			b.WriteByte('\n')
		}
		continues = isFull
	}
	return b.String()
}

// unframe takes away the marks of a quotation, as in a mail, and the sides of a box, where half of the lines have them.
func unframe(lines []string) bool {
	quoted, boxed := framing(lines)
	for i, l := range lines {
		if quoted {
			l = unquote(l)
		}
		if boxed {
			l = unbox(l)
		}
		lines[i] = l
	}
	return quoted || boxed
}

// widthOf is how many columns the widest lines have, if that may be the width at which a terminal broke lines; else 0.
func widthOf(lines []string, framed bool) int {
	width, count, one := 0, 0, ""
	for _, l := range lines {
		switch n := utf8.RuneCountInString(l); {
		case n > width:
			width, count, one = n, 1, l
		case n == width && l != one: // what a program says twice is twice as wide as that
			count++
		}
	}
	needed := 2
	switch {
	case usual(width, framed):
		needed = 1
	case width <= mailWidth:
		needed = 3
	}
	if width < leastWidth || width > mostWidth || count < needed || folded(lines, width) {
		return 0
	}
	return width
}

// folded reports whether lines were broken at spaces, as mail programs do: then many are a little shorter than the widest,
// and end where the next word would not have fitted.
func folded(lines []string, width int) bool {
	whole, short := 0, 0
	for i, l := range lines[:len(lines)-1] {
		n := utf8.RuneCountInString(l)
		if n == width {
			whole++
			continue
		}
		next, _, _ := strings.Cut(lines[i+1], " ")
		// One less is where a space at the end was lost.
		if n > 0 && n < width-1 && next != "" && n+1+utf8.RuneCountInString(next) > width && !beginsAfresh(l, lines[i+1]) {
			short++
		}
	}
	return short >= whole
}

// beginsAfresh reports whether a line can't be the rest of the full one before it: it has a log's prefix, begins like that
// one, or as traces do.
func beginsAfresh(before, l string) bool {
	const alike = 12
	trimmed := strings.TrimLeft(l, " \t")
	for _, begin := range [...]string{"at ", "Traceback ", "Caused by", "caused by", "File \"", "During handling", "The above exception", "... "} {
		if strings.HasPrefix(trimmed, begin) {
			return true
		}
	}
	return withoutPrefix(l) != l || len(l) >= alike && strings.HasPrefix(before, l[:alike])
}

// framing reports whether half of the lines are quoted as in a mail, or stand in a box.
func framing(lines []string) (quoted, boxed bool) {
	all, quotes, boxes := 0, 0, 0
	for _, l := range lines {
		l = strings.TrimLeft(l, " \t")
		switch {
		case l == "":
			continue
		case l[0] == '>', strings.HasPrefix(l, escapedQuote):
			quotes++
		case strings.HasPrefix(l, "│") || strings.HasPrefix(l, "┃") || l[0] == '|':
			boxes++
		}
		all++
	}
	return quotes > 0 && 2*quotes >= all, boxes > 0 && 2*boxes >= all
}

// escapedQuote is what HTML makes of the mark of a quotation.
const escapedQuote = "&gt;"

func unquote(l string) string {
	rest := strings.TrimLeft(l, " \t")
	for {
		after, ok := strings.CutPrefix(rest, ">")
		if !ok {
			after, ok = strings.CutPrefix(rest, escapedQuote)
		}
		if !ok {
			break
		}
		rest = strings.TrimPrefix(after, " ")
		l = rest
	}
	return l
}

func unbox(l string) string {
	rest := strings.TrimLeft(l, " \t")
	inner := strings.TrimPrefix(strings.TrimLeft(rest, "│┃|"), " ")
	if len(inner) == len(rest) {
		return l
	}
	return strings.TrimRight(strings.TrimRight(strings.TrimRight(inner, " \t"), "│┃|"), " \t")
}

// withoutPrefix takes away what logs write before each line: times, levels, names of containers and threads. A message of
// several lines would be torn by it.
func withoutPrefix(l string) string {
	for range 6 {
		rest := strings.TrimLeft(l, " \t")
		word, after, ok := strings.Cut(rest, " ")
		switch {
		case !ok:
			return l
		case isTime(word), isLevel(word), word == "E" && strings.HasPrefix(after, " "):
			l = after
		case strings.HasPrefix(strings.TrimLeft(after, " "), "| ") && isContainer(word):
			l = strings.TrimLeft(after, " ")[2:]
		case rest[0] == '[':
			inside, _, closed := strings.Cut(rest[1:min(len(rest), 120)], "]")
			if !closed || !isTime(inside) && !isLevel(strings.ToUpper(inside)) && !strings.Contains(inside, "/") && !isTime(firstWord(inside)) {
				return l
			}
			l = rest[len(inside)+2:]
		default:
			return l
		}
	}
	return l
}

func firstWord(s string) string {
	word, _, _ := strings.Cut(s, " ")
	return word
}

// isTime reports whether a word begins with a date or a time of day: 2026-11-29T10:00:00.123Z, 26/11/29, 10:00:00,123.
func isTime(word string) bool {
	if len(word) < 8 || len(word) > 40 || strings.Trim(word, "0123456789TZ:.,/+-") != "" {
		return false
	}
	for _, form := range [...]string{"0000-00-00", "0000/00/00", "00/00/00", "00:00:00"} {
		if len(word) >= len(form) && digitsAs(word[:len(form)], form) && (len(word) == len(form) || strings.IndexByte("TZ:.,+-", word[len(form)]) >= 0) {
			return true
		}
	}
	return false
}

// digitsAs reports whether a word has digits where a form has zeros, and the same signs.
func digitsAs(word, form string) bool {
	for i := range len(form) {
		if digit := word[i] >= '0' && word[i] <= '9'; digit != (form[i] == '0') || !digit && word[i] != form[i] {
			return false
		}
	}
	return true
}

// isLevel reports whether a word is a level as logs write it: in capitals, since messages begin with Error, too.
func isLevel(word string) bool {
	switch strings.Trim(word, ":-<>") {
	case "TRACE", "DEBUG", "INFO", "NOTICE", "WARN", "WARNING", "ERROR", "FATAL", "CRITICAL", "STDERR", "STDOUT":
		return true
	}
	return false
}

func isContainer(word string) bool {
	return word != "" && len(word) <= 80 && !strings.ContainsFunc(word, func(r rune) bool {
		return r != '-' && r != '_' && r != '.' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}
